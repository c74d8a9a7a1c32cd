// Plans that end things.

import { expect, test } from 'vitest'
import type { SandboxPlan } from '../../src/model/plan.js'
import { planPrune, planRemoval, planStop } from '../../src/plan/removal.js'
import { applyTo, perform, planFor } from '../support/applying.js'
import { withHosts } from '../support/arbitraries.js'
import { emptyWorld, file } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'
import type { FakeWorld } from '../support/fake-world.js'
import { isOwn } from '../support/strange-world.js'

const web = 'web-3f2a1c'
const home = 'sbx-web-3f2a1c-home'
const login = 'docker-claude-sandbox-data'

async function appliedWorld(): Promise<FakeWorld> {
  const world = emptyWorld()
  await applyTo(world, file())
  return world
}

/** What was made since the last call was so at this hour: the record first, the container a second later. */
function inHours(world: FakeWorld, hour: number): void {
  const seconds = Date.parse('2024-01-01T00:00:00Z') / 1000 + hour * 3600
  for (const [name, volume] of world.volumes) {
    const isNew = volume.createdAt < '2024'
    if (isNew) world.volumes.set(name, { ...volume, createdAt: new Date(seconds * 1000).toISOString() })
  }
  for (const [id, container] of world.containers) {
    const isNew = container.createdAt < Date.parse('2024-01-01T00:00:00Z') / 1000
    if (isNew) world.containers.set(id, { ...container, createdAt: seconds + 1 })
  }
}

async function removal(world: FakeWorld, volumes: boolean): Promise<SandboxPlan> {
  const engine = new FakeEngine({ world })
  return planRemoval(await engine.observe(web, []), { volumes, leftovers: await engine.listLeftovers() })
}

async function prune(
  world: FakeWorld,
  facts: {
    readonly missing?: readonly string[]
    readonly throwAways?: readonly string[]
    readonly volumes?: boolean
  } = {},
): Promise<readonly SandboxPlan[]> {
  const engine = new FakeEngine({ world })
  const [containers, leftovers] = [await engine.list(), await engine.listLeftovers()]
  const { missing = [], throwAways = [], volumes = false } = facts
  return planPrune({ containers, leftovers, missingWorkspaces: missing, throwAways: new Set(throwAways), volumes })
}

function stepNames(plan: SandboxPlan | undefined): string[] {
  return plan?.steps.map((step) => step.do) ?? []
}

test('a removal stops and removes, and keeps home and login', async () => {
  const world = await appliedWorld()
  const plan = await removal(world, false)
  expect(plan).toMatchObject({ id: web, name: 'web', action: 'remove', reason: 'requested' })
  expect(stepNames(plan)).toEqual(['stop', 'remove-container', 'remove-record'])
  const { applied } = await perform(world, plan)
  expect(applied).toEqual({ action: 'remove', containerId: null })
  expect([...world.volumes.keys()]).toEqual([home, login])
})

test('a removal with volumes takes the home and never the login', async () => {
  const world = await appliedWorld()
  await perform(world, await removal(world, true))
  expect([...world.volumes.keys()]).toEqual([login])
})

test('what is left of an unfinished apply goes too', async () => {
  const world = await appliedWorld()
  await applyTo(
    world,
    file({ container: { mounts: {} }, record: { env: {} } }),
    {},
    { kind: 'crash', at: 4, when: 'after' },
  )
  await perform(world, await removal(world, false))
  expect([...world.containers.values()].filter(isOwn)).toEqual([])
  expect([...world.volumes.keys()]).toEqual([home, login])
})

test('a sandbox that has nothing is removed already', async () => {
  expect(await removal(emptyWorld(), true)).toMatchObject({ action: 'reuse', name: web, steps: [], current: null })
})

test('a stop stops what runs or is paused, once', async () => {
  const world = await appliedWorld()
  const engine = new FakeEngine({ world })
  for (const container of world.containers.values()) container.state = 'paused'
  const plan = planStop(await engine.observe(web, []))
  expect(stepNames(plan)).toEqual(['stop'])
  await perform(world, plan)
  expect(planStop(await engine.observe(web, []))).toMatchObject({ action: 'reuse', steps: [] })
})

