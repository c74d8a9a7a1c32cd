// docs/planning.md, rule by rule. A test here has the words of a rule there, and the last one sees that none is missing.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import type { LiveContainer } from '../../src/model/live.js'
import type { SandboxPlan } from '../../src/model/plan.js'
import { planSandbox } from '../../src/plan/plan.js'
import { planPrune, planRemoval } from '../../src/plan/removal.js'
import type { PlanOptions } from '../../src/plan/situation.js'
import { applyTo, here, options, planFor } from '../support/applying.js'
import { pinnedDigests, webIdentity, withHosts } from '../support/arbitraries.js'
import { appliedWorld, emptyWorld, file, ownContainer, recordSpec, stepsText, type Edit } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'
import type { FakeContainer, FakeWorld } from '../support/fake-world.js'

const { resources } = recordSpec
const gigabyte = 1024 ** 3
const tested = new Set<string>()

function rule(sentence: string, check: () => Promise<void>): void {
  tested.add(sentence)
  test(sentence, check)
}

/** The plan of an edit after hands were on the example. */
async function planAfter(
  hand: (container: FakeContainer, world: FakeWorld) => void,
  edit: Edit = {},
  over: Partial<PlanOptions> = {},
): Promise<SandboxPlan> {
  const { world, container } = await appliedWorld()
  hand(container, world)
  return planFor(world, file(edit), over)
}

function untouched(): void {}

/** The plan where the engine shows the example's container otherwise. */
async function planSeeing(change: Partial<LiveContainer>, over: Partial<PlanOptions> = {}): Promise<SandboxPlan> {
  const { world } = await appliedWorld()
  const live = await new FakeEngine({ world }).observe(webIdentity.id, [file().image.reference])
  const containers = live.containers.map((container) => ({ ...container, ...change }))
  return planSandbox(here(world, file()), { ...live, containers }, { ...options, ...over })
}

const drifted = (name: string, value: unknown) => (container: FakeContainer) => {
  container.fixed = { ...container.fixed, [name]: value }
}

// create ---------------------------------------------------------------------------------------------------------------

rule('create, if the sandbox has no container', async () => {
  expect(await planFor(emptyWorld(), file())).toMatchObject({ action: 'create', reason: 'new' })
})

rule('create, if its container was removed, on the home that is left', async () => {
  const plan = await planAfter((container, world) => world.containers.delete(container.id))
  expect(plan).toMatchObject({ action: 'create', reason: 'missing' })
  expect(plan.steps).not.toContainEqual(expect.objectContaining({ do: 'create-volume', holds: 'home' }))
})

// reuse ----------------------------------------------------------------------------------------------------------------

const nothing = { action: 'reuse', changes: [], steps: [] }

rule('reuse, if the file, what was applied last and the engine agree', async () => {
  expect(await planAfter(untouched)).toMatchObject({ ...nothing, notes: [] })
})

rule('reuse, if the name of the image has moved on: a note has both ids', async () => {
  const plan = await planAfter((_, world) => world.images.set('acme/agent:1', 'sha256:newer'))
  expect(plan).toMatchObject({
    ...nothing,
    notes: [{ kind: 'tag-moved', from: 'sha256:acme/agent:1-0', to: 'sha256:newer' }],
  })
})

rule(
  'reuse, if a newer sbx brings another entrypoint, image recipe or way to make containers: each is a note',
  async () => {
    const fixed = { applied: { init: false }, observed: { init: false }, isOlder: true }
    const plan = await planSeeing({ entrypoint: 'older', recipe: 'older', fixed })
    expect(plan).toMatchObject(nothing)
    expect(plan.notes).toEqual(['image', 'entrypoint', 'settings'].map((what) => ({ kind: 'newer-recipe', what })))
  },
)

