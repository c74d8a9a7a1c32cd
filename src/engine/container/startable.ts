// Whether a start of a container that does not run could succeed: what it was made with can be gone.

import { existsSync } from 'node:fs'
import { pointer, type JsonPointer } from '../../model/json.js'
import type { LiveContainer } from '../../model/live.js'
import { sshSocketTarget } from '../../model/names.js'
import type { ContainerSpec } from '../../model/spec.js'
import type { Client } from '../connection/client.js'
import type { EngineMount } from './mounts.js'
import { networkExists } from '../network/networks.js'

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

/** One GET for each network of one that does not run: those of one that does cannot be removed. */
export async function startability(
  client: Client,
  container: Stopped & { readonly State: { readonly Running: boolean } },
  spec: Pick<ContainerSpec, 'networks' | 'ssh'>,
): Promise<Pick<LiveContainer, 'startable' | 'missing' | 'sshSocket'>> {
  const sshSocket = (container.HostConfig.Mounts ?? []).find(({ Target }) => Target === sshSocketTarget)?.Source
  const told = sshSocket === undefined || client.endpoint.kind !== 'unix' ? {} : { sshSocket }
  const missing = container.State.Running ? [] : await missingToStart(client, container, spec, told.sshSocket)
  return { ...told, startable: missing.length === 0, ...(missing.length === 0 ? {} : { missing }) }
}

async function missingToStart(
  client: Client,
  { HostConfig, NetworkSettings }: Stopped,
  { networks = {} }: Pick<ContainerSpec, 'networks'>,
  sshSocket: string | undefined,
): Promise<readonly JsonPointer[]> {
  const mode = HostConfig.NetworkMode ?? ''
  // By id: one of the same name that was made since is another one to the engine.
  const joined = Object.entries(NetworkSettings?.Networks ?? {}).flatMap(([name, network]) => {
    if (!Object.hasOwn(networks, name)) return []
    // One that never started has none yet, and will look for it by its name.
    const id = network?.NetworkID ?? ''
    return [{ path: pointer('networks', name), id: id === '' ? name : id }]
  })
  const needed = [...(mode === 'none' ? [] : [{ path: pointer('network'), id: mode }]), ...joined]
  const gone = await Promise.all(needed.map(async ({ path, id }) => ((await networkExists(client, id)) ? [] : [path])))
  const isSocketGone = sshSocket !== undefined && !existsSync(sshSocket)
  return [...gone.flat(), ...(isSocketGone ? [pointer('ssh')] : [])]
}
