// A container's own files, from one container to the next.

import { expect, test } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import { canonicalJson } from '../../src/model/json.js'
import { recordName, snapshotReference } from '../../src/model/names.js'
import type { SandboxPlan, Step } from '../../src/model/plan.js'
import type { RecordSpec } from '../../src/model/spec.js'
import { applyPlan } from '../../src/plan/apply.js'
import type { PlanOptions } from '../../src/plan/situation.js'
import { applyTo, perform, planFor, type Fault } from '../support/applying.js'
import { appliedWorld, file, ownContainer, stepsText } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'
import { decoded, type FakeWorld } from '../support/fake-world.js'
import { shortfalls } from '../support/goal.js'

const work = ['/opt/tool', '/usr/local/bin/rg']
const edited = file({ container: { mounts: {} } })
const otherTemplate = file({ container: { template: { kind: 'image', reference: 'acme/agent:2' } } })

async function workedWorld(): Promise<{ world: FakeWorld; id: string; image: string }> {
  const { world, container } = await appliedWorld()
  container.changedPaths = work
  return { world, id: container.id, image: snapshotReference('', file().id, container.id) }
}

async function apply(
  world: FakeWorld,
  desired: DesiredSandbox,
  over: Partial<PlanOptions> = {},
  fault: Fault | null = null,
): Promise<SandboxPlan> {
  const { plan, error } = await applyTo(world, desired, over, fault)
  if (fault === null && error !== null) throw new Error('the apply failed', { cause: error })
  return plan
}

const filesOf = (world: FakeWorld): readonly string[] => world.filesOf(ownContainer(world))
const snapshots = (world: FakeWorld): string[] =>
  [...world.images].flatMap(([reference, id]) => (world.snapshots.has(id) ? [reference] : []))

test('without being asked, a recreate keeps nothing', async () => {
  const { world } = await workedWorld()
  expect((await apply(world, edited)).keeps).toBeUndefined()
  expect(filesOf(world)).toEqual([])
  expect(snapshots(world)).toEqual([])
})

test('with the template as it was, a snapshot is made between stop and create', async () => {
  const { world, id, image } = await workedWorld()
  const plan = await apply(world, edited, { keep: 'files' })
  expect(plan).toMatchObject({ action: 'recreate', keeps: 'snapshot' })
  expect(stepsText(plan)).toEqual([
    'create-volume',
    'create-network',
    'create-record',
    'stop the old',
    'snapshot-container the old',
    'create-container',
    'settle the new',
    'start the new',
    'await-ready the new',
    'settle the new',
    'remove-container the old',
    'remove-record',
  ])
  expect(ownContainer(world).id).not.toBe(id)
  expect(filesOf(world)).toEqual(work)
  expect(shortfalls(world, edited)).toEqual([])
  expect(snapshots(world)).toEqual([image])
  expect(await planFor(world, edited)).toMatchObject({
    ...{ action: 'reuse', changes: [], notes: [{ kind: 'carries-files', takenAt: expect.any(String) }] },
  })
})

test('what follows stands on the snapshot without being asked, until the template changes', async () => {
  const { world, image } = await workedWorld()
  await apply(world, edited, { keep: 'files' })
  const again = await apply(world, file())
  expect(again.keeps).toBeUndefined()
  expect(stepsText(again).filter((step) => step.startsWith('snapshot'))).toEqual([])
  expect(again.notes).toMatchObject([{ kind: 'carries-files' }])
  expect(filesOf(world)).toEqual(work)
  expect(snapshots(world)).toEqual([image])

  const changed = await apply(world, otherTemplate)
  expect(changed.notes).toMatchObject([{ kind: 'drops-carried-files', isCopied: false }, { kind: 'older-home' }])
  expect(filesOf(world)).toEqual([])
  expect(snapshots(world)).toEqual([])
  expect(await planFor(world, otherTemplate)).toMatchObject({ action: 'reuse', notes: [] })
})

test('a second snapshot takes the place of the first and holds what that held', async () => {
  const { world, image } = await workedWorld()
  await apply(world, edited, { keep: 'files' })
  const container = ownContainer(world)
  container.changedPaths = ['/opt/more']
  const plan = await apply(world, file(), { keep: 'files' })
  // The old record is what tells the next apply that there may be an old snapshot.
  expect(plan.steps.slice(-2)).toEqual([
    { do: 'remove-image', reference: image },
    { do: 'remove-record', name: expect.any(String) },
  ])
  expect(filesOf(world)).toEqual(['/opt/more', ...work])
  expect(snapshots(world)).toEqual([snapshotReference('', file().id, container.id)])
})

