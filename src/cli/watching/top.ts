import { isRunning } from '../../plan/in-use.js'
import { readHost } from '../../resolve/host.js'
import { topJson } from '../../ui/top-json.js'
import { topText } from '../../ui/top-text.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, printJson, printRendered } from '../call/invocation.js'
import { notRunning } from '../session/running-sandbox.js'
import { bringUp } from '../declared/bring-up.js'
import { selectSandbox } from '../declared/select.js'
import { styleOf } from '../call/style.js'

/** What runs inside besides what keeps the sandbox up. */
export async function top(invocation: Invocation, named: string | undefined): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const { id, container } = await selectSandbox(invocation, host, await engine.list(), named)
    if (!isRunning(container)) notRunning(id, container.state, bringUp(invocation, container))
    const processes = await engine.processes(container.id)
    if (invocation.options.json === true) printJson(invocation, topJson(container.sandbox.displayName, processes))
    else printRendered(invocation, topText(processes, styleOf(invocation, invocation.output)))
    return 0
  })
}
