// What holds of every plan, whatever happened before.

import fc from 'fast-check'
import { expect } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { canonicalJson, pointerSegments, type JsonObject, type JsonValue } from '../../src/model/json.js'
import { planSandbox } from '../../src/plan/plan.js'
import { planRemoval } from '../../src/plan/removal.js'
import { imageReferences } from '../../src/plan/steps.js'
import { applyTo, here, options, perform, planFor } from '../support/applying.js'
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
import { decoded, type FakeContainer, type FakeWorld } from '../support/fake-world.js'
import { shortfalls } from '../support/goal.js'
import { applies, live, lives } from '../support/history.js'
import { holds, worldAfter } from '../support/properties.js'
import { foreignText, isOwn, strangeWorld } from '../support/strange-world.js'

const desired = desiredSandboxes()

function ownContainers(world: FakeWorld): FakeContainer[] {
  return [...world.containers.values()].filter(isOwn)
}

holds('a plan is the same each time, and planning changes nothing', [lives, fc.boolean()], async (life, upgrade) => {
  const world = await worldAfter(life)
  const { file } = life
  const observed = await new FakeEngine({ world }).observe(file.id, imageReferences(file))
  const text = (): string[] => [JSON.stringify(file), JSON.stringify(observed), world.text()]
  const before = text()
  const plan = planSandbox(here(world, file), observed, { ...options, upgrade })
  expect(planSandbox(here(world, file), observed, { ...options, upgrade })).toEqual(plan)
  expect(text()).toEqual(before)
})

holds('what is reused, started or updated keeps its id', [lives], async (life) => {
  const world = await worldAfter(life)
  const { plan } = await applyTo(world, life.file)
  if (plan.action === 'create' || plan.action === 'recreate') return
  expect(ownContainers(world).map(({ id }) => id)).toEqual([plan.current?.containerId])
  const isRestart = plan.changes.some(({ effect }) => effect === 'restart')
  if (plan.action !== 'update' || isRestart) return
  const stopped = plan.steps.flatMap((step) => (step.do === 'stop' && 'id' in step.target ? [step.target.id] : []))
  expect(stopped).not.toContain(plan.current?.containerId)
})

holds('what belongs to others is not touched', [lives, applies], async (life, apply) => {
  const world = await worldAfter(life)
  const before = foreignText(world)
  await live([apply], world)
  expect(foreignText(world)).toBe(before)
})

holds('a recreate names a setting that differs', [lives], async (life) => {
  const world = await worldAfter(life)
  const { file } = life
  const plan = await planFor(world, file)
  if (plan.action !== 'recreate') return
  if (plan.reason === 'interrupted_apply') {
    // The one that was to follow is there already, or its predecessor still is.
    expect(plan.steps.every((step) => step.do !== 'create-container')).toBe(true)
    return
  }
  const forcing = plan.changes.filter(({ effect, origin }) => effect === 'recreate' && origin !== 'image')
  expect(forcing).not.toEqual([])
  const seen = await observedOf(world, file, plan.current?.containerId ?? '')
  for (const { path, before, after } of forcing) {
    expect(before).not.toEqual(after)
    // Of the others the engine has lost what the spec still names.
    if (['/network', '/id', '/volumes', '/privileged', '/restartPolicy'].some((prefix) => path.startsWith(prefix)))
      continue
    const wanted = valueAt({ ...file.containerSpec, ...file.recordSpec }, path)
    expect(canonicalJson(wanted)).not.toBe(canonicalJson(valueAt(seen, path)))
  }
})