test('nothing is pruned of a sandbox that is as it should be', async () => {
  expect(await prune(await appliedWorld())).toEqual([])
  expect(await prune(await appliedWorld(), { volumes: true })).toEqual([])
})

test('a sandbox whose folder is gone is pruned, its home only when asked', async () => {
  const world = await appliedWorld()
  world.setupImages.set('localhost/sbx-setup:1', web)
  const [plan] = await prune(world, { missing: ['/src/web'] })
  expect(plan).toMatchObject({ id: web, action: 'remove', reason: 'missing' })
  expect(stepNames(plan)).toEqual(['stop', 'remove-container', 'remove-record', 'remove-image'])
  const [withHome] = await prune(world, { missing: ['/src/web'], volumes: true })
  expect(stepNames(withHome)).toContain('remove-volume')
})

test('what an unfinished apply left is pruned, and what is in use stays', async () => {
  const world = await appliedWorld()
  const [before] = [...world.containers.values()].filter(isOwn)
  await applyTo(world, file({ container: { mounts: {} } }), {}, { kind: 'crash', at: 4, when: 'after' })
  const plans = await prune(world)
  expect(plans).toMatchObject([{ id: web, action: 'update', reason: 'interrupted_apply' }])
  for (const plan of plans) await perform(world, plan)
  expect([...world.containers.values()].filter(isOwn)).toEqual([before])
  expect(before?.state).toBe('running')
})

test.each(['create-container', 'start', 'remove-container'] as const)(
  'of a recreate that was killed after its %s the record of what stays does so, too, and no other',
  async (kind) => {
    const world = await appliedWorld()
    inHours(world, 1)
    const edited = file({ container: { mounts: {} }, record: { env: {} } })
    const { steps } = await planFor(world, edited)
    await applyTo(world, edited, {}, { kind: 'crash', at: steps.findIndex((step) => step.do === kind), when: 'before' })
    if (kind === 'create-container') return expect(await prune(world)).toEqual([])
    inHours(world, 2)
    for (const plan of await prune(world)) await perform(world, plan)
    const stays = kind === 'start' ? file() : edited
    const { notes, steps: left } = await planFor(world, stays)
    expect(notes.map((note) => note.kind)).not.toContain('unfinished-apply')
    expect(left.filter((step) => step.do.endsWith('-record'))).toEqual([])
  },
)

test('of a limited network that nobody has tried the record that says so stays', async () => {
  const world = emptyWorld()
  const limited = withHosts(file({ container: { network: 'limited' } }), { 'a.example:443': true })
  await applyTo(world, limited)
  const { steps } = await planFor(world, limited, { recreate: true })
  const at = steps.findIndex((step) => step.do === 'verify-network')
  await applyTo(world, limited, { recreate: true }, { kind: 'crash', at, when: 'before' })
  for (const plan of await prune(world)) await perform(world, plan)
  expect((await planFor(world, limited)).steps).toContainEqual(expect.objectContaining({ do: 'verify-network' }))
})

test('records, setup images and, when asked, homes without a container are pruned', async () => {
  const world = await appliedWorld()
  world.setupImages.set('localhost/sbx-setup:1', web)
  world.images.set('localhost/sbx-setup:1', 'sha256:setup')
  world.containers.clear()
  expect((await prune(world)).map((plan) => [plan.id, ...stepNames(plan)])).toEqual([
    [web, 'remove-record', 'remove-image'],
    ['sbx-open', 'remove-network'],
  ])
  for (const plan of await prune(world, { volumes: true })) await perform(world, plan)
  expect([...world.volumes.keys()]).toEqual([login])
  expect(world.networks.size).toBe(0)
})

test('the open network stays for a sandbox that is stopped', async () => {
  const world = await appliedWorld()
  world.powerOff()
  expect(await prune(world)).toEqual([])
})

