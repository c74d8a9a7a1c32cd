// The proxies among the containers of one list: what it takes to see that a sandbox has its way out costs no call of its own.

import type { ContainerInfo } from 'dockerode'
import type { LiveProxy } from '../../model/live.js'
import { limitedNetworkName, openNetworkName, type Scope } from '../../model/names.js'
import type { Client } from '../connection/client.js'
import { decodeContainer } from '../labels/labels.js'
import { networkExists } from './networks.js'
import { decodeProxy } from '../labels/proxy-labels.js'

export type ListedProxy = LiveProxy & { readonly sandboxId: string }

/** Oldest first. */
export function proxiesAmong(scope: Scope, listed: readonly ContainerInfo[]): ListedProxy[] {
  const found = listed.flatMap((raw) => {
    const decoded = decodeProxy(scope, nameOf(raw), raw.Labels ?? {})
    return decoded === null ? [] : [{ raw, decoded }]
  })
  // Most have no proxy, and to look at every container for each would be most of the work.
  const networks = found.length === 0 ? new Map<string, string[]>() : agentNetworks(scope, listed)
  return found
    .map(({ raw, decoded: { sandbox, ...rest } }): ListedProxy => ({
      ...{ id: raw.Id, name: nameOf(raw), sandboxId: sandbox.id, ...rest },
      ...{ state: raw.State as LiveProxy['state'], createdAt: raw.Created, imageId: raw.ImageID },
      isOnItsNetworks: isOnItsNetworks(scope, raw, sandbox.id, networks.get(sandbox.id) ?? []),
    }))
    .sort((left, right) => left.createdAt - right.createdAt || (left.id < right.id ? -1 : 1))
}

/**
 * Those of one sandbox. Of one that does not run, a network can have been removed, and then it never starts again: two
 * GETs for each of them.
 */
export async function observeProxies(
  client: Client,
  scope: Scope,
  sandboxId: string,
  listed: readonly ContainerInfo[],
): Promise<LiveProxy[]> {
  const own = proxiesAmong(scope, listed).filter((proxy) => proxy.sandboxId === sandboxId)
  return Promise.all(
    own.map(async ({ sandboxId: _, ...proxy }) => {
      if (!proxy.isOnItsNetworks || proxy.state === 'running') return proxy
      const ids = Object.values(networksOf(listed.find(({ Id }) => Id === proxy.id)))
      const exist = await Promise.all(ids.map((id) => networkExists(client, id)))
      return { ...proxy, isOnItsNetworks: exist.every((isThere) => isThere) }
    }),
  )
}

/** Ids of the limited networks that agents are on which run, by sandbox. */
function agentNetworks(scope: Scope, listed: readonly ContainerInfo[]): Map<string, string[]> {
  const networks = new Map<string, string[]>()
  for (const raw of listed) {
    const agent = raw.State === 'running' ? decodeContainer(scope, nameOf(raw), raw.Labels ?? {}) : null
    if (agent === null) continue
    const { id } = agent.sandbox
    const network = networksOf(raw)[limitedNetworkName(scope, id)]
    if (network !== undefined) networks.set(id, [...(networks.get(id) ?? []), network])
  }
  return networks
}

/** Two networks can have one name; then it must be the very one that the agent is on. */
function isOnItsNetworks(scope: Scope, raw: ContainerInfo, sandboxId: string, agents: readonly string[]): boolean {
  const limited = limitedNetworkName(scope, sandboxId)
  const own = networksOf(raw)
  if (Object.keys(own).sort().join() !== [limited, openNetworkName(scope)].sort().join()) return false
  return agents.every((id) => id === own[limited])
}

/** Id by name. */
function networksOf(raw: ContainerInfo | undefined): Readonly<Record<string, string>> {
  const networks = Object.entries(raw?.NetworkSettings?.Networks ?? {})
  return Object.fromEntries(networks.map(([name, { NetworkID }]) => [name, NetworkID]))
}

function nameOf(raw: ContainerInfo): string {
  return (raw.Names[0] ?? '').slice(1)
}
