import type { Engine } from '../model/engine.js'
import type { ListedContainer } from '../model/live.js'
import { readHost, type Host } from '../resolve/host.js'
import { listJson } from '../ui/list-json.js'
import { listText } from '../ui/list-text.js'
import { withEngine } from './connect.js'
import { type Invocation, print, printJson } from './invocation.js'
import { askSessions } from './ls-sessions.js'
import { sandboxesOf } from './sandboxes.js'
import { styleOf } from './show-plan.js'
import { noteUnseenEnds } from './unseen-ends.js'

/** One call to the engine, however many sandboxes there are, and with their sessions one command in each that runs. */
export async function ls(invocation: Invocation): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const sandboxes = sandboxesOf(await engine.list())
    if (invocation.options.quiet === true && invocation.options.json !== true) {
      print(
        invocation,
        sandboxes.map(({ sandbox }) => sandbox.id),
      )
    } else await showList(invocation, host, engine, sandboxes)
    return 0
  })
}

async function showList(
  invocation: Invocation,
  host: Host,
  engine: Engine,
  sandboxes: readonly ListedContainer[],
): Promise<void> {
  const sessions = await askSessions(engine, sandboxes, invocation.signal)
  if (invocation.options.json === true) printJson(invocation, listJson(sandboxes, sessions))
  else {
    const style = styleOf(invocation, invocation.output)
    print(invocation, listText(sandboxes, sessions, { style, home: host.home, now: new Date() }))
    await noteUnseenEnds(invocation, host, sandboxes, sessions)
  }
}
