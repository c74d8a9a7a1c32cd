// What happens to a sandbox in its life: applies that end well, fail or die half-way, power cuts, hands on the engine.

import fc from 'fast-check'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import type { LimitsSpec } from '../../src/model/spec.js'
import type { Applied, SandboxPlan, Step, StepEvent } from '../../src/model/plan.js'
import { applyPlan } from '../../src/plan/apply.js'
import { planSandbox, type PlanOptions } from '../../src/plan/plan.js'
import { desiredFrom, desiredSandboxes, limits, webIdentity } from './arbitraries.js'
import { FakeEngine } from './fake-engine.js'
import { decoded, FakeWorld, type FakeContainer } from './fake-world.js'

export const options: PlanOptions = { scope: '', entrypoint: '1', upgrade: false, recreate: false }

/** `before`: the step does not happen. `after`: it does, and its answer is lost. */
export type Fault = { readonly kind: 'crash' | 'fail'; readonly at: number; readonly when: 'before' | 'after' }

export type Event =
  | {
      readonly do: 'apply'
      readonly desired: DesiredSandbox
      readonly upgrade: boolean
      readonly recreate: boolean
      readonly fault: Fault | null
    }
  | { readonly do: 'set-limits'; readonly limits: LimitsSpec; readonly which: number }
  | { readonly do: 'entrypoint'; readonly version: string; readonly which: number }
  | {
      readonly do:
        | 'disconnect'
        | 'connect'
        | 'pause'
        | 'stop'
        | 'start'
        | 'die'
        | 'delete-container'
        | 'delete-record'
        | 'delete-home'
        | 'delete-login'
      readonly which: number
    }
  | { readonly do: 'power-off' | 'delete-network' | 'delete-images' | 'remake-folder' }
  | { readonly do: 'move-image' | 'pull-image'; readonly reference: string }

const faults: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom('crash', 'crash', 'fail'),
  at: fc.nat(12),
  when: fc.constantFrom('before', 'after'),
})

const noFault: Fault | null = null

export const applies: fc.Arbitrary<Event> = fc.record({
  do: fc.constant('apply' as const),
  desired: desiredSandboxes(),
  upgrade: fc.constantFrom(false, false, false, true),
  recreate: fc.constantFrom(false, false, false, true),
  fault: fc.oneof(fc.constant(noFault), faults),
})

const hands: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ do: fc.constant('set-limits' as const), limits, which: fc.nat(3) }),
  fc.record({ do: fc.constant('entrypoint' as const), version: fc.constantFrom('0', '1'), which: fc.nat(3) }),
  fc.record({
    do: fc.constantFrom(
      'disconnect',
      'connect',
      'pause',
      'stop',
      'start',
      'die',
      'delete-container',
      'delete-record',
      'delete-home',
      'delete-login',
    ),
    which: fc.nat(3),
  }),
  fc.record({ do: fc.constantFrom('power-off', 'delete-network', 'delete-images', 'remake-folder') }),
  fc.record({
    do: fc.constantFrom('move-image', 'pull-image'),
    reference: fc.constantFrom('acme/agent:1', 'acme/agent:2'),
  }),
)

export const histories: fc.Arbitrary<readonly Event[]> = fc.array(fc.oneof(applies, hands), { maxLength: 7 })

/** An engine that holds things of others, some of which look like ours. */
export async function strangeWorld(): Promise<FakeWorld> {
  const world = new FakeWorld()
  for (const reference of ['debian:bookworm-slim', 'acme/agent:1', 'acme/agent:2']) {
    world.registry.set(reference, `sha256:${reference}-0`)
  }
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
    [...world.networks.values()].filter(({ isOurs }) => !isOurs),
    world.images.get('postgres:17'),
  ])
}

export type Outcome = {
  readonly plan: SandboxPlan
  readonly applied: Applied | null
  readonly error: unknown
  readonly events: readonly StepEvent[]
  readonly engine: FakeEngine
}

/** The process was killed: it neither goes on nor takes anything back. */
export class Crash extends Error {}

export async function planFor(
  world: FakeWorld,
  desired: DesiredSandbox,
  over: Partial<PlanOptions> = {},
): Promise<SandboxPlan> {
  const now = here(world, desired)
  const live = await new FakeEngine({ world }).observe(desired.id, referencesOf(desired))
  return planSandbox(now, live, { ...options, ...over })
}

/** With the inode that its workspace has at this time. */
export function here(world: FakeWorld, desired: DesiredSandbox): DesiredSandbox {
  return desired.workspace === webIdentity.workspace ? { ...desired, inode: world.inodeOf(desired.workspace) } : desired
}

export function referencesOf({ image }: DesiredSandbox): string[] {
  return [image.reference, ...image.steps.map((step) => (step.do === 'pull-image' ? step.reference : step.tag))]
}

