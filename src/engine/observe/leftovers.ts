// What the engine has of sandboxes beside their containers, whether anybody needs it or not.

import type { Leftovers } from '../../model/leftovers.js'
import { labels, setupImageName, type Scope } from '../../model/names.js'
import { observeAbandoned } from '../container/abandoned.js'
import type { Client } from '../connection/client.js'
import { listNetworks } from '../network/networks.js'
import { listRawContainers, listVolumes } from './observe.js'
import { proxiesAmong } from '../network/proxies.js'
import { snapshotReferences } from '../image/snapshot-references.js'

export async function observeLeftovers(client: Client, scope: Scope): Promise<Leftovers> {
  const filters = { label: [`${labels.scope}=${scope}`, labels.sandbox] }
  const [volumes, images, networks, abandoned, containers] = await Promise.all([
    listVolumes(client, scope, null),
    client.call('list the images', client.docker.listImages({ filters })),
    listNetworks(client, scope),
    observeAbandoned(client, scope),
    listRawContainers(client, scope),
  ])
  return {
    records: volumes.records.map(({ name, sandboxId, createdAt }) => ({ name, sandboxId, createdAt })),
    homes: volumes.homes,
    workspaces: volumes.workspaces,
    owns: volumes.owns,
    adoptions: [...volumes.adoptions.aside, ...volumes.adoptions.marks].map(({ name, sandboxId }) => ({
      name,
      sandboxId,
    })),
    images: images.flatMap((image) => {
      const sandboxId = image.Labels?.[labels.sandbox] ?? ''
      // A commit of a sandbox, or what somebody built on its image, has these labels too: only the name tells them apart.
      const isOurs = (tag: string) => tag.startsWith(`${setupImageName(scope, sandboxId)}:`)
      return (image.RepoTags ?? []).filter(isOurs).map((reference) => ({ reference, sandboxId }))
    }),
    snapshots: images.flatMap((image) => snapshotReferences(scope, image)),
    networks,
    proxies: proxiesAmong(scope, containers).map(({ id, name, sandboxId, state }) => ({ id, name, sandboxId, state })),
    abandoned,
  }
}
