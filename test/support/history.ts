// What happens to a sandbox in its life: applies that end well, fail or die half-way, power cuts, hands on the engine.

import fc from 'fast-check'
import type { DesiredSandbox } from '../../src/model/desired.js'
import type { LimitsSpec } from '../../src/model/spec.js'
import { applyTo, type Fault } from './applying.js'
import { desiredSandboxes, limits, settingNames, webIdentity, withSetting } from './arbitraries.js'
import { byHand } from './by-hand.js'
import { isUp } from './fake-proxies.js'
import type { FakeContainer, FakeNetwork, FakeWorld } from './fake-world.js'
import { isOwn } from './strange-world.js'

const containerHands = [
  'disconnect',
  'connect',
  'work',
  'pause',
  'stop',
  'start',
  'die',
  'delete-container',
  'restart-always',
  'make-privileged',
  'take-mark',
] as const
const volumeHands = ['delete-record', 'delete-home', 'delete-login', 'delete-clone'] as const
const worldEvents = ['power-off', 'delete-network', 'delete-images', 'remake-folder'] as const
const proxyHands = ['stop', 'start', 'pause', 'die', 'delete', 'disconnect', 'delete-limited-network'] as const

type ContainerEvent =
  | { readonly do: 'set-limits'; readonly limits: LimitsSpec; readonly which: number }
  | { readonly do: 'set-entrypoint'; readonly version: string; readonly which: number }
  | { readonly do: (typeof containerHands)[number]; readonly which: number }

type VolumeEvent = { readonly do: (typeof volumeHands)[number]; readonly which: number }

type ProxyEvent = { readonly do: (typeof proxyHands)[number]; readonly which: number }

type WorldEvent =
  | { readonly do: (typeof worldEvents)[number] }
  | { readonly do: 'move-image' | 'pull-image'; readonly reference: string }

export type Event =
  | {
      readonly kind: 'apply'
      readonly desired: DesiredSandbox
      readonly upgrade: boolean
      readonly recreate: boolean
      readonly keep?: 'files' | undefined
      readonly refresh?: boolean
      readonly fault: Fault | null
    }
  /** `which` chooses among the sandbox's containers, or volumes, of the time. */
  | ({ readonly kind: 'container' } & ContainerEvent)
  | ({ readonly kind: 'volume' } & VolumeEvent)
  | ({ readonly kind: 'proxy' } & ProxyEvent)
  | ({ readonly kind: 'world' } & WorldEvent)

const faults: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom('crash', 'crash', 'fail'),
  at: fc.nat(12),
  when: fc.constantFrom('before', 'after'),
})

const noFault: Fault | null = null

export const applies = fc.record({
  kind: fc.constant('apply' as const),
  desired: desiredSandboxes(),
  upgrade: fc.constantFrom(false, false, false, true),
  recreate: fc.constantFrom(false, false, false, true),
  keep: fc.constantFrom(undefined, undefined, 'files' as const),
  refresh: fc.constantFrom(false, false, true),
  fault: fc.oneof(fc.constant(noFault), faults),
})

const which = fc.nat(3)

const hands: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('container' as const), do: fc.constant('set-limits' as const), limits, which }),
  fc.record({
    kind: fc.constant('container' as const),
    do: fc.constant('set-entrypoint' as const),
    version: fc.constantFrom('0', '1'),
    which,
  }),
  fc.record({ kind: fc.constant('container' as const), do: fc.constantFrom(...containerHands), which }),
  fc.record({ kind: fc.constant('volume' as const), do: fc.constantFrom(...volumeHands), which }),
  fc.record({ kind: fc.constant('proxy' as const), do: fc.constantFrom(...proxyHands), which }),
  fc.record({ kind: fc.constant('world' as const), do: fc.constantFrom(...worldEvents) }),
  fc.record({
    kind: fc.constant('world' as const),
    do: fc.constantFrom('move-image' as const, 'pull-image' as const),
    reference: fc.constantFrom('acme/agent:1', 'acme/agent:2'),
  }),
)

export const histories: fc.Arbitrary<readonly Event[]> = fc.array(fc.oneof(applies, hands), { maxLength: 7 })

/** What has been, and the file that there is now. */
export type Life = { readonly history: readonly Event[]; readonly file: DesiredSandbox }

/** As often as not the file was applied, hands were at work, and at most one setting was edited. */
export const lives: fc.Arbitrary<Life> = fc.oneof(
  fc.record({ history: histories, file: desiredSandboxes() }),
  fc
    .record({
      before: histories,
      file: desiredSandboxes(),
      other: desiredSandboxes(),
      setting: fc.constantFrom(null, null, ...settingNames),
      after: fc.array(hands, { maxLength: 3 }),
    })
    .map(({ before, file, other, setting, after }): Life => ({
      history: [...before, { kind: 'apply', desired: file, upgrade: false, recreate: false, fault: null }, ...after],
      file: setting === null ? file : withSetting(file, other, setting),
    })),
)

export async function live(history: readonly Event[], world: FakeWorld): Promise<void> {
  for (const event of history) await happen(event, world)
}