export async function applyTo(
  world: FakeWorld,
  desired: DesiredSandbox,
  over: Partial<PlanOptions> = {},
  fault: Fault | null = null,
): Promise<Outcome> {
  return perform(world, await planFor(world, desired, over), fault)
}

export async function perform(world: FakeWorld, plan: SandboxPlan, fault: Fault | null = null): Promise<Outcome> {
  const engine = new FakeEngine({ world, ...faultHooks(fault) })
  const events: StepEvent[] = []
  const onStep = (event: StepEvent): void => void events.push(event)
  try {
    const applied = await applyPlan(plan, engine, { signal: new AbortController().signal, onStep })
    return { plan, applied, error: null, events, engine }
  } catch (error) {
    return { plan, applied: null, error, events, engine }
  }
}

function faultHooks(fault: Fault | null): { beforeStep: (step: Step) => void; afterStep: (step: Step) => void } {
  let index = -1
  let isDead = false
  const strike = (when: Fault['when']): void => {
    if (isDead) throw new Crash('dead')
    if (fault === null || fault.at !== index || fault.when !== when) return
    if (fault.kind === 'fail') {
      throw new DiagnosticError([{ severity: 'error', code: 'engine/failed', summary: 'the engine failed' }])
    }
    isDead = true
    throw new Crash('killed')
  }
  return {
    beforeStep: () => {
      index += 1
      strike('before')
    },
    afterStep: () => strike('after'),
  }
}

export async function live(history: readonly Event[], world: FakeWorld): Promise<void> {
  for (const event of history) await happen(event, world)
}

let inodes = 1

async function happen(event: Event, world: FakeWorld): Promise<void> {
  world.tick()
  switch (event.do) {
    case 'apply': {
      const { desired, upgrade, recreate, fault } = event
      await applyTo(world, desired, { upgrade, recreate }, fault)
      return
    }
    case 'power-off':
      return world.powerOff()
    case 'delete-images':
      return world.images.clear()
    case 'delete-network': {
      const open = world.openNetwork()
      const isUsed = [...world.containers.values()].some(
        ({ state, networkIds }) => state === 'running' && networkIds.includes(open?.id ?? ''),
      )
      if (open !== undefined && !isUsed) world.networks.delete(open.id)
      return
    }
    case 'remake-folder':
      inodes += 1
      return world.remakeFolder(webIdentity.workspace, `1:${inodes}:1`)
    case 'move-image':
    case 'pull-image': {
      const { reference } = event
      const next = `${(world.registry.get(reference) ?? '').replace(/-\d+$/, '')}-${inodes++}`
      if (event.do === 'move-image') world.registry.set(reference, next)
      world.images.set(reference, world.registry.get(reference) ?? next)
      return
    }
    default:
      return happenTo(event, world)
  }
}

/** Hands on one of the sandbox's own containers or volumes. */
function happenTo(event: Extract<Event, { which: number }>, world: FakeWorld): void {
  const own = [...world.containers.values()].filter(isOwn)
  const container = own[event.which % Math.max(own.length, 1)]
  switch (event.do) {
    case 'delete-record': {
      const records = [...world.volumes.values()].filter(
        (each) => each.record !== null && each.sandboxId === webIdentity.id,
      )
      const record = records[event.which % Math.max(records.length, 1)]
      if (record !== undefined) world.volumes.delete(record.name)
      return
    }
    case 'delete-home':
    case 'delete-login': {
      const holds = event.do === 'delete-home' ? 'home' : 'login'
      const volume = [...world.volumes.values()].find(
        (each) => each.holds === holds && (holds === 'login' || each.sandboxId === webIdentity.id),
      )
      if (volume !== undefined) world.volumes.delete(volume.name)
      return
    }
    default:
      if (container !== undefined) tamper(event, container, world)
  }
}

function tamper(event: Extract<Event, { which: number }>, container: FakeContainer, world: FakeWorld): void {
  switch (event.do) {
    case 'set-limits': {
      const lifts = event.limits.memory === undefined && container.limits.memory !== undefined
      container.limits = { ...event.limits, ...(lifts ? { memory: container.limits.memory } : {}) } as LimitsSpec
      return
    }
    case 'entrypoint':
      container.entrypoint = event.version
      return
    case 'disconnect':
      container.networkIds = []
      return
    case 'connect': {
      const foreign = [...world.networks.values()].find(({ isOurs }) => !isOurs)
      const id = foreign?.id ?? ''
      if (!container.networkIds.includes(id)) container.networkIds = [...container.networkIds, id]
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
        container.state = 'running'
        container.startedOn = world.inodeOf(webIdentity.workspace)
      }
      return
    case 'die':
      container.state = 'dead'
      return
    case 'delete-container':
      world.containers.delete(container.id)
      return
    default:
      return
  }
}

export function isOwn(container: FakeContainer): boolean {
  if (container.request === null) return false
  const request = decoded(container.request)
  return request.name === container.name && request.sandbox.id === webIdentity.id
}
