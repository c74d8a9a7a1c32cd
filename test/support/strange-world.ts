// An engine that is not ours alone: beside the sandbox under test stand another one, and things of others, some of which
// look like ours.

import { desiredFrom, registryAtFirst, webIdentity } from './arbitraries.js'
import { applyTo } from './applying.js'
import { decoded, FakeWorld, type FakeContainer } from './fake-world.js'

/** An engine that holds things of others, some of which look like ours. */
export async function strangeWorld(): Promise<FakeWorld> {
  const world = new FakeWorld()
  for (const [reference, id] of registryAtFirst) world.registry.set(reference, id)
  world.remakeFolder(webIdentity.workspace, '1:1:1')
  world.images.set('postgres:17', 'sha256:postgres')
  const network = world.createNetwork('web_default', false)
  const foreign = { imageId: 'sha256:postgres', limits: { pids: 100 }, networkIds: [network], volumeNames: ['web_db'] }
  world.createVolume({ name: 'web_db', holds: 'unknown', sandboxId: null, record: null })
  world.addContainer({ ...foreign, name: 'web-postgres-1', request: null })
  await applyTo(world, otherSandbox)
  const copied = [...world.containers.values()].find(({ request }) => request !== null)?.request ?? null
  // A copy of a sandbox's image carries its labels: all of ours but for the name.
  const labels =
    copied === null ? null : JSON.stringify({ ...decoded(copied), sandbox: { ...webIdentity, inode: '1:1:1' } })
  world.addContainer({ ...foreign, name: 'impostor', request: labels })
  return world
}

const otherSandbox = desiredFrom(
  { ...webIdentity, id: 'api-77c1de', displayName: 'api', workspace: '/src/api' },
  {
    template: { kind: 'image', reference: 'acme/agent:1' },
    setup: [],
    workspace: { path: '/src/api', readonly: false },
    volumes: { '/home/agent': 'sbx-api-77c1de-home' },
    mounts: {},
    socket: 'none',
    credentials: 'none',
    network: 'none',
    ports: {},
  },
  {
    agent: { name: 'claude', args: [], autonomy: 'full' },
    env: {},
    envFile: {},
    secrets: {},
    git: null,
    resources: { pids: 4096 },
    grants: {},
    flags: {},
    digestKey: 'key-1',
  },
)

/** Everything on the engine that is not the sandbox's under test, as text. */
export function foreignText(world: FakeWorld): string {
  const isForeign = (container: FakeContainer): boolean =>
    container.request === null ||
    decoded(container.request).name !== container.name ||
    decoded(container.request).sandbox.id !== webIdentity.id
  return JSON.stringify([
    [...world.containers.values()].filter(isForeign),
    [...world.volumes.values()].filter(({ sandboxId, holds }) => sandboxId !== webIdentity.id && holds !== 'login'),
    [...world.networks.values()].filter(({ isOurs, sandboxId }) => !isOurs && sandboxId !== webIdentity.id),
    world.images.get('postgres:17'),
  ])
}

export function isOwn(container: FakeContainer): boolean {
  if (container.request === null) return false
  const request = decoded(container.request)
  return request.name === container.name && request.sandbox.id === webIdentity.id
}