async function happen(event: Event, world: FakeWorld): Promise<void> {
  world.tick()
  switch (event.kind) {
    case 'apply': {
      const { desired, upgrade, recreate, keep, refresh, fault } = event
      const chosen = {
        ...(keep === undefined ? {} : { keep }),
        ...(refresh === true ? { refreshHome: { except: [] } } : {}),
      }
      await applyTo(world, desired, { upgrade, recreate, ...chosen }, fault)
      return
    }
    case 'container': {
      const own = [...world.containers.values()].filter(isOwn)
      const container = own[event.which % Math.max(own.length, 1)]
      if (container !== undefined) byHand(world, () => happenToContainer(event, container, world))
      return
    }
    case 'volume':
      return byHand(world, () => happenToVolume(event, world))
    case 'proxy':
      return happenToProxy(event, world)
    case 'world':
      return happenToWorld(event, world)
  }
}

function happenToWorld(event: WorldEvent, world: FakeWorld): void {
  switch (event.do) {
    case 'power-off':
      return world.powerOff()
    case 'delete-images':
      return world.images.clear()
    case 'delete-network': {
      const open = world.openNetwork()
      const isUsed = isNetworkUsed(world, open?.id ?? '')
      if (open !== undefined && !isUsed) world.networks.delete(open.id)
      return
    }
    case 'remake-folder':
      return world.remakeFolder(webIdentity.workspace, `1:${world.nextNumber()}:1`)
    case 'move-image':
      world.registry.set(event.reference, `sha256:${event.reference}-${world.nextNumber()}`)
      return
    case 'pull-image':
      world.images.set(event.reference, world.registry.get(event.reference) ?? '')
      return
  }
}

function isNetworkUsed(world: FakeWorld, id: string): boolean {
  return [...world.containers.values(), ...world.proxies.values()].some(
    (each) => isUp(each) && each.networkIds.includes(id),
  )
}

function happenToProxy(event: ProxyEvent, world: FakeWorld): void {
  const proxies = [...world.proxies.values()]
  const proxy = proxies[event.which % Math.max(proxies.length, 1)]
  if (event.do === 'delete-limited-network') {
    const network = world.limitedNetwork(webIdentity.id)
    if (network !== undefined && !isNetworkUsed(world, network.id)) world.networks.delete(network.id)
    return
  }
  if (proxy === undefined) return
  switch (event.do) {
    case 'stop':
      if (isUp(proxy)) proxy.state = 'exited'
      return
    case 'start':
      if (proxy.networkIds.every((id) => world.networks.has(id)) && !proxies.some(isUp)) proxy.state = 'running'
      return
    case 'pause':
      if (proxy.state === 'running') proxy.state = 'paused'
      return
    case 'die':
      proxy.state = 'dead'
      return
    case 'delete':
      world.proxies.delete(proxy.id)
      return
    case 'disconnect':
      proxy.networkIds = proxy.networkIds.slice(1)
      return
  }
}

function happenToVolume(event: VolumeEvent, world: FakeWorld): void {
  const holds = {
    ...{ 'delete-record': 'record', 'delete-home': 'home', 'delete-login': 'login' },
    'delete-clone': 'workspace',
  } as const
  const volumes = [...world.volumes.values()].filter(
    (volume) => volume.holds === holds[event.do] && (volume.sandboxId ?? webIdentity.id) === webIdentity.id,
  )
  const volume = volumes[event.which % Math.max(volumes.length, 1)]
  if (volume === undefined) return
  world.volumes.delete(volume.name)
  world.seeded.delete(volume.name)
}

function happenToContainer(event: ContainerEvent, container: FakeContainer, world: FakeWorld): void {
  switch (event.do) {
    case 'set-limits': {
      const { memory = container.limits.memory } = event.limits
      container.limits = { ...event.limits, ...(memory === undefined ? {} : { memory }) }
      return
    }
    case 'set-entrypoint':
      container.entrypoint = event.version
      return
    case 'disconnect':
      container.networkIds = []
      return
    case 'work':
      if (container.state === 'running') {
        container.changedPaths = [...container.changedPaths, `/opt/made-${world.nextNumber()}`]
      }
      return
    case 'connect': {
      const isForeign = ({ isOurs, sandboxId }: FakeNetwork): boolean => !isOurs && sandboxId === undefined
      const ids = [...world.networks.values()].filter(isForeign).map(({ id }) => id)
      container.networkIds = [...new Set([...container.networkIds, ...ids])]
      return
    }
    case 'pause':
      if (container.state === 'running') container.state = 'paused'
      return
    case 'stop':
      if (container.state === 'running' || container.state === 'paused') container.state = 'exited'
      return
    case 'start':
      // By hand, with the engine's own client.
      if (container.state === 'exited' && container.networkIds.every((id) => world.networks.has(id))) {
        world.tick()
        container.state = 'running'
        container.startedAt = world.now()
        container.readiness = 'ready'
        container.startedOn = world.inodeOf(webIdentity.workspace)
      }
      return
    case 'die':
      container.state = 'dead'
      return
    case 'delete-container':
      world.containers.delete(container.id)
      return
    case 'restart-always':
      container.fixed = { ...container.fixed, restartPolicy: 'always' }
      return
    case 'make-privileged':
      // As whoever makes it anew under its name and with its labels can.
      container.fixed = { ...container.fixed, privileged: true }
      return
    case 'take-mark':
      container.readiness = 'lost'
      return
  }
}
