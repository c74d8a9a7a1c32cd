// What a hand on the engine takes may be all that told of a snapshot which an apply had still to remove.

import { mayHaveIdleSnapshots } from '../../src/model/snapshots.js'
import { webIdentity } from './arbitraries.js'
import { decoded, type FakeWorld } from './fake-world.js'
import { isOwn } from './strange-world.js'

/** Does the work. Where nothing tells of such a snapshot any more, it goes as well: no plan can know of it, and `sbx prune` does. */
export function byHand(world: FakeWorld, work: () => void): void {
  const wasTold = isTold(world)
  work()
  if (!wasTold || isTold(world)) return
  const used = new Set([...world.containers.values()].map(({ imageId }) => imageId))
  for (const reference of world.snapshotsOf(webIdentity.id)) {
    if (!used.has(world.images.get(reference) ?? '')) world.images.delete(reference)
  }
}

function isTold(world: FakeWorld): boolean {
  const volumes = [...world.volumes.values()].filter(({ sandboxId }) => sandboxId === webIdentity.id)
  return mayHaveIdleSnapshots(
    [...world.containers.values()].filter(isOwn).map(({ request }) => decoded(request ?? '')),
    volumes.flatMap(({ record }) => (record === null ? [] : [{ spec: decoded(record) }])),
    volumes.some(({ holds }) => holds === 'home'),
  )
}
