import { fail } from '../model/diagnostic.js'
import { containerInUse, isRunning } from '../plan/in-use.js'
import { readHost } from '../resolve/host.js'
import { topJson } from '../ui/top-json.js'
import { topText } from '../ui/top-text.js'
import { withEngine } from './connect.js'
import { type Invocation, print, printJson } from './invocation.js'
import { selectSandbox } from './select.js'
import { styleOf } from './show-plan.js'

/** What runs inside besides what keeps the sandbox up. */
export async function top(invocation: Invocation, named: string | undefined): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const { id, containers } = await selectSandbox(invocation, host, await engine.list(), named)
    const container = containerInUse(containers)
    if (container === null || !isRunning(container)) {
      fail('cli/not-running', 'The sandbox is not running', {
        detail: `${id} is ${container?.state ?? 'gone'}. To bring it up:`,
        command: 'sbx apply',
      })
    }
    const processes = await engine.processes(container.id)
    if (invocation.options.json === true) printJson(invocation, topJson(container.sandbox.displayName, processes))
    else print(invocation, topText(processes, styleOf(invocation, invocation.output)))
    return 0
  })
}
