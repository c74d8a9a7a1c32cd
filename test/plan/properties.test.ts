// What must hold after any history: of applies that end well, fail or die, of power cuts and of hands on the engine.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { canonicalJson, pointerSegments, type JsonObject, type JsonValue } from '../../src/model/json.js'
import { planRemoval } from '../../src/plan/removal.js'
import {
  containerSpecs,
  desiredSandboxes,
  plantedSecrets,
  recordSpecs,
  settingNames,
  webIdentity,
  withSetting,
  type SettingName,
} from '../support/arbitraries.js'
import { FakeEngine } from '../support/fake-engine.js'
import type { FakeWorld } from '../support/fake-world.js'
import { shortfalls } from '../support/goal.js'
import { applyTo, here, options, perform, planFor } from '../support/applying.js'
import { applies, histories, live, type Event } from '../support/history.js'
import { foreignText, isOwn, strangeWorld } from '../support/strange-world.js'
import { applyPlan } from '../../src/plan/apply.js'
import { planSandbox } from '../../src/plan/plan.js'
import { imageReferences } from '../../src/plan/steps.js'

const numRuns = Number(process.env['SBX_PROPERTY_RUNS'] ?? 60)
const desired = desiredSandboxes()
/** Upgraded or not, a value that is missing is told. */
const notesOfValues: unknown = expect.not.arrayContaining([expect.objectContaining({ kind: 'newer-recipe' })])
const timeout = 30 * 60 * 1000

async function worldAfter(history: readonly Event[]): Promise<FakeWorld> {
  const world = await strangeWorld()
  await live(history, world)
  return world
}

function holds<Values extends [unknown, ...unknown[]]>(
  name: string,
  arbitraries: { [Key in keyof Values]: fc.Arbitrary<Values[Key]> },
  predicate: (...values: Values) => Promise<void>,
): void {
  test(name, { timeout }, async () => {
    await fc.assert(fc.asyncProperty(...arbitraries, predicate), { numRuns })
  })
}

