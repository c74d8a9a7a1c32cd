import type { ContainerCreateOptions, ContainerInfo, VolumeCreateOptions } from 'dockerode'
import { fail } from '../../model/diagnostic.js'
import type { StepResult } from '../../model/engine.js'
import type { Cleared } from '../../model/volumes.js'
import { labels, type Scope } from '../../model/names.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import type { Labels } from '../labels/labels.js'
import { removedAfter } from '../container/short-lived.js'
import { isSigned, signature } from '../labels/signature.js'

/**
 * One that is there stays as it is, with its labels. The engine does not say which of the two it was, so each call signs
 * what it makes.
 */
export async function createVolume(client: Client, name: string, labels: Labels): Promise<StepResult> {
  const signed = signature(client)
  const doing = `make the volume ${name}`
  // Without these two names dockerode would put it all into the URL as well.
  const request = { _query: {}, _body: { Name: name, Labels: { ...labels, ...signed } } }
  const volume = await client.call(doing, client.docker.createVolume(request as VolumeCreateOptions))
  const { Labels: found } = await client.call(doing, volume.inspect())
  return { made: isSigned(found, signed) }
}

export async function removeVolume(client: Client, name: string): Promise<StepResult> {
  try {
    await client.docker.getVolume(name).remove()
    return { made: true }
  } catch (error) {
    if (statusOf(error) === 404) return { made: false }
    return rethrow(error, client.endpoint.url, `remove the volume ${name}`)
  }
}

/**
 * Removes a volume, or empties it where a container that does not run has it mounted: the engine lets none go that a
 * container names. Throws where one runs.
 */
export async function clearVolume(client: Client, scope: Scope, name: string, signal: AbortSignal): Promise<Cleared> {
  const users = await usersOf(client, name)
  const running = namesOfRunning(users)
  if (running.length > 0) {
    fail('engine/volume-in-use', 'A volume is in use', {
      detail: `${name} is mounted in ${running.join(', ')}. Stop that first.`,
    })
  }
  const [user] = users
  if (user !== undefined) {
    await emptyVolume(client, scope, name, user, signal)
    const { isEmptyVolume } = await import('./volume-files.js')
    if (!(await isEmptyVolume(client, scope, name))) {
      const ids = [...new Set(users.map(({ Id, Labels }) => Labels[labels.sandbox] ?? Id.slice(0, 12)))]
      fail('engine/volume-not-emptied', 'A volume could not be emptied', {
        detail: `The image of a container that has ${name} mounted left something in it. To remove what has it first:`,
        command: `sbx rm ${ids.join(' ')}`,
      })
    }
    return 'emptied'
  }
  return (await removeVolume(client, name)).made === true ? 'removed' : 'absent'
}

/** Containers that have it mounted, whoever made them. One GET. */
export async function usersOf(client: Client, name: string): Promise<readonly ContainerInfo[]> {
  const filters = { volume: [name] }
  return client.call('see who uses a volume', client.docker.listContainers({ all: true, filters }))
}

export function namesOfRunning(containers: readonly ContainerInfo[]): string[] {
  const states = ['running', 'paused', 'restarting']
  return containers.filter(({ State }) => states.includes(State)).map(({ Names }) => (Names[0] ?? '').slice(1))
}

/** How long a container may take to empty a volume of a login, in milliseconds. */
const patience = 60_000

/** From a container of the image that another one has which mounts it, so it is there and has a shell, of whatever kind. */
async function emptyVolume(
  client: Client,
  scope: Scope,
  name: string,
  { ImageID: image }: ContainerInfo,
  signal: AbortSignal,
): Promise<void> {
  const doing = `empty the volume ${name}`
  const body = {
    Image: image,
    User: '0:0',
    Entrypoint: ['/bin/sh', '-c', 'rm -rf /volume/* /volume/.[!.]* /volume/..?*'],
    Cmd: [],
    Labels: { [labels.scope]: scope },
    HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'volume', Source: name, Target: '/volume' }] },
  }
  const options = { _query: {}, _body: body } as object as ContainerCreateOptions
  const container = await client.call(doing, client.docker.createContainer(options))
  await removedAfter(client, container.id, async () => {
    await client.call(doing, container.start())
    const ending = client.call(doing, container.wait()) as Promise<{ readonly StatusCode: number }>
    const ended = await Promise.race([ending, patienceOver(signal)])
    if (signal.aborted) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
    const exitCode = ended?.StatusCode ?? 'none in time'
    if (exitCode !== 0) {
      fail('engine/volume-not-emptied', 'A volume could not be emptied', {
        detail: `rm ended with exit code ${String(exitCode)} in ${name}.`,
      })
    }
  })
}

/** Undefined after a while, and as soon as the call is interrupted. */
async function patienceOver(signal: AbortSignal): Promise<undefined> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, patience)
    // It alone keeps no process from its end.
    timer.unref()
    if (signal.aborted) resolve()
    signal.addEventListener(
      'abort',
      () => {
        resolve()
      },
      { once: true },
    )
  })
}