test('with another template they are copied, from what a snapshot holds as well', async () => {
  const { world } = await workedWorld()
  await apply(world, edited, { keep: 'files' })
  ownContainer(world).changedPaths = ['/opt/more', '/tmp/scratch']
  const plan = await apply(world, otherTemplate, { keep: 'files', keptFiles: { paths: 3 } })
  expect(plan.keeps).toBe('copy')
  expect(plan.notes).toMatchObject([{ kind: 'drops-carried-files', isCopied: true }, { kind: 'older-home' }])
  const names = stepsText(plan)
  expect(names.indexOf('copy-files the new')).toBe(names.indexOf('stop the old') + 1)
  expect(names.indexOf('start the new')).toBe(names.indexOf('copy-files the new') + 1)
  expect(plan.steps.find((step) => step.do === 'copy-files')).toMatchObject({ seen: { paths: 3 } })
  expect(filesOf(world)).toEqual(['/opt/more', ...work])
  expect(snapshots(world)).toEqual([])
})

test('an image that moved is another one, for files that are not carried yet', async () => {
  const { world } = await workedWorld()
  world.images.set('acme/agent:1', 'sha256:moved')
  const first = await apply(world, edited, { keep: 'files' })
  expect(first.keeps).toBe('copy')
  expect(ownContainer(world).imageId).toBe('sha256:moved')
  expect(filesOf(world)).toEqual(work)
})

test('what is carried stays on the image it was on, until an upgrade is asked for', async () => {
  const { world } = await workedWorld()
  await apply(world, edited, { keep: 'files' })
  world.images.set('acme/agent:1', 'sha256:moved')
  const kinds = (plan: SandboxPlan): string[] => plan.notes.map(({ kind }) => kind)
  expect(kinds(await planFor(world, edited))).toEqual(['tag-moved', 'carries-files'])
  const plan = await apply(world, file())
  expect(kinds(plan)).toEqual(['tag-moved', 'carries-files'])
  expect(plan.changes.map(({ path }) => path)).not.toContain('/image')
  expect(filesOf(world)).toEqual(work)

  const upgraded = await apply(world, file(), { upgrade: true, keep: 'files' })
  expect(upgraded).toMatchObject({ reason: 'image_moved', keeps: 'copy' })
  expect(ownContainer(world).imageId).toBe('sha256:moved')
  expect(filesOf(world)).toEqual(work)
  expect(await planFor(world, file(), { upgrade: true })).toMatchObject({ action: 'reuse', notes: [] })
})

test('one that was never started has nothing to keep', async () => {
  const { world, container } = await appliedWorld()
  container.state = 'created'
  container.startedAt = null
  expect((await planFor(world, edited, { keep: 'files' })).keeps).toBeUndefined()
})

test.each(['before', 'after'] as const)(
  'where a step fails (%s it took effect), the old one runs again and no snapshot stays',
  async (when) => {
    for (const desired of [edited, otherTemplate]) {
      const { world, id } = await workedWorld()
      const planned = await planFor(world, desired, { keep: 'files' })
      const end = planned.steps.findIndex((step) => step.do === 'remove-container')
      for (let at = 0; at < end; at++) {
        const trial = world.clone()
        const { error } = await perform(trial, planned, { kind: 'fail', at, when })
        expect(error).not.toBeNull()
        const old = trial.containers.get(id)
        expect([planned.steps[at]?.do, old?.state, old?.changedPaths]).toEqual([planned.steps[at]?.do, 'running', work])
        expect(snapshots(trial)).toEqual([])
      }
    }
  },
)

test('a snapshot that cannot be taken back goes with the next apply', async () => {
  const { world } = await workedWorld()
  const planned = await planFor(world, edited, { keep: 'files' })
  const full = new DiagnosticError([{ severity: 'error', code: 'engine/disk-full', summary: 'the disk is full' }])
  const beforeStep = (step: Step): void => {
    if (step.do === 'create-container' || step.do === 'remove-image') throw full
  }
  const stopped = { signal: new AbortController().signal, onStep: () => undefined }
  await expect(applyPlan(planned, new FakeEngine({ world, beforeStep }), stopped)).rejects.toThrow()
  expect(snapshots(world)).toHaveLength(1)
  await apply(world, file())
  expect(snapshots(world)).toEqual([])
})

test('after a crash nothing of it is lost unasked, and no snapshot stays that nobody needs', async () => {
  for (const desired of [edited, otherTemplate]) {
    const { world } = await workedWorld()
    const planned = await planFor(world, desired, { keep: 'files' })
    const first = planned.steps.findIndex((step) => step.do === 'start')
    for (const when of ['before', 'after'] as const) {
      for (let at = 0; at < planned.steps.length; at++) {
        const trial = world.clone()
        await perform(trial, planned, { kind: 'crash', at, when })
        const unasked = await planFor(trial, desired)
        const keeping = trial.clone()
        if (at >= first) expect([at, when, trialFiles(trial, desired)]).toEqual([at, when, work])
        await apply(keeping, desired, { keep: 'files' })
        expect([at, when, filesOf(keeping)]).toEqual([at, when, work])
        expect(shortfalls(keeping, desired)).toEqual([])
        expect(snapshots(keeping)).toHaveLength(desired === edited ? 1 : 0)

        await perform(trial, unasked)
        expect(shortfalls(trial, desired)).toEqual([])
        expect(snapshots(trial)).toHaveLength(filesOf(trial).length > 0 && desired === edited ? 1 : 0)
      }
    }
  }
})

