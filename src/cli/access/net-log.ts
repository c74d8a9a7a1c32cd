import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { LiveProxy } from '../../model/live.js'
import { readHost } from '../../resolve/host.js'
import { countEgress, type HostEgress, inOrder } from '../../ui/net-log-hosts.js'
import { egressJson, netLogJson } from '../../ui/net-log-json.js'
import { egressLine, netLogText } from '../../ui/net-log-text.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, print, printJson, printJsonLine, printRendered } from '../call/invocation.js'
import type { NetLogOptions } from '../call/options.js'
import { selectSandbox } from '../declared/select.js'
import { styleOf } from '../call/style.js'
import { whileRead } from '../call/while-read.js'

/** What its proxies wrote, of those that are there: with another list of hosts begins another proxy, and its log. */
export async function netLog(
  invocation: Invocation,
  named: string | undefined,
  { follow = false }: NetLogOptions,
): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const { id, container } = await selectSandbox(invocation, host, await engine.list(), named)
    const name = container.sandbox.displayName
    const proxy = ((await engine.observe(id, [])).proxies ?? []).at(-1)
    if (proxy === undefined) return noProxy(name, container.spec.network === 'limited')
    if (follow) return followLog(whileRead(invocation), engine, id, proxy)
    const counted = new Map<string, HostEgress>()
    for await (const each of engine.proxyLog(id, { follow: false, signal: invocation.signal }))
      countEgress(counted, each)
    const hosts = inOrder(counted)
    if (invocation.options.json === true) printJson(invocation, netLogJson(name, hosts, proxy.spec))
    else {
      const style = styleOf(invocation, invocation.output)
      printRendered(invocation, netLogText(hosts, { spec: proxy.spec, style, now: new Date() }))
    }
    return 0
  })
}

/** Until the proxy ends, or a person has seen enough. */
async function followLog(invocation: Invocation, engine: Engine, id: string, { spec }: LiveProxy): Promise<number> {
  for await (const each of engine.proxyLog(id, { follow: true, signal: invocation.signal })) {
    if (invocation.options.json === true) printJsonLine(invocation, egressJson(each, spec))
    else print(invocation, [egressLine(each)])
  }
  return 0
}

/** Throws: a network that is not limited has none, and of one that is somebody has removed it. */
export function noProxy(name: string, isLimited: boolean): never {
  if (isLimited) {
    fail('cli/no-proxy', 'The sandbox has no proxy', {
      detail: `The network of ${name} is limited, and its proxy is not there: nothing gets out. To make it again:`,
      command: 'sbx apply',
    })
  }
  fail('cli/no-proxy', 'The sandbox has no proxy', {
    detail: `Only what a sandbox with \`network: { allow: [...] }\` asks for is told, and ${name} has no such network.`,
  })
}
