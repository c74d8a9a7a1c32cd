// The home volumes and the clones there are, and whose they were: what a sandbox leaves when it is removed.

import type { VolumeInspectInfo } from 'dockerode'
import type { CloneVolume, Home } from '../../model/volumes.js'
import { homeVolumeName, labels, type Scope, workspaceVolumeName } from '../../model/names.js'
import type { Client } from '../connection/client.js'
import { decodeSandbox } from '../labels/labels.js'
import { decodeHomeOwner, decodeVolume } from '../labels/volume-labels.js'

/** By name. One GET. */
export async function listHomes(client: Client, scope: Scope): Promise<readonly Home[]> {
  const volumes = await listOurs(client, scope)
  const clones = new Set(
    volumes.flatMap(({ Name, Labels }) => {
      return decodeVolume(scope, Name, Labels ?? {})?.holds === 'workspace' ? [Name] : []
    }),
  )
  const homes = volumes.flatMap((volume): Home[] => {
    const sandbox = decodeHomeOwner(scope, volume.Name, volume.Labels ?? {})
    if (sandbox === null || homeVolumeName(scope, sandbox.id) !== volume.Name) return []
    const clone = workspaceVolumeName(scope, sandbox.id)
    return [{ name: volume.Name, sandbox, createdAt: createdAtOf(volume), ...(clones.has(clone) ? { clone } : {}) }]
  })
  return byName(homes)
}

/** By name. One GET. */
export async function listClones(client: Client, scope: Scope): Promise<readonly CloneVolume[]> {
  return byName(
    (await listOurs(client, scope)).flatMap((volume): CloneVolume[] => {
      const sandbox = decodeSandbox(scope, 'workspace', volume.Name, volume.Labels ?? {})
      if (sandbox === null || workspaceVolumeName(scope, sandbox.id) !== volume.Name) return []
      return [{ name: volume.Name, sandbox, createdAt: createdAtOf(volume) }]
    }),
  )
}

async function listOurs(client: Client, scope: Scope): Promise<readonly VolumeInspectInfo[]> {
  const filters = { label: [`${labels.scope}=${scope}`, labels.sandbox] }
  const { Volumes } = await client.call('list the volumes', client.docker.listVolumes({ filters }))
  return Volumes ?? []
}

function createdAtOf(volume: VolumeInspectInfo): string {
  return 'CreatedAt' in volume ? String(volume.CreatedAt) : ''
}

function byName<Volume extends { readonly name: string }>(volumes: Volume[]): Volume[] {
  return volumes.sort((one, other) => (one.name < other.name ? -1 : 1))
}