test('a removal takes the snapshot that the sandbox stood on, and prune only one that no sandbox stands on', async () => {
  const world = await appliedWorld()
  const edited = file({ container: { mounts: {} } })
  await applyTo(world, edited, { keep: 'files' })
  const snapshots = async (): Promise<string[]> =>
    (await new FakeEngine({ world }).listLeftovers()).snapshots.map(({ reference }) => reference)
  const [used = ''] = await snapshots()
  expect(await prune(world)).toEqual([])

  // Of a container that an apply was about to replace when it died, and that goes on.
  world.images.set('localhost/sbx-kept-web-3f2a1c:0123456789ab', 'sha256:idle')
  world.snapshots.set('sha256:idle', { sandboxId: web, files: [], takenAt: '' })
  const [plan, ...others] = await prune(world)
  expect(others).toEqual([])
  expect(plan).toMatchObject({ action: 'update', reason: 'interrupted_apply' })
  if (plan !== undefined) await perform(world, plan)
  expect(await snapshots()).toEqual([used])

  const removed = await removal(world, false)
  expect(removed.steps.at(-1)).toEqual({ do: 'remove-image', reference: used })
  expect((await perform(world, removed)).error).toBeNull()
  expect(await snapshots()).toEqual([])
})

test('of a sandbox that is gone prune takes the snapshot', async () => {
  const world = await appliedWorld()
  await applyTo(world, file(), { keep: 'files', recreate: true })
  world.containers.clear()
  const plans = await prune(world)
  expect(plans.flatMap(stepNames)).toContain('remove-image')
})

test('what a call made for its own time, and was killed over, goes with its home', async () => {
  const world = await appliedWorld()
  const [plan] = await prune(world, { throwAways: [web] })
  expect(stepNames(plan)).toEqual(['stop', 'remove-container', 'remove-record', 'remove-volume'])
  if (plan === undefined) throw new Error('no plan')
  await perform(world, plan)
  expect([...world.volumes.keys()]).toEqual([login])
  const [again] = await prune(world, { throwAways: [web] })
  expect(again?.steps.map((step) => step.do) ?? []).toEqual(['remove-network'])
})

test('a removal with volumes takes what an adoption left, and one without leaves its marks', async () => {
  const world = await appliedWorld()
  const { id, displayName, workspace, inode, agent, profile } = file()
  const sandbox = { id, displayName, workspace, inode, agent, profile }
  const engine = new FakeEngine({ world })
  const mark = { do: 'create-volume', name: `sbx-${web}-adopting-copying`, holds: 'adoption', sandbox } as const
  await engine.perform({ ...mark, adopts: 'old-000000' })
  await engine.perform({ do: 'create-volume', name: `sbx-${web}-home-aside`, holds: 'aside', sandbox })
  expect(stepNames(await removal(world, false))).not.toContain('remove-volume')
  const plan = await removal(world, true)
  expect(plan.steps.slice(-3)).toEqual([
    { do: 'remove-volume', name: home },
    { do: 'remove-volume', name: `sbx-${web}-home-aside` },
    { do: 'remove-volume', name: `sbx-${web}-adopting-copying` },
  ])
})

test('what looked at a network when its call was killed runs on, and is stopped before it is removed', async () => {
  const engine = new FakeEngine({ world: emptyWorld() })
  const abandoned = [
    { kind: 'container', id: 'made' },
    { kind: 'container', id: 'runs', isAlive: true },
    { kind: 'image', reference: 'localhost/sbx-look-1:latest' },
  ] as const
  const leftovers = { ...(await engine.listLeftovers()), abandoned }
  const facts = { containers: [], missingWorkspaces: [], throwAways: new Set<string>(), volumes: false }
  const [plan, ...others] = planPrune({ ...facts, leftovers })
  expect(others).toEqual([])
  expect(plan?.steps).toEqual([
    { do: 'remove-container', target: { id: 'made' } },
    { do: 'stop', target: { id: 'runs' } },
    { do: 'remove-container', target: { id: 'runs' } },
    { do: 'remove-image', reference: 'localhost/sbx-look-1:latest' },
  ])
})
