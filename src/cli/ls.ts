import { readHost } from '../resolve/host.js'
import { listJson } from '../ui/list-json.js'
import { listText } from '../ui/list-text.js'
import { withEngine } from './connect.js'
import { type Invocation, print, printJson } from './invocation.js'
import { sandboxesOf } from './sandboxes.js'
import { styleOf } from './show-plan.js'

/** One call to the engine, however many sandboxes there are. */
export async function ls(invocation: Invocation): Promise<number> {
  const host = await readHost(invocation.env)
  const sandboxes = sandboxesOf(await withEngine(invocation, host, (engine) => engine.list()))
  const { json, quiet } = invocation.options
  if (json === true) printJson(invocation, listJson(sandboxes))
  else if (quiet === true)
    print(
      invocation,
      sandboxes.map(({ sandbox }) => sandbox.id),
    )
  else {
    const style = styleOf(invocation, invocation.output)
    print(invocation, listText(sandboxes, { style, home: host.home, now: new Date() }))
  }
  return 0
}