holds('an upgrade leaves nothing to upgrade', [lives], async (life) => {
  const world = await worldAfter(life)
  const { file } = life
  const { plan } = await applyTo(world, file, { upgrade: true })
  expect(shortfalls(world, file)).toEqual([])
  expect(await planFor(world, file, { upgrade: true })).toMatchObject({ action: 'reuse', changes: [] })
  const [container] = ownContainers(world)
  expect(container?.entrypoint).toBe(options.entrypoint)
  if (plan.action === 'recreate' && file.image.movable) {
    const imageId = decoded(container?.request ?? '').spec.carried?.base.id ?? container?.imageId
    expect(imageId).toBe(world.images.get(file.image.reference) ?? imageId)
  }
})

holds('a recreate on request makes a new container, once', [lives], async (life) => {
  const world = await worldAfter(life)
  await applyTo(world, life.file)
  const [before] = ownContainers(world)
  const { plan } = await applyTo(world, life.file, { recreate: true })
  expect(plan).toMatchObject({ action: 'recreate', reason: 'requested' })
  expect(ownContainers(world)[0]?.id).not.toBe(before?.id)
  expect(shortfalls(world, life.file)).toEqual([])
  expect(await planFor(world, life.file)).toMatchObject({ action: 'reuse' })
})

holds('nothing is recreated that a live container can take', [lives, recordSpecs], async (life, record) => {
  const world = await worldAfter(life)
  const { file } = life
  await applyTo(world, file)
  // A limit of memory cannot be lifted in place.
  const { memory } = file.recordSpec.resources
  const lifted = { ...(memory === undefined ? {} : { memory }), ...record.resources }
  // Nor any under a runtime of its own.
  const resources = file.containerSpec.isolation === undefined ? lifted : file.recordSpec.resources
  const plan = await planFor(world, { ...file, recordSpec: { ...record, resources } })
  expect(['reuse', 'update']).toContain(plan.action)
  const inPlace = ['create-record', 'update-limits', 'remove-record']
  expect(plan.steps.filter((step) => !inPlace.includes(step.do))).toEqual([])
})

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
    const isFixed = file.containerSpec.isolation !== undefined || liftsMemoryLimit(file, edited)
    const isOfRecord = setting in file.recordSpec || setting in edited.recordSpec
    const isInPlace = isOfRecord && !(setting === 'resources' && isFixed)
    // A value that is missing on this machine, where the file says what it said, is no change.
    const isUnknowable = changes.length === 0 && isInPlace
    // Nor is a pin to the very image that runs.
    const isPin = setting === 'template' && shortfalls(world, edited).length === 0
    expect(action).toBe(isSame || isUnknowable || isPin ? 'reuse' : isInPlace ? 'update' : 'recreate')
    // What makes a project ready runs in each new container.
    const isPreparing = (path: string): boolean => action === 'recreate' && path.startsWith('/prepare/')
    for (const { path } of changes) expect(path.startsWith(`/${setting}`) || isPreparing(path)).toBe(true)
  },
)

holds(
  'what may be changed by others stays as it was, and all else is put back',
  [lives, fc.subarray(['resources.pids', 'privileged', 'restartPolicy', 'network'])],
  async (life, ignoreDrift) => {
    const world = await worldAfter(life)
    const file: DesiredSandbox = { ...life.file, lifecycle: { ignoreDrift, onRecreate: 'ask' } }
    const { plan } = await applyTo(world, file)
    const isKept = plan.action !== 'create' && plan.action !== 'recreate'
    const after = await planFor(world, file)
    expect(after).toMatchObject({ action: 'reuse', changes: [], steps: [] })
    if (isKept) expect(after.ignored).toEqual(plan.ignored)
    const left = (after.ignored ?? []).map(({ path }) => path)
    const known: Readonly<Record<string, string>> = {
      '/resources/pids': 'limits',
      '/privileged': 'fixed',
      '/restartPolicy': 'fixed',
      '/network': 'network',
    }
    expect(shortfalls(world, file).filter((name) => !left.some((path) => known[path] === name))).toEqual([])
  },
)

