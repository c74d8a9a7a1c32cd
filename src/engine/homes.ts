// The home volumes there are, and whose they were: what a sandbox leaves when it is removed.

import type { Home } from '../model/engine.js'
import { homeVolumeName, labels, type Scope } from '../model/names.js'
import type { Client } from './client.js'
import { decodeHomeOwner } from './volume-labels.js'

/** By name. One GET. */
export async function listHomes(client: Client, scope: Scope): Promise<readonly Home[]> {
  const filters = { label: [`${labels.scope}=${scope}`, labels.sandbox] }
  const { Volumes } = await client.call('list the volumes', client.docker.listVolumes({ filters }))
  const homes = (Volumes ?? []).flatMap((volume): Home[] => {
    const sandbox = decodeHomeOwner(scope, volume.Name, volume.Labels ?? {})
    if (sandbox === null || homeVolumeName(scope, sandbox.id) !== volume.Name) return []
    return [{ name: volume.Name, sandbox, createdAt: 'CreatedAt' in volume ? String(volume.CreatedAt) : '' }]
  })
  return homes.sort((one, other) => (one.name < other.name ? -1 : 1))
}
