// The proxies among the containers of one list: what it takes to see that a sandbox has its way out costs no call of its own.

import type { ContainerInfo } from 'dockerode'
import type { LiveProxy } from '../model/live.js'
import { limitedNetworkName, openNetworkName, type Scope } from '../model/names.js'
import type { Client } from './client.js'
import { decodeContainer } from './labels.js'
import { networkExists } from './networks.js'
import { decodeProxy } from './proxy-labels.js'

export type ListedProxy = LiveProxy & { readonly sandboxId: string }

/** Oldest first. */
export function proxiesAmong(scope: Scope, listed: readonly ContainerInfo[]): ListedProxy[] {
  return listed
    .flatMap((raw) => decodeListed(scope, raw, listed))
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

function decodeListed(scope: Scope, raw: ContainerInfo, listed: readonly ContainerInfo[]): ListedProxy[] {
  const name = nameOf(raw)
  const decoded = decodeProxy(scope, name, raw.Labels ?? {})
  if (decoded === null) return []
  const { sandbox, ...rest } = decoded
  return [
    {
      ...{ id: raw.Id, name, sandboxId: sandbox.id, ...rest },
      ...{ state: raw.State as LiveProxy['state'], createdAt: raw.Created, imageId: raw.ImageID },
      isOnItsNetworks: isOnItsNetworks(scope, raw, sandbox.id, listed),
    },
  ]
}

/** Two networks can have one name; then it must be the very one that the agent is on. */
function isOnItsNetworks(
  scope: Scope,
  raw: ContainerInfo,
  sandboxId: string,
  listed: readonly ContainerInfo[],
): boolean {
  const limited = limitedNetworkName(scope, sandboxId)
  const own = networksOf(raw)
  if (Object.keys(own).sort().join() !== [limited, openNetworkName(scope)].sort().join()) return false
  const ofAgents = listed.flatMap((other) => {
    const agent = decodeContainer(scope, nameOf(other), other.Labels ?? {})
    const id = agent?.sandbox.id === sandboxId ? networksOf(other)[limited] : undefined
    return id === undefined || other.State !== 'running' ? [] : [id]
  })
  return ofAgents.every((id) => id === own[limited])
}

/** Id by name. */
function networksOf(raw: ContainerInfo | undefined): Readonly<Record<string, string>> {
  const networks = Object.entries(raw?.NetworkSettings?.Networks ?? {})
  return Object.fromEntries(networks.map(([name, { NetworkID }]) => [name, NetworkID]))
}

function nameOf(raw: ContainerInfo): string {
  return (raw.Names[0] ?? '').slice(1)
}
