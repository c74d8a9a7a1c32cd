// Networks that a container joins beside its own. An engine before API 1.44 takes one when it makes a container: so the
// others are joined directly afterwards, and before its first start.

import { fail } from '../../model/diagnostic.js'
import type { NetworkOfEngine } from '../../model/engine.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { allNetworks } from './networks.js'

/** In order of name. Throws as `networkNamed` does. One GET, and none for no names. */
export async function joinedNetworks(
  client: Client,
  names: readonly string[],
): Promise<readonly Pick<NetworkOfEngine, 'id' | 'name'>[]> {
  if (names.length === 0) return []
  const all = await allNetworks(client)
  return [...names].sort().map((name) => networkNamed(name, all))
}

/** Throws `engine/unknown-network`, `engine/ambiguous-network`. */
export function networkNamed(name: string, all: readonly NetworkOfEngine[]): NetworkOfEngine {
  const [network, second] = all.filter((each) => each.name === name)
  if (network === undefined) {
    return fail('engine/unknown-network', 'There is no such network', {
      detail: `The engine has no network ${name}. Start what makes it first, such as its compose project, or leave it out of "networks".`,
    })
  }
  if (second !== undefined) {
    return fail('engine/ambiguous-network', 'Two networks have one name', {
      detail: `${name} is the name of ${network.id.slice(0, 12)} and of ${second.id.slice(0, 12)}. Remove one of them.`,
    })
  }
  return network
}

/** One that it is on already stays. */
export async function joinNetworks(
  client: Client,
  containerId: string,
  networks: readonly Pick<NetworkOfEngine, 'id' | 'name'>[],
): Promise<void> {
  for (const { id, name } of networks) {
    try {
      await client.docker.getNetwork(id).connect({ Container: containerId })
    } catch (error) {
      const isOnIt = statusOf(error) === 403 && /already exists/.test(String(error))
      if (!isOnIt) rethrow(error, client.endpoint.url, `join the network ${name}`)
    }
  }
}