rule('reuse, if the file now pins the very image that runs, or no longer does', async () => {
  const world = emptyWorld()
  const [digest] = pinnedDigests
  const pinned = file({ container: { template: { kind: 'image', reference: 'acme/agent:1', digest } } })
  await applyTo(world, file())
  world.images.set(pinned.image.reference, ownContainer(world).imageId)
  expect(await planFor(world, pinned)).toMatchObject(nothing)
  await applyTo(world, pinned, { recreate: true })
  expect(await planFor(world, file())).toMatchObject(nothing)
})

rule('reuse, if a value that the file takes from this machine is missing here', async () => {
  const env = { ...recordSpec.env, GH_TOKEN: { from: 'host', text: '${env:GH_TOKEN}', digest: null } } as const
  expect(await planAfter(untouched, { record: { env } })).toMatchObject({
    ...nothing,
    notes: [{ kind: 'missing-host-value', path: '/env/GH_TOKEN' }],
  })
})

rule('reuse, if another hand has made the container what the file says now', async () => {
  const plan = await planAfter((container) => (container.networkIds = []), { container: { network: 'none' } })
  expect(plan).toMatchObject(nothing)
})

rule('reuse, if another hand has changed nothing but what `lifecycle.ignoreDrift` names: it is shown', async () => {
  const { world, container } = await appliedWorld()
  container.limits = { ...resources, memory: 2 * gigabyte }
  container.fixed = { ...container.fixed, privileged: true }
  const ignoring: DesiredSandbox = {
    ...file(),
    lifecycle: { ignoreDrift: ['resources.memory', 'privileged'], onRecreate: 'ask' },
  }
  expect(await planFor(world, ignoring)).toMatchObject({
    ...nothing,
    ignored: [{ path: '/privileged' }, { path: '/resources/memory' }],
  })
})

// start ----------------------------------------------------------------------------------------------------------------

rule('start, if the container is stopped', async () => {
  const plan = await planAfter((_, world) => world.powerOff())
  expect(plan).toMatchObject({ action: 'start', reason: 'stopped' })
  expect(stepsText(plan)).toEqual(['start the old', 'await-ready the old', 'settle the old'])
})

rule('start, if the container was made by an apply that did not come to its start', async () => {
  const world = emptyWorld()
  const steps = (await planFor(world, file())).steps
  const at = steps.findIndex((step) => step.do === 'start')
  await applyTo(world, file(), {}, { kind: 'crash', at, when: 'before' })
  expect(await planFor(world, file())).toMatchObject({ action: 'start', reason: 'interrupted_apply' })
})

rule('start, if the container is paused: it goes on where it was', async () => {
  const plan = await planAfter((container) => (container.state = 'paused'))
  expect(plan.action).toBe('start')
  expect(stepsText(plan)).toEqual(['unpause the old'])
})

// update ---------------------------------------------------------------------------------------------------------------

rule(
  'update, if environment, secrets, arguments of the agent or the author of commits changed: the next session has them',
  async () => {
    const edits: readonly Edit['record'][] = [
      { env: {} },
      { envFile: {} },
      { secrets: {} },
      { agent: { ...recordSpec.agent, args: ['--model', 'opus'] } },
      { agent: { ...recordSpec.agent, autonomy: 'ask' } },
      { git: null },
    ]
    for (const record of edits) {
      const plan = await planAfter(untouched, record === undefined ? {} : { record })
      expect(plan.action).toBe('update')
      expect(new Set(plan.changes.map(({ effect }) => effect))).toEqual(new Set(['next_session']))
      expect(stepsText(plan)).toEqual(['create-record', 'remove-record'])
    }
  },
)

rule('update, if a limit changed: it is set at once', async () => {
  for (const change of [{ cpus: 1 }, { memory: 8 * gigabyte }, { pids: 99 }]) {
    const plan = await planAfter(untouched, { record: { resources: { ...resources, ...change } } })
    expect(plan).toMatchObject({ action: 'update', changes: [{ effect: 'live', origin: 'config' }] })
    expect(stepsText(plan)).toEqual(['create-record', 'update-limits the old', 'remove-record'])
  }
})

