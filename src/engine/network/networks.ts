// The open network: one bridge for all sandboxes, on which they do not see each other.

import { setTimeout } from 'node:timers/promises'
import { digest, labels, limitedNetworkName, openNetworkName, type Scope } from '../../model/names.js'
import type { NetworkOfEngine, StepResult } from '../../model/engine.js'
import type { Leftovers } from '../../model/leftovers.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { isOurNetwork, networkLabels } from '../labels/labels.js'

/** Full ids, lowest first: names are not unique on an engine before 25, so somebody may have made another. */
async function openNetworkIds(client: Client, scope: Scope): Promise<string[]> {
  const name = openNetworkName(scope)
  const filters = { name: [name] } // matches parts of names too
  const found = await client.call('list the networks', client.docker.listNetworks({ filters }))
  return found
    .filter((network) => network.Name === name && isOurNetwork(scope, name, network.Labels ?? {}))
    .map((network) => network.Id)
    .sort()
}

/** How long another call may take to make the network, in milliseconds; it takes a tenth of a second. */
const patience = 10_000

/** Full id of the open network, made where it is missing. Of several calls at once one makes it, and all get it. */
export async function ensureOpenNetwork(client: Client, scope: Scope): Promise<string> {
  const deadline = Date.now() + patience
  for (;;) {
    const [existing] = await openNetworkIds(client, scope)
    if (existing !== undefined) return existing
    const made = await createOpenNetwork(client, scope, Date.now() > deadline)
    if (made !== null) return made
    // Refused because another is being made, which is listed once it is done.
    await setTimeout(20)
  }
}

/**
 * Null where another call is making it. Engines before 25 take two networks of one name, and then start no container on
 * either; two bridges of one name they refuse from the first moment on.
 */
async function createOpenNetwork(client: Client, scope: Scope, isLate: boolean): Promise<string | null> {
  const name = openNetworkName(scope)
  const body = {
    Name: name,
    Driver: 'bridge',
    Options: {
      'com.docker.network.bridge.name': bridgeName(name, client.endpoint.url),
      'com.docker.network.bridge.enable_icc': 'false',
    },
    Labels: networkLabels(scope, name),
  }
  try {
    const options = { _query: {}, _body: body } as unknown as Parameters<typeof client.docker.createNetwork>[0]
    return (await client.docker.createNetwork(options)).id
  } catch (error) {
    const isTaken = statusOf(error) === 403 || statusOf(error) === 409
    if (isTaken && !isLate) return null
    return rethrow(error, client.endpoint.url, `make the network ${name}`)
  }
}

/** At most 15 characters, as interfaces have; another one for another engine on the same machine. */
function bridgeName(network: string, endpoint: string): string {
  return `sbx-${digest([network, endpoint], 8)}`
}

/** `id` is a full id or a name, of which there can be several: only what is ours is removed. One GET besides. */
export async function removeNetwork(client: Client, scope: Scope, id: string): Promise<StepResult> {
  const own = (await ourNetworks(client, scope)).filter((network) => network.id === id || network.name === id)
  const results = await Promise.all(own.map((network) => removeById(client, network.id)))
  return { made: results.some((isRemoved) => isRemoved) }
}

async function removeById(client: Client, id: string): Promise<boolean> {
  try {
    await client.docker.getNetwork(id).remove()
    return true
  } catch (error) {
    if (statusOf(error) === 404) return false
    return rethrow(error, client.endpoint.url, `remove the network ${id}`)
  }
}

export async function networkExists(client: Client, id: string): Promise<boolean> {
  try {
    await client.docker.getNetwork(id).inspect()
    return true
  } catch (error) {
    if (statusOf(error) === 404) return false
    return rethrow(error, client.endpoint.url, `look at the network ${id}`)
  }
}

/** Whoever's they are. One GET. */
export async function allNetworks(client: Client): Promise<NetworkOfEngine[]> {
  const found = await client.call('list the networks', client.docker.listNetworks())
  return found.map(({ Id: id, Name: name, Driver: driver, Internal: isInternal }) => ({ id, name, driver, isInternal }))
}

/** The open network and every sandbox's own. One GET. */
async function ourNetworks(
  client: Client,
  scope: Scope,
): Promise<{ readonly id: string; readonly name: string; readonly sandboxId?: string }[]> {
  const filters = { label: [`${labels.scope}=${scope}`] }
  const found = await client.call('list the networks', client.docker.listNetworks({ filters }))
  return found
    .filter(({ Name, Labels }) => isOurNetwork(scope, Name, Labels ?? {}))
    .flatMap(({ Id: id, Name: name, Labels }) => {
      const sandboxId = Labels?.[labels.sandbox]
      if (sandboxId === undefined) return name === openNetworkName(scope) ? [{ id, name }] : []
      return name === limitedNetworkName(scope, sandboxId) ? [{ id, name, sandboxId }] : []
    })
    .sort((left, right) => (left.id < right.id ? -1 : 1))
}

/** A stopped container counts as use: without its network it could not start again. */
export async function listNetworks(client: Client, scope: Scope): Promise<Leftovers['networks']> {
  const found = await ourNetworks(client, scope)
  if (found.length === 0) return []
  const containers = await client.call('list the containers', client.docker.listContainers({ all: true }))
  const used = new Set(
    containers.flatMap((container) => [
      container.HostConfig.NetworkMode,
      ...Object.values(container.NetworkSettings?.Networks ?? {}).map((network) => network.NetworkID),
    ]),
  )
  return found.map((network) => ({ ...network, inUse: used.has(network.id) }))
}
