// What sbx makes to look into volumes goes at once, unless it is killed over it. Such a container holds the volumes, so that
// nobody could remove them. One that looks at a network runs, and goes on for seconds after it.

import type { Leftovers } from '../../model/leftovers.js'
import { labels, namePrefix, type Scope } from '../../model/names.js'
import type { Client } from '../connection/client.js'
import { isHolderGone } from './holder.js'

/** Whether a container of this name was made for the time of a call. */
export function isLook(scope: Scope, name: string): boolean {
  return name.startsWith(`${namePrefix(scope)}look-`)
}

/** Two GETs. What a process holds that runs, here or on another machine, is not among it. */
export async function observeAbandoned(client: Client, scope: Scope): Promise<Leftovers['abandoned']> {
  const filters = { label: [`${labels.scope}=${scope}`, labels.holder] }
  const [containers, images] = await Promise.all([
    client.call('list the containers', client.docker.listContainers({ all: true, filters })),
    client.call('list the images', client.docker.listImages({ filters })),
  ])
  const found = [
    ...containers.map(({ Id: id, Names: [name = ''], Labels, State }) => ({
      holder: Labels[labels.holder] ?? '',
      isOurs: isLook(scope, name.slice(1)),
      what: { kind: 'container', id, ...(State === 'running' ? ({ isAlive: true } as const) : {}) } as const,
    })),
    ...images.flatMap(({ RepoTags, Labels }) =>
      (RepoTags ?? []).map((reference) => ({
        holder: Labels?.[labels.holder] ?? '',
        isOurs: reference.startsWith('localhost/') && isLook(scope, reference.slice('localhost/'.length)),
        what: { kind: 'image', reference } as const,
      })),
    ),
  ]
  const isGone = await Promise.all(
    found.map(async ({ holder, isOurs }) => isOurs && (await isHolderGone(holder, client.machine))),
  )
  return found.filter((_, at) => isGone[at]).map(({ what }) => what)
}
