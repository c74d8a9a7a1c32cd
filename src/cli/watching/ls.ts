import type { Engine } from '../../model/engine.js'
import { readHost, type Host } from '../../resolve/host.js'
import { listJson } from '../../ui/list-json.js'
import { listText, renamedText, type ShownContainer } from '../../ui/list-text.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, print, printJson, printRendered, tell } from '../call/invocation.js'
import { isStarvedCell } from '../../ui/session-cell.js'
import { starvedText } from '../../ui/session-text.js'
import { askSessions } from '../session/ls-sessions.js'
import { sandboxesOf } from '../declared/sandboxes.js'
import { styleOf } from '../call/style.js'
import { noteUnseenEnds } from '../session/unseen-ends.js'

/** One call to the engine, however many sandboxes there are, and with their sessions one command in each that runs. */
export async function ls(invocation: Invocation): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const { containers, renamed } = await engine.listWithRenamed()
    const sandboxes = sandboxesOf(containers)
    if (invocation.options.quiet === true && invocation.options.json !== true) {
      // What other commands take, and they take none that was renamed.
      print(
        invocation,
        sandboxes.map(({ sandbox }) => sandbox.id),
      )
    } else await showList(invocation, host, engine, [...sandboxes, ...renamed])
    return 0
  })
}

async function showList(
  invocation: Invocation,
  host: Host,
  engine: Engine,
  sandboxes: readonly ShownContainer[],
): Promise<void> {
  const sessions = await askSessions(engine, sandboxes, invocation.signal)
  if (invocation.options.json === true) printJson(invocation, listJson(sandboxes, sessions))
  else {
    const style = styleOf(invocation, invocation.output)
    printRendered(invocation, listText(sandboxes, sessions, { style, home: host.home, now: new Date() }))
    const starved = sandboxes.filter(({ id }) => isStarvedCell(sessions.get(id) ?? null))
    tell(
      invocation,
      starved.map(({ sandbox }) => `note: ${starvedText(sandbox.displayName)}`),
    )
    await noteUnseenEnds(invocation, host, sandboxes, sessions)
    tell(invocation, renamedText(sandboxes, host.home))
  }
}