rule('update, if another hand changed a limit or the restart policy: it is set back at once', async () => {
  const byHand = await planAfter((container) => (container.limits = { ...resources, pids: 50 }))
  expect(byHand).toMatchObject({ action: 'update', reason: 'drifted', changes: [{ effect: 'live', origin: 'drift' }] })
  expect(stepsText(byHand)).toEqual(['update-limits the old'])
  const always = await planAfter(drifted('restartPolicy', 'always'))
  expect(always).toMatchObject({ action: 'update', reason: 'drifted', changes: [{ effect: 'live', origin: 'drift' }] })
  expect(stepsText(always)).toEqual(['reset-restart-policy the old'])
})

rule('recreate, if a limit is another under a named runtime, which may not be able to change one', async () => {
  const container = { isolation: 'runsc' }
  const world = emptyWorld()
  await applyTo(world, file({ container }))
  expect(await planFor(world, file({ container }))).toMatchObject(nothing)
  const edited = await planFor(world, file({ container, record: { resources: { ...resources, pids: 99 } } }))
  const change = { path: '/resources/pids', effect: 'recreate' }
  expect(edited).toMatchObject({ action: 'recreate', changes: [{ ...change, origin: 'config' }] })
  ownContainer(world).limits = { ...resources, pids: 50 }
  const byHand = await planFor(world, file({ container }))
  expect(byHand).toMatchObject({ action: 'recreate', reason: 'drifted', changes: [{ ...change, origin: 'drift' }] })
  // So with one that the engine's own settings choose.
  for (const [runtime, action] of [
    ['runc', 'update'],
    ['runsc', 'recreate'],
  ] as const) {
    const other = emptyWorld()
    await applyTo(other, file())
    ownContainer(other).fixed = { ...ownContainer(other).fixed, runtime }
    const plan = await planFor(other, file({ record: { resources: { ...resources, pids: 99 } } }))
    expect(plan).toMatchObject({ action })
  }
})

const limited = file({ container: { network: 'limited' } })

rule('update, if the hosts of a limited network changed: its proxy is replaced', async () => {
  const world = emptyWorld()
  await applyTo(world, limited)
  expect(await planFor(world, limited)).toMatchObject(nothing)
  const plan = await planFor(world, withHosts(limited, { 'a.example:443': true }))
  expect(plan).toMatchObject({ action: 'update', reason: 'config_changed' })
  expect(plan.steps.map((step) => step.do)).toEqual(expect.arrayContaining(['create-proxy', 'remove-proxy']))
})

rule(
  'update, if another hand stopped, removed or disconnected the proxy of a limited network: it is there again',
  async () => {
    const hands: readonly ((world: FakeWorld) => void)[] = [
      (world) => world.proxies.forEach((proxy) => (proxy.state = 'exited')),
      (world) => world.proxies.clear(),
      (world) => world.proxies.forEach((proxy) => (proxy.networkIds = [])),
    ]
    for (const hand of hands) {
      const world = emptyWorld()
      await applyTo(world, limited)
      hand(world)
      const plan = await planFor(world, limited)
      expect(plan).toMatchObject({ action: 'update', reason: 'drifted', changes: [{ path: '/network/proxy' }] })
      expect(plan.steps.map((step) => step.do)).toContain('start-proxy')
    }
  },
)

rule('update, if another hand set a limit to what the file says now: only the record is written', async () => {
  const limits = { ...resources, pids: 8192 }
  const plan = await planAfter((container) => (container.limits = limits), { record: { resources: limits } })
  expect(plan.action).toBe('update')
  expect(stepsText(plan)).toEqual(['create-record', 'remove-record'])
})

rule('update, if the record of what was applied last is gone: it is written again', async () => {
  const plan = await planAfter((_, world) => {
    for (const { name, record } of world.volumes.values()) if (record !== null) world.volumes.delete(name)
  })
  expect(plan).toMatchObject({ action: 'update', reason: 'missing' })
  expect(stepsText(plan)).toEqual(['create-record'])
})

rule('update, if the sandbox runs and is not ready yet: it is waited for', async () => {
  const plan = await planAfter((container) => (container.readiness = 'starting'))
  expect(plan.action).toBe('update')
  expect(stepsText(plan)).toEqual(['await-ready the old'])
})