holds('volumes survive', [lives, fc.boolean(), fc.boolean()], async (life, recreate, upgrade) => {
  const world = await worldAfter(life)
  const kept = [...world.volumes.values()].filter((volume) => volume.holds !== 'record')
  await applyTo(world, life.file, { recreate, upgrade })
  for (const volume of kept) expect(world.volumes.get(volume.name)).toBe(volume)
})

holds('files that are to be kept are in the next container, whatever becomes of it', [lives], async (life) => {
  const world = await worldAfter(life)
  const { current } = await planFor(world, life.file)
  const before = current === null ? undefined : world.containers.get(current.containerId)
  const files = before === undefined ? [] : world.filesOf(before)
  const { plan, error } = await applyTo(world, life.file, { keep: 'files' })
  expect(error).toBeNull()
  const [after] = ownContainers(world)
  expect(after === undefined ? [] : world.filesOf(after)).toEqual(expect.arrayContaining([...files]))
  // The snapshot that it stands on is the only one there is.
  const { snapshots } = await new FakeEngine({ world }).listLeftovers()
  const carried = after === undefined ? undefined : decoded(after.request ?? '').spec.carried
  if (plan.keeps === 'snapshot') expect(snapshots.map(({ reference }) => reference)).toContain(carried?.image)
  expect(await planFor(world, life.file, { keep: 'files' })).toMatchObject({ action: 'reuse', changes: [] })
})

holds('a removal leaves nothing, and what holds work unless asked', [lives, fc.boolean()], async (life, volumes) => {
  const world = await worldAfter(life)
  const foreign = foreignText(world)
  const engine = new FakeEngine({ world })
  const ownVolumes = (): string[] =>
    [...world.volumes.values()].flatMap(({ name, sandboxId }) => (sandboxId === webIdentity.id ? [name] : []))
  const held = ownVolumes().filter((name) => world.volumes.get(name)?.holds !== 'record')
  const observed = await engine.observe(webIdentity.id, [])
  const { error } = await perform(world, planRemoval(observed, { volumes, leftovers: await engine.listLeftovers() }))
  expect(error).toBeNull()
  expect(ownContainers(world)).toEqual([])
  expect(ownVolumes()).toEqual(volumes ? [] : held)
  expect(foreignText(world)).toBe(foreign)
})

holds('no planted secret is in a plan, a label, a name, a record or an event', [lives], async (life) => {
  const world = await worldAfter(life)
  const { plan, events } = await applyTo(world, life.file)
  const text = JSON.stringify([plan, events]) + world.text()
  for (const secret of plantedSecrets) expect(text).not.toContain(secret)
  // Nor is what is made of one shown.
  expect(JSON.stringify([plan.changes, plan.grants])).not.toMatch(/"[0-9a-f]{64}"/)
})

holds(
  'a spec is what its label says',
  [containerSpecs('web-3f2a1c', '/src/web'), recordSpecs],
  async (container, record) => {
    expect(JSON.parse(canonicalJson(container))).toEqual(container)
    expect(JSON.parse(canonicalJson(record))).toEqual(record)
  },
)

function settingOf(file: DesiredSandbox, setting: SettingName): JsonValue {
  const settings: JsonObject = { ...file.containerSpec, ...file.recordSpec }
  return settings[setting] ?? null
}

function liftsMemoryLimit(file: DesiredSandbox, edited: DesiredSandbox): boolean {
  return file.recordSpec.resources.memory !== undefined && edited.recordSpec.resources.memory === undefined
}

async function observedOf(world: FakeWorld, file: DesiredSandbox, id: string): Promise<JsonValue> {
  const observed = await new FakeEngine({ world }).observe(file.id, [])
  const container = observed.containers.find((each) => each.id === id)
  return container === undefined ? {} : { ...container.spec, ...container.observed }
}

function valueAt(tree: JsonValue, path: string): JsonValue {
  return pointerSegments(path).reduce<JsonValue>(
    (value, segment) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? ((value as JsonObject)[segment] ?? null)
        : null,
    tree,
  )
}
