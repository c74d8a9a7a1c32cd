// What a limited network lets out: the hosts of the file, and those that the agent cannot do without.

import type { Config } from '../model/config.js'
import type { DesiredSandbox } from '../model/desired.js'

export type ProxyFacts = Omit<NonNullable<DesiredSandbox['egress']>, 'spec'>

/** Hosts of the file alone are in the spec: what comes with sbx changes with it, and is no edit. */
export function resolveEgress(
  network: Config['network'],
  proxy: ProxyFacts | undefined,
): Pick<DesiredSandbox, 'egress'> {
  if (typeof network !== 'object') return {}
  if (proxy === undefined) throw new Error('a limited network needs a proxy')
  const agentHosts = proxy.agentHosts.filter((host) => !(host in network.allow))
  return { egress: { ...proxy, agentHosts, spec: { allow: network.allow } } }
}