const restart = ['stop the old', 'start the old', 'await-ready the old', 'settle the old']

rule('update, if the mark that it is ready is gone: by a restart', async () => {
  const plan = await planAfter((container) => (container.readiness = 'lost'))
  expect(plan).toMatchObject({ action: 'update', changes: [{ effect: 'restart' }] })
  expect(stepsText(plan)).toEqual(restart)
})

rule('update, if the workspace folder was deleted and made anew: by a restart', async () => {
  const plan = await planAfter((_, world) => world.remakeFolder('/src/web', '1:2:2'))
  expect(plan).toMatchObject({ action: 'update', changes: [{ effect: 'restart' }] })
  expect(stepsText(plan)).toEqual([...restart, 'create-record', 'remove-record'])
})

rule('update, if a hidden file or folder was replaced, and so is seen: by a restart', async () => {
  const { world } = await appliedWorld()
  const plan = await planFor(world, file(), { fallenOut: ['.env'] })
  expect(plan).toMatchObject({ action: 'update', changes: [{ effect: 'restart' }] })
  expect(stepsText(plan)).toEqual(restart)
})

const edited = file({ container: { mounts: {} } })

/** A world in which an apply of another mount died before the first of its steps of a kind. */
async function diedBefore(kind: string): Promise<FakeWorld> {
  const { world } = await appliedWorld()
  const { steps } = await planFor(world, edited)
  await applyTo(world, edited, {}, { kind: 'crash', at: steps.findIndex((step) => step.do === kind), when: 'before' })
  return world
}

rule('update, if an apply ended before it had removed what it replaced: that is removed', async () => {
  const plan = await planFor(await diedBefore('remove-container'), edited)
  expect(plan).toMatchObject({ action: 'update', reason: 'interrupted_apply', notes: [{ kind: 'unfinished-apply' }] })
  expect(stepsText(plan)).toEqual(['settle the old', 'remove-container another', 'remove-record'])
})

rule('update, if an apply ended before it had tried a limited network that it started: it is tried', async () => {
  const world = emptyWorld()
  const limited = withHosts(file({ container: { network: 'limited' } }), { 'a.example:443': true })
  const { steps } = await planFor(world, limited)
  const at = steps.findIndex((step) => step.do === 'verify-network')
  await applyTo(world, limited, {}, { kind: 'crash', at, when: 'before' })
  const plan = await planFor(world, limited)
  expect(plan).toMatchObject({ action: 'update', reason: 'interrupted_apply', notes: [{ kind: 'unfinished-apply' }] })
  expect(stepsText(plan)).toEqual(['verify-network the old', 'remove-record'])
})

// recreate -------------------------------------------------------------------------------------------------------------

rule('recreate, if a setting changed that only a new container can have', async () => {
  const edits: readonly NonNullable<Edit['container']>[] = [
    { template: { kind: 'built-in', name: 'claude' } },
    { setup: ['apt-get install -y jq'] },
    { workspace: { path: '/src/web', readonly: true } },
    { mounts: {} },
    { socket: 'host' },
    { credentials: 'none' },
    { network: 'none' },
    { ports: { '3000/tcp': { address: '127.0.0.1', hostPort: 3000 } } },
  ]
  for (const container of edits) {
    const plan = await planAfter(untouched, { container })
    expect(plan).toMatchObject({ action: 'recreate', reason: 'config_changed' })
    expect(plan.changes).toContainEqual(expect.objectContaining({ effect: 'recreate', origin: 'config' }))
  }
})

rule('recreate, if the limit of memory is taken away: an engine cannot lift one', async () => {
  const plan = await planAfter(untouched, { record: { resources: { pids: resources.pids, cpus: 2 } } })
  expect(plan).toMatchObject({ action: 'recreate', changes: [{ path: '/resources/memory', effect: 'recreate' }] })
})