/** Wherever it is killed, and whatever is applied then. */
async function expectNoneIdle(world: FakeWorld, desired: DesiredSandbox, options: Partial<PlanOptions>): Promise<void> {
  const steps = (await planFor(world, desired, options)).steps
  expect(steps.filter((step) => step.do === 'remove-image')).toHaveLength(1)
  for (const when of ['before', 'after'] as const) {
    for (const at of steps.keys()) {
      const trial = world.clone()
      await perform(trial, await planFor(trial, desired, options), { kind: 'crash', at, when })
      // With the choice that was made, without it, and with the file as it was.
      for (const [next, chosen] of [
        [desired, options],
        [desired, {}],
        [file(), {}],
      ] as const) {
        const end = trial.clone()
        await apply(end, next, chosen)
        const stoodOn = ownContainer(end).imageId
        expect([at, when, snapshots(end).map((each) => end.images.get(each))]).toEqual([
          ...[at, when],
          end.snapshots.has(stoodOn) ? [stoodOn] : [],
        ])
        expect(await planFor(end, next)).toMatchObject({ action: 'reuse', steps: [] })
      }
    }
  }
}

const ofSnapshots: readonly (readonly [does: string, desired: DesiredSandbox, options: Partial<PlanOptions>])[] = [
  ['replaces', edited, { keep: 'files' }],
  ['replaces, for no edit,', file(), { keep: 'files', recreate: true }],
  ['copies', otherTemplate, { keep: 'files' }],
  ['drops', otherTemplate, {}],
]

async function onSnapshot(): Promise<FakeWorld> {
  const { world } = await workedWorld()
  await apply(world, file(), { keep: 'files', recreate: true })
  return world
}

test.each(ofSnapshots)(
  'killed in one that %s a snapshot, one more leaves none that nobody stands on',
  async (_, desired, options) => {
    await expectNoneIdle(await onSnapshot(), desired, options)
  },
)

function removeRecords(world: FakeWorld): void {
  for (const { name, record } of world.volumes.values()) if (record !== null) world.volumes.delete(name)
}

test.each(ofSnapshots)(
  'nor does it where another hand has removed the record, of one that %s a snapshot',
  async (_, desired, options) => {
    const world = await onSnapshot()
    removeRecords(world)
    await expectNoneIdle(world, desired, options)
  },
)

test('nor where it has removed the record and the container', async () => {
  const world = await onSnapshot()
  removeRecords(world)
  world.containers.clear()
  await expectNoneIdle(world, edited, {})
})

test('a snapshot goes where the container that stood on it was removed by hand', async () => {
  const { world } = await workedWorld()
  await apply(world, edited, { keep: 'files' })
  world.containers.clear()
  await apply(world, edited)
  expect(snapshots(world)).toEqual([])
})

test('a record of an older sbx, which does not say what the sandbox stands on, stays', async () => {
  const { world } = await workedWorld()
  await apply(world, edited, { keep: 'files' })
  const record = [...world.volumes.values()].find(({ holds }) => holds === 'record')
  if (record === undefined || record.record === null) throw new Error('no record')
  const { snapshot, ...older } = decoded<RecordSpec>(record.record)
  expect(snapshot).toBe(snapshots(world)[0])
  world.volumes.delete(record.name)
  const name = recordName('', file().id, older)
  world.volumes.set(name, { ...record, name, record: canonicalJson(older) })
  expect(await planFor(world, edited)).toMatchObject({ action: 'reuse', steps: [] })
  const { keeps, steps } = await apply(world, file(), { keep: 'files' })
  expect(keeps).toBe('snapshot')
  expect(steps.at(-1)).toEqual({ do: 'remove-record', name })
})

/** Of the container that the next apply would go on with. */
function trialFiles(world: FakeWorld, desired: DesiredSandbox): readonly string[] {
  const own = [...world.containers.values()].filter(({ name }) => name.startsWith(`sbx-${desired.id}-`))
  return world.filesOf(own.at(-1) ?? ownContainer(world))
}