describe('after any history', () => {
  holds(
    'an apply reaches what the file says, and the next plan is empty',
    [histories, desired],
    async (history, file) => {
      const world = await worldAfter(history)
      const { error } = await applyTo(world, file)
      expect(error).toBeNull()
      expect(shortfalls(world, file)).toEqual([])
      const next = await planFor(world, file)
      expect(next).toMatchObject({ action: 'reuse', reason: 'unchanged', changes: [], steps: [] })
    },
  )

  holds(
    'a crash at any step is repaired by the next apply',
    [histories, desired, fc.boolean()],
    async (history, file, cut) => {
      const before = await worldAfter(history)
      const { steps } = await planFor(before, file)
      for (const when of ['before', 'after'] as const) {
        for (const at of steps.keys()) {
          const world = before.clone()
          await applyTo(world, file, {}, { kind: 'crash', at, when })
          if (cut) world.powerOff()
          await applyTo(world, file)
          expect(shortfalls(world, file)).toEqual([])
        }
      }
    },
  )

  holds(
    'a crash is repaired by an apply of another file too',
    [histories, desired, desired, fc.nat(12)],
    async (history, file, other, at) => {
      const world = await worldAfter(history)
      await applyTo(world, file, {}, { kind: 'crash', at, when: 'after' })
      await applyTo(world, other)
      expect(shortfalls(world, other)).toEqual([])
    },
  )

  holds(
    'two applies at once are repaired by one more',
    [histories, desired, desired, fc.scheduler()],
    async (history, file, other, scheduler) => {
      const world = await worldAfter(history)
      await interleaved(world, [file, other], scheduler)
      const { error } = await applyTo(world, other)
      expect(error).toBeNull()
      expect(shortfalls(world, other)).toEqual([])
    },
  )

  holds(
    'two applies of one file at once end in one container',
    [histories, desired, fc.scheduler()],
    async (history, file, scheduler) => {
      const world = await worldAfter(history)
      await interleaved(world, [file, file], scheduler)
      expect([...world.containers.values()].filter(isOwn)).toHaveLength(1)
      await applyTo(world, file)
      expect(shortfalls(world, file)).toEqual([])
    },
  )

  holds(
    'a plan is the same each time, and planning changes nothing',
    [histories, desired, fc.boolean()],
    async (history, file, upgrade) => {
      const world = await worldAfter(history)
      const before = world.text()
      const observed = await new FakeEngine({ world }).observe(file.id, imageReferences(file))
      const [desiredText, observedText] = [JSON.stringify(file), JSON.stringify(observed)]
      const plans = [0, 1].map(() => planSandbox(file, observed, { ...options, upgrade }))
      expect(plans[0]).toEqual(plans[1])
      expect([JSON.stringify(file), JSON.stringify(observed), world.text()]).toEqual([
        desiredText,
        observedText,
        before,
      ])
    },
  )

  holds('what is reused, started or updated keeps its id', [histories, desired], async (history, file) => {
    const world = await worldAfter(history)
    const { plan } = await applyTo(world, file)
    if (plan.action === 'create' || plan.action === 'recreate') return
    const own = [...world.containers.values()].filter(isOwn)
    expect(own.map(({ id }) => id)).toEqual([plan.current?.containerId])
    if (plan.action === 'update' && !plan.changes.some(({ effect }) => effect === 'restart')) {
      expect(
        plan.steps.filter((step) => step.do === 'stop' && isTarget(step.target, plan.current?.containerId)),
      ).toEqual([])
    }
  })

  holds('what belongs to others is not touched', [histories, applies], async (history, apply) => {
    const world = await worldAfter(history)
    const before = foreignText(world)
    await live([apply], world)
    expect(foreignText(world)).toBe(before)
  })

  holds('a recreate names a setting that differs', [histories, desired], async (history, file) => {
    const world = await worldAfter(history)
    const plan = await planFor(world, file)
    if (plan.action !== 'recreate') return
    const forcing = plan.changes.filter(({ effect, origin }) => effect === 'recreate' && origin !== 'image')
    if (plan.reason === 'interrupted_apply') {
      // One that was made to follow is already there, or its predecessor still is.
      expect(plan.steps.every((step) => step.do !== 'create-container')).toBe(true)
      return
    }
    expect(forcing).not.toEqual([])
    for (const change of forcing) expect(change.before).not.toEqual(change.after)
    const current = world.containers.get(plan.current?.containerId ?? '')
    const seen = await observedOf(world, file, plan.current?.containerId ?? '')
    for (const { path } of forcing.filter((change) => isComparedPath(change.path))) {
      const desiredValue = valueAt({ ...file.containerSpec, ...file.recordSpec }, path)
      expect(canonicalJson(desiredValue)).not.toBe(canonicalJson(valueAt(seen, path)))
    }
    expect(current).toBeDefined()
  })

  holds('an upgrade leaves nothing to upgrade', [histories, desired], async (history, file) => {
    const world = await worldAfter(history)
    await applyTo(world, file, { upgrade: true })
    expect(shortfalls(world, file)).toEqual([])
    expect(await planFor(world, file, { upgrade: true })).toMatchObject({ action: 'reuse', notes: notesOfValues })
    const container = [...world.containers.values()].find(isOwn)
    if (file.image.movable)
      expect(container?.imageId).toBe(world.images.get(file.image.reference) ?? container?.imageId)
  })

  holds('a recreate on request makes a new container, once', [histories, desired], async (history, file) => {
    const world = await worldAfter(history)
    await applyTo(world, file)
    const before = [...world.containers.values()].find(isOwn)
    const { plan } = await applyTo(world, file, { recreate: true })
    expect(plan).toMatchObject({ action: 'recreate', reason: 'requested' })
    expect([...world.containers.values()].find(isOwn)?.id).not.toBe(before?.id)
    expect(shortfalls(world, file)).toEqual([])
  })

  holds(
    'nothing is recreated that a live container can take',
    [histories, desired, recordSpecs],
    async (history, file, record) => {
      const world = await worldAfter(history)
      await applyTo(world, file)
      const memory = file.recordSpec.resources.memory
      const resources = {
        ...record.resources,
        ...(memory === undefined || record.resources.memory !== undefined ? {} : { memory }),
      }
      const edited = { ...file, recordSpec: { ...record, resources } }
      const plan = await planFor(world, edited)
      expect(['reuse', 'update']).toContain(plan.action)
      expect(
        plan.steps
          .map((step) => step.do)
          .filter((name) => !['create-record', 'update-limits', 'remove-record'].includes(name)),
      ).toEqual([])
    },
  )

  holds(
    'an edit of one setting does what the table of settings says',
    [desired, desired, fc.constantFrom(...settingNames)],
    async (first, other, setting) => {
      const world = await strangeWorld()
      const file = withSetting(first, first, setting)
      const edited = withSetting(file, other, setting)
      await applyTo(world, file)
      const isSame = canonicalJson(settingOf(file, setting)) === canonicalJson(settingOf(edited, setting))
      const { action, changes } = await planFor(world, edited)
      const isInPlace = setting in edited.recordSpec && !(setting === 'resources' && liftsMemoryLimit(file, edited))
      // A value that is missing on this machine, where the file says what it said, is no change.
      const isUnknowable = changes.length === 0 && isInPlace
      expect(action).toBe(isSame || isUnknowable ? 'reuse' : isInPlace ? 'update' : 'recreate')
      for (const { path } of changes) expect(path.startsWith(`/${setting}`)).toBe(true)
    },
  )

  holds(
    'volumes survive',
    [histories, desired, fc.boolean(), fc.boolean()],
    async (history, file, recreate, upgrade) => {
      const world = await worldAfter(history)
      const kept = [...world.volumes.values()].filter((volume) => volume.holds !== 'record')
      await applyTo(world, file, { recreate, upgrade })
      for (const volume of kept) expect(world.volumes.get(volume.name)).toBe(volume)
    },
  )

  holds('a removal leaves nothing, and the home unless asked', [histories, fc.boolean()], async (history, volumes) => {
    const world = await worldAfter(history)
    const foreign = foreignText(world)
    const engine = new FakeEngine({ world })
    const hadHome = world.volumes.has('sbx-web-3f2a1c-home')
    const observed = await engine.observe(webIdentity.id, [])
    const { error } = await perform(world, planRemoval(observed, { volumes, leftovers: await engine.listLeftovers() }))
    expect(error).toBeNull()
    expect([...world.containers.values()].filter(isOwn)).toEqual([])
    const own = [...world.volumes.values()].filter(({ sandboxId }) => sandboxId === webIdentity.id)
    expect(own.map(({ holds: kind }) => kind)).toEqual(volumes || !hadHome ? [] : ['home'])
    expect(foreignText(world)).toBe(foreign)
  })

  holds(
    'a failure before the change-over ends leaves what ran running',
    [histories, desired, desired],
    async (history, file, other) => {
      const before = await worldAfter(history)
      await applyTo(before, file)
      const running = ownText(before)
      const { steps } = await planFor(before, other)
      const end = steps.findLastIndex((step) => !step.do.startsWith('remove-'))
      for (const at of steps.keys()) {
        if (at > end) continue
        const world = before.clone()
        const { error } = await applyTo(world, other, {}, { kind: 'fail', at, when: 'before' })
        expect(error).not.toBeNull()
        expect(ownText(world)).toBe(running)
      }
    },
  )

  holds(
    'no planted secret is in a plan, a label, a name, a record or an event',
    [histories, desired],
    async (history, file) => {
      const world = await worldAfter(history)
      const { plan, events } = await applyTo(world, file)
      const text = JSON.stringify([plan, events]) + world.text()
      for (const secret of plantedSecrets) expect(text).not.toContain(secret)
      expect(JSON.stringify([plan.changes, plan.notes, plan.grants])).not.toMatch(/[0-9a-f]{64}"(?!.*imageId)/)
    },
  )
})

holds(
  'a spec is what its label says',
  [containerSpecs('web-3f2a1c', '/src/web'), recordSpecs],
  async (container, record) => {
    expect(JSON.parse(canonicalJson(container))).toEqual(container)
    expect(JSON.parse(canonicalJson(record))).toEqual(record)
  },
)

async function interleaved(world: FakeWorld, files: readonly DesiredSandbox[], scheduler: fc.Scheduler): Promise<void> {
  const one = async (file: DesiredSandbox): Promise<void> => {
    const engine = new FakeEngine({ world, beforeStep: (step) => scheduler.schedule(Promise.resolve(), step.do) })
    await scheduler.schedule(Promise.resolve(), 'observe')
    const observed = await engine.observe(file.id, imageReferences(file))
    const plan = planSandbox(here(world, file), observed, options)
    await applyPlan(plan, engine, { signal: new AbortController().signal, onStep: () => undefined })
  }
  await scheduler.waitFor(Promise.allSettled(files.map(one)))
}

function settingOf(file: DesiredSandbox, setting: SettingName): JsonValue {
  const settings: JsonObject = { ...file.containerSpec, ...file.recordSpec }
  return settings[setting] ?? null
}

function liftsMemoryLimit(file: DesiredSandbox, edited: DesiredSandbox): boolean {
  return file.recordSpec.resources.memory !== undefined && edited.recordSpec.resources.memory === undefined
}

function isTarget(target: object, id: string | undefined): boolean {
  return 'id' in target && target.id === id
}

/** What people have of a sandbox: its container as it runs, and its records. */
function ownText(world: FakeWorld): string {
  const own = [...world.containers.values()].filter(isOwn)
  return JSON.stringify([
    own.map(({ id, state, networkIds }) => [id, state, networkIds]),
    [...world.volumes.values()].filter(({ sandboxId }) => sandboxId === webIdentity.id),
  ])
}

async function observedOf(world: FakeWorld, file: DesiredSandbox, id: string): Promise<JsonValue> {
  const observed = await new FakeEngine({ world }).observe(file.id, [])
  const container = observed.containers.find((each) => each.id === id)
  return container === undefined ? {} : { ...container.spec, ...container.observed }
}

function isComparedPath(path: string): boolean {
  return !['/network', '/id', '/volumes'].some((prefix) => path.startsWith(prefix))
}

function valueAt(tree: JsonValue, path: string): JsonValue {
  return pointerSegments(path).reduce<JsonValue>(
    (value, segment) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? ((value as { readonly [key: string]: JsonValue })[segment] ?? null)
        : null,
    tree,
  )
}