rule('recreate, if another hand changed what only a new container can have', async () => {
  const hands = [drifted('privileged', true), (container: FakeContainer) => void (container.networkIds = [])]
  for (const hand of hands) {
    const plan = await planAfter(hand)
    expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted', changes: [{ origin: 'drift' }] })
  }
})

rule('recreate, if the home is gone', async () => {
  const plan = await planAfter((_, world) => world.volumes.delete(file().homeVolume))
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted', changes: [{ path: '/volumes/~1home~1agent' }] })
})

rule('recreate, if the container is stopped and its network is gone', async () => {
  const plan = await planAfter((_, world) => {
    world.powerOff()
    world.networks.clear()
  })
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted', changes: [{ path: '/network' }] })
})

rule('recreate, if the engine has given up on the container', async () => {
  const plan = await planAfter((container) => (container.state = 'dead'))
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted', changes: [{ path: '/id' }] })
})

rule('recreate, if `--recreate` asks for it', async () => {
  const plan = await planAfter(untouched, {}, { recreate: true })
  expect(plan).toMatchObject({ action: 'recreate', reason: 'requested', changes: [] })
})

rule('recreate, if `--upgrade` asks for it and the name of the image has moved on', async () => {
  const moved = (_: FakeContainer, world: FakeWorld) => void world.images.set('acme/agent:1', 'sha256:newer')
  expect(await planAfter(moved, {}, { upgrade: true })).toMatchObject({ action: 'recreate', reason: 'image_moved' })
  expect(await planAfter(untouched, {}, { upgrade: true })).toMatchObject(nothing)
})

rule(
  'recreate, if `--upgrade` asks for it and this sbx has a newer entrypoint, image recipe or way to make containers',
  async () => {
    const older: readonly Partial<LiveContainer>[] = [
      { entrypoint: 'older' },
      { recipe: 'older' },
      { fixed: { applied: {}, observed: {}, isOlder: true } },
    ]
    for (const change of older) {
      expect(await planSeeing(change, { upgrade: true })).toMatchObject({ action: 'recreate', reason: 'image_moved' })
    }
  },
)

rule('recreate, if an apply ended before the container that it had made took over: that one takes over', async () => {
  const plan = await planFor(await diedBefore('stop'), edited)
  expect(plan).toMatchObject({ action: 'recreate', reason: 'interrupted_apply' })
  expect(plan.steps.map((step) => step.do)).not.toContain('create-container')
  expect(stepsText(plan).slice(0, 2)).toEqual(['stop the old', 'start another'])
})

rule(
  'recreate, with the old container running until the new one is made, also where nothing in the file changed',
  async () => {
    const moved = (_: FakeContainer, world: FakeWorld) => void world.images.set('acme/agent:1', 'sha256:newer')
    const plans = [
      await planAfter(untouched, {}, { recreate: true }),
      await planAfter(moved, {}, { upgrade: true }),
      await planAfter(drifted('privileged', true)),
      await planAfter(untouched, { container: { mounts: {} } }),
    ]
    for (const plan of plans) {
      expect(plan.action).toBe('recreate')
      const steps = stepsText(plan)
      expect(steps.indexOf('create-container')).toBeGreaterThanOrEqual(0)
      expect(steps.indexOf('stop the old')).toBeGreaterThan(steps.indexOf('create-container'))
      expect(plan.steps).toContainEqual(
        expect.objectContaining({
          do: 'create-container',
          request: expect.objectContaining({ replaces: plan.current?.containerId }) as unknown,
        }),
      )
      expect(plan.steps.map((step) => step.do)).not.toContain('remove-volume')
    }
  },
)

rule('recreate, with the newer image where its name has moved on', async () => {
  const plan = await planAfter((_, world) => world.images.set('acme/agent:1', 'sha256:newer'), {
    container: { socket: 'host' },
  })
  expect(plan).toMatchObject({
    action: 'recreate',
    changes: [{ path: '/socket' }, { path: '/image', origin: 'image' }],
  })
})

