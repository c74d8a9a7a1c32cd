// Whether a start of a container that does not run could succeed: what it was made with can be gone.

import { existsSync } from 'node:fs'
import { sshSocketTarget } from '../model/names.js'
import type { ContainerSpec } from '../model/spec.js'
import type { Client } from './client.js'
import type { EngineMount } from './mounts.js'
import { networkExists } from './networks.js'

/** Of `GET /containers/{id}/json`, what is read here. */
type Stopped = {
  readonly HostConfig: {
    readonly NetworkMode?: string | undefined
    readonly Mounts?: readonly EngineMount[] | null | undefined
  }
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, { readonly NetworkID?: string | null | undefined } | null>> | null
  } | null
}

/** One GET for each network. */
export async function canStart(
  client: Client,
  { HostConfig, NetworkSettings }: Stopped,
  { networks = {}, ssh }: Pick<ContainerSpec, 'networks' | 'ssh'>,
): Promise<boolean> {
  const mode = HostConfig.NetworkMode ?? ''
  // By id: one of the same name that was made since is another one to the engine.
  const joined = Object.entries(NetworkSettings?.Networks ?? {}).flatMap(([name, network]) => {
    if (!Object.hasOwn(networks, name)) return []
    // One that never started has none yet, and will look for it by its name.
    const id = network?.NetworkID ?? ''
    return [id === '' ? name : id]
  })
  // A network in use cannot be removed; one that nobody runs on can.
  const needed = [...(mode === 'none' ? [] : [mode]), ...joined]
  const isThere = await Promise.all(needed.map((id) => networkExists(client, id)))
  if (!isThere.every((yes) => yes)) return false
  if (ssh === undefined || client.endpoint.kind !== 'unix') return true
  const source = (HostConfig.Mounts ?? []).find(({ Target }) => Target === sshSocketTarget)?.Source
  return source === undefined || existsSync(source)
}
