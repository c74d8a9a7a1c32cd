// Volumes that are to go, and containers that would keep them: an engine lets none go that a container names, even one that
// never ran.

import type { ContainerInfo } from 'dockerode'
import { fail } from '../../model/diagnostic.js'
import { labels, type Scope } from '../../model/names.js'
import { isLook } from '../container/abandoned.js'
import type { Client } from '../connection/client.js'
import { describeEngine } from '../connection/describe.js'

/** Throws `engine/volume-held`. One GET, and one more to name the command that helps. */
export async function checkUnused(
  client: Client,
  scope: Scope,
  volumes: readonly string[],
  except: readonly string[],
): Promise<void> {
  if (volumes.length === 0) return
  const filters = { volume: [...volumes] }
  const users = await client.call('see who uses a volume', client.docker.listContainers({ all: true, filters }))
  for (const user of users) {
    // A name also matches paths inside of containers.
    const volume = user.Mounts.find(({ Type, Name = '' }) => Type === 'volume' && volumes.includes(Name))?.Name
    if (volume !== undefined && !except.includes(user.Id)) await failHeld(client, scope, user, volume)
  }
}

function isIdle({ State: state }: ContainerInfo): boolean {
  return state === 'created' || state === 'exited' || state === 'dead'
}

async function failHeld(client: Client, scope: Scope, user: ContainerInfo, volume: string): Promise<never> {
  const [listed = `/${user.Id.slice(0, 12)}`] = user.Names
  const name = listed.slice(1)
  const { kind } = await describeEngine(client)
  const isOfCall = labels.holder in user.Labels && isLook(scope, name)
  return fail('engine/volume-held', 'Another container has a volume that is to go', {
    detail:
      `Nothing was done, since ${volume} is mounted in ${name}, ` +
      (isOfCall
        ? 'by an sbx that is at work with it, or was killed over it on another machine. Wait for that one; where it is gone:'
        : `a container of ${user.Image}, ${user.State}, that would not go with it. To remove that first:`),
    command: `${kind} rm ${isIdle(user) ? '' : '--force '}${name}`,
  })
}
