// The home volumes there are, and whose they were: what a sandbox leaves when it is removed.

import type { Home } from '../model/volumes.js'
import { homeVolumeName, labels, type Scope, workspaceVolumeName } from '../model/names.js'
import type { Client } from './client.js'
import { decodeHomeOwner, decodeVolume } from './volume-labels.js'

/** By name. One GET. */
export async function listHomes(client: Client, scope: Scope): Promise<readonly Home[]> {
  const filters = { label: [`${labels.scope}=${scope}`, labels.sandbox] }
  const { Volumes } = await client.call('list the volumes', client.docker.listVolumes({ filters }))
  const clones = new Set(
    (Volumes ?? []).flatMap(({ Name, Labels }) => {
      return decodeVolume(scope, Name, Labels ?? {})?.holds === 'workspace' ? [Name] : []
    }),
  )
  const homes = (Volumes ?? []).flatMap((volume): Home[] => {
    const sandbox = decodeHomeOwner(scope, volume.Name, volume.Labels ?? {})
    if (sandbox === null || homeVolumeName(scope, sandbox.id) !== volume.Name) return []
    const clone = workspaceVolumeName(scope, sandbox.id)
    const createdAt = 'CreatedAt' in volume ? String(volume.CreatedAt) : ''
    return [{ name: volume.Name, sandbox, createdAt, ...(clones.has(clone) ? { clone } : {}) }]
  })
  return homes.sort((one, other) => (one.name < other.name ? -1 : 1))
}