test('a snapshot that the container has outrun is taken anew', async () => {
  const { world } = await workedWorld()
  const planned = await planFor(world, edited, { keep: 'files' })
  const made = planned.steps.findIndex((step) => step.do === 'create-container')
  await perform(world, planned, { kind: 'crash', at: made, when: 'after' })
  // Somebody starts the old one by hand, and goes on.
  const { error } = await perform(world, await planFor(world, file()))
  expect(error).toBeNull()
  ownContainer(world).changedPaths = [...work, '/opt/later']
  await apply(world, edited, { keep: 'files' })
  expect(filesOf(world)).toEqual(['/opt/later', ...work])
})

test('a replacement made from a snapshot that the container has outrun does not take over', async () => {
  for (const isStopped of [false, true]) {
    const { world, id } = await workedWorld()
    const planned = await planFor(world, edited, { keep: 'files' })
    const made = planned.steps.findIndex((step) => step.do === 'create-container')
    await perform(world, planned, { kind: 'crash', at: made, when: 'after' })
    const old = world.containers.get(id)
    if (old === undefined) throw new Error('no container')
    world.tick()
    old.state = isStopped ? 'exited' : 'running'
    old.startedAt = world.now()
    old.changedPaths = [...work, '/opt/later']
    const unasked = await planFor(world, edited)
    expect(unasked.keeps).toBeUndefined()
    expect(unasked.steps.map((step) => step.do)).toContain('create-container')
    await apply(world, edited, { keep: 'files' })
    expect(filesOf(world)).toEqual(['/opt/later', ...work])
    expect(snapshots(world)).toHaveLength(1)
  }
})

test('a snapshot whose name was taken away is stood on all the same', async () => {
  const { world } = await workedWorld()
  await apply(world, edited, { keep: 'files' })
  world.images.clear()
  await apply(world, file())
  expect(filesOf(world)).toEqual(work)
})

test('a pin to the image beneath a snapshot changes nothing', async () => {
  const { world } = await workedWorld()
  await apply(world, edited, { keep: 'files' })
  world.images.set('acme/agent@sha256:d0', 'sha256:acme/agent:1-0')
  const template = { kind: 'image', reference: 'acme/agent:1', digest: 'sha256:d0' } as const
  expect(await planFor(world, file({ container: { mounts: {}, template } }))).toMatchObject({ action: 'reuse' })
})

test.each(['finds', 'replaces', 'stands on'] as const)(
  'of two applies that meet in one snapshot, the one that fails takes none away that the other %s',
  async (does) => {
    const { world, image } = await workedWorld()
    const plan = await planFor(world, edited, { keep: 'files' })
    const other = new FakeEngine({ world })
    const step = plan.steps.find((each) => each.do === 'snapshot-container')
    if (step === undefined) throw new Error('no snapshot')
    const meet = async (): Promise<void> => {
      // As it is where both have begun before either was done.
      if (does === 'replaces') world.images.delete(image)
      await other.perform(step)
      if (does !== 'stands on') return
      for (const each of plan.steps) if (each.do === 'create-container') await other.perform(each)
    }
    const fails = (at: Step): void => {
      if (at.do === (does === 'finds' ? 'snapshot-container' : 'create-container')) {
        throw new DiagnosticError([{ severity: 'error', code: 'engine/failed', summary: 'the engine failed' }])
      }
    }
    const engine = new FakeEngine({
      world,
      beforeStep: async (at) => {
        if (does === 'finds' && at.do === 'snapshot-container') await meet()
        fails(at)
      },
      afterStep: async (at) => {
        if (does !== 'finds' && at.do === 'snapshot-container') await meet()
      },
    })
    const failed = applyPlan(plan, engine, { signal: new AbortController().signal, onStep: () => undefined })
    const error: unknown = await failed.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ diagnostics: [{ code: 'engine/failed' }] })
    if (!(error instanceof DiagnosticError)) throw error
    expect(error.diagnostics.map(({ code }) => code)).toEqual(['engine/failed'])
    expect(snapshots(world)).toEqual([image])
  },
)

test.each([edited, otherTemplate])('who wants no more while files go over has the old one back', async (desired) => {
  const { world, id } = await workedWorld()
  const plan = await planFor(world, desired, { keep: 'files' })
  const controller = new AbortController()
  const beforeStep = (step: Step): void => {
    if (step.do === 'snapshot-container' || step.do === 'copy-files') controller.abort()
  }
  const engine = new FakeEngine({ world, beforeStep })
  await expect(applyPlan(plan, engine, { signal: controller.signal, onStep: () => undefined })).rejects.toMatchObject({
    kind: 'interrupted',
    diagnostics: [{ code: 'apply/interrupted', detail: expect.stringContaining('runs again') }],
  })
  expect(engine.performed.at(-1)).not.toMatchObject({ do: 'start', target: { made: expect.any(String) } })
  expect([...world.containers.values()].map((each) => [each.id, each.state])).toEqual([[id, 'running']])
  expect(snapshots(world)).toEqual([])
})