/** The example, with files of its own, after an apply that keeps them. */
async function keptWorld(): Promise<FakeWorld> {
  const { world, container } = await appliedWorld()
  container.changedPaths = ['/opt/tool']
  await applyTo(world, file({ container: { mounts: {} } }), { keep: 'files' })
  return world
}

rule(
  'recreate, with `--keep` and the same template, from a snapshot that is made once the old container has stopped',
  async () => {
    const plan = await planAfter(untouched, { container: { mounts: {} } }, { keep: 'files' })
    expect(plan).toMatchObject({ action: 'recreate', keeps: 'snapshot' })
    const steps = stepsText(plan)
    const order = ['stop the old', 'snapshot-container the old', 'create-container', 'start the new']
    expect(steps.filter((step) => order.includes(step))).toEqual(order)
  },
)

rule(
  'recreate, from the snapshot that is there, until the template changes, `setup` does, or `--upgrade` brings another image',
  async () => {
    const world = await keptWorld()
    const carried = async (edit: Edit, over: Partial<PlanOptions> = {}): Promise<boolean> => {
      const { action, steps } = await planFor(world, file(edit), over)
      expect(action).toBe('recreate')
      return steps.some((step) => step.do === 'create-container' && step.request.spec.carried !== undefined)
    }
    expect(await carried({})).toBe(true)
    expect(await carried({ container: { setup: ['true'] } })).toBe(false)
    expect(await carried({ container: { template: { kind: 'image', reference: 'acme/agent:2' } } })).toBe(false)
    world.images.set('acme/agent:1', 'sha256:newer')
    expect(await carried({})).toBe(true)
    expect(await carried({}, { upgrade: true })).toBe(false)
  },
)

rule(
  'recreate, with `--keep` and another template, with the files copied before the new container starts',
  async () => {
    const plan = await planAfter(untouched, { container: { setup: ['true'] } }, { keep: 'files' })
    expect(plan).toMatchObject({ action: 'recreate', keeps: 'copy' })
    const steps = stepsText(plan)
    const order = ['create-container', 'stop the old', 'copy-files the new', 'start the new']
    expect(steps.filter((step) => order.includes(step))).toEqual(order)
  },
)

const homes = {
  'sha256:acme/agent:1-0': [{ path: '.rc', kind: 'file', mode: 0o644, size: 1, digest: 'a' }],
  'sha256:newer': [{ path: '.rc', kind: 'file', mode: 0o644, size: 1, digest: 'b' }],
} as const

/** The example on another image, whose home nobody has refreshed. */
async function recreatedOnNewer(): Promise<FakeWorld> {
  const { world } = await appliedWorld()
  world.images.set('acme/agent:1', 'sha256:newer')
  await applyTo(world, file(), { upgrade: true })
  return world
}

rule('reuse, if the home is of an earlier image than the container: a note has the files that it hides', async () => {
  const world = await recreatedOnNewer()
  const hidden = { count: 1, first: [{ path: '.rc', change: 'changed' }] }
  expect(await planFor(world, file(), { homes })).toMatchObject({
    ...nothing,
    notes: [{ kind: 'older-home', from: 'sha256:acme/agent:1-0', to: 'sha256:newer', hidden }],
  })
})

rule('update, if `--refresh-home` asks for it and the home is of an earlier image: by a restart', async () => {
  const world = await recreatedOnNewer()
  const plan = await planFor(world, file(), { refreshHome })
  expect(plan).toMatchObject({ action: 'update', reason: 'requested', changes: [{ path: '/home', effect: 'restart' }] })
  expect(stepsText(plan).slice(0, 5)).toEqual([
    ...['compare-homes', 'stop the old', 'refresh-home the old', 'start the old', 'await-ready the old'],
  ])
})

const refreshHome = { except: [] }

rule(
  'recreate, with `--refresh-home` and another image, with its files brought before the new container starts',
  async () => {
    const { world } = await appliedWorld()
    world.images.set('acme/agent:1', 'sha256:newer')
    const plan = await planFor(world, file(), { upgrade: true, refreshHome })
    expect(plan).toMatchObject({ action: 'recreate', reason: 'image_moved' })
    const steps = stepsText(plan)
    expect(steps.slice(steps.indexOf('create-container'), steps.indexOf('await-ready the new'))).toEqual([
      ...['create-container', 'settle the new', 'stop the old', 'refresh-home the new', 'start the new'],
    ])
    expect(steps.indexOf('compare-homes')).toBeLessThan(steps.indexOf('create-container'))
  },
)

// remove ---------------------------------------------------------------------------------------------------------------

async function removal(volumes: boolean): Promise<string[]> {
  const { world } = await appliedWorld()
  const engine = new FakeEngine({ world })
  const live = await engine.observe(webIdentity.id, [])
  const plan = planRemoval(live, { volumes, leftovers: await engine.listLeftovers() })
  expect(plan.action).toBe('remove')
  return stepsText(plan)
}

async function prune(world: FakeWorld, missing: readonly string[]): Promise<readonly SandboxPlan[]> {
  const engine = new FakeEngine({ world })
  const [containers, leftovers] = [await engine.list(), await engine.listLeftovers()]
  return planPrune({ containers, leftovers, missingWorkspaces: missing, throwAways: new Set<string>(), volumes: false })
}

rule('remove, if `sbx rm` names the sandbox: the home stays', async () => {
  expect(await removal(false)).toEqual(['stop the old', 'remove-container the old', 'remove-record'])
})

rule('remove, with the home, if `sbx rm --volumes` says so', async () => {
  expect(await removal(true)).toEqual(['stop the old', 'remove-container the old', 'remove-record', 'remove-volume'])
})

rule('remove, if `sbx prune` finds that its workspace is gone', async () => {
  const { world } = await appliedWorld()
  const [plan] = await prune(world, ['/src/web'])
  expect(plan).toMatchObject({ id: webIdentity.id, action: 'remove', reason: 'missing' })
  expect(await prune(world, [])).toEqual([])
})

rule('remove, of a running sandbox what an unfinished apply left, if `sbx prune` finds it', async () => {
  const [plan, ...others] = await prune(await diedBefore('stop'), [])
  expect(others).toEqual([])
  expect(plan).toMatchObject({ id: webIdentity.id, action: 'update', reason: 'interrupted_apply' })
  expect(plan === undefined ? [] : stepsText(plan)).toEqual(['remove-container another', 'remove-record'])
})

rule('remove, but never by an apply and never another sandbox', async () => {
  const { world } = await appliedWorld()
  const another = { ...file(), id: 'web-77aa00', homeVolume: 'sbx-web-77aa00-home', agent: 'gemini' }
  const plans = [await planFor(world, another), await planFor(world, file({ container: { mounts: {} } }))]
  for (const { action, steps, current } of plans) {
    expect(action).not.toBe('remove')
    const removed = steps.flatMap((step) => (step.do === 'remove-container' ? [step.target] : []))
    expect(removed).toEqual(current === null ? [] : [{ id: current.containerId }])
    expect(steps.map((step) => step.do)).not.toContain('remove-volume')
  }
})

test('docs/planning.md has each rule that is tested here, and no other', () => {
  const text = readFileSync(new URL('../../docs/planning.md', import.meta.url), 'utf8')
  const written = [...text.matchAll(/^- (.+(?:\n {2}.+)*)$/gm)].map(([, rule = '']) => rule.replaceAll(/\n {2}/g, ' '))
  expect(written.length).toBe(new Set(written).size)
  expect([...written].sort()).toEqual([...tested].sort())
  const actions = ['create', 'reuse', 'start', 'update', 'recreate', 'remove']
  expect(written.filter((sentence) => !actions.includes(sentence.split(',')[0] ?? ''))).toEqual([])
  // Beneath the heading of its action.
  for (const section of text.split('\n## ').slice(1)) {
    const [action = ''] = section.split('\n')
    for (const [, first = ''] of section.matchAll(/^- (\w+)/gm)) expect(first).toBe(action)
  }
})
