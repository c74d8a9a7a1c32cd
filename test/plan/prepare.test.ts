// What makes a project ready: which commands run, when, and what is left when one does not.

import { expect, test } from 'vitest'
import type { PrepareStepSpec } from '../../src/model/desired.js'
import { digest } from '../../src/model/names.js'
import type { SandboxPlan } from '../../src/model/plan.js'
import type { RecordSpec } from '../../src/model/spec.js'
import { applyTo, planFor } from '../support/applying.js'
import { emptyWorld, file, ownContainer, stepsText } from '../support/examples.js'
import { decoded, type FakeWorld } from '../support/fake-world.js'
import { shortfalls } from '../support/goal.js'

function step(run: string, when: PrepareStepSpec['when'] = {}): PrepareStepSpec {
  return { key: digest(run, 12), run, when }
}

const [install, build] = [step('npm ci', { 'package-lock.json': 'one' }), step('make db')]

function runsOf({ steps }: SandboxPlan): readonly string[] {
  return steps.flatMap((each) => (each.do === 'prepare' ? [`${each.run} ${each.why}`] : []))
}

function recordsOf(world: FakeWorld): RecordSpec[] {
  return [...world.volumes.values()].flatMap(({ record }) => (record === null ? [] : [decoded(record)]))
}

test('commands run in order once a new container runs, each followed by the record that says so', async () => {
  const world = emptyWorld()
  const { plan, error } = await applyTo(world, file({ prepare: [install, build] }))
  expect(error).toBeNull()
  expect(runsOf(plan)).toEqual(['npm ci new', 'make db new'])
  expect(stepsText(plan).slice(-8)).toEqual([
    ...['await-ready the new', 'settle the new'],
    ...['prepare the new', 'create-record', 'remove-record', 'prepare the new', 'create-record', 'remove-record'],
  ])
  expect(plan.changes.filter(({ path }) => path.startsWith('/prepare'))).toMatchObject([
    { path: '/prepare/npm ci', op: 'add', effect: 'live', origin: 'config' },
    { path: '/prepare/make db', op: 'add', effect: 'live', origin: 'config' },
  ])
  expect(ownContainer(world).prepared).toEqual(['npm ci', 'make db'])
  expect(shortfalls(world, file({ prepare: [install, build] }))).toEqual([])
  expect(recordsOf(world)).toMatchObject([{ prepared: { container: ownContainer(world).name } }])
  expect(await planFor(world, file({ prepare: [install, build] }))).toMatchObject({ action: 'reuse', steps: [] })
})

test.each<readonly [string, readonly PrepareStepSpec[], readonly string[]]>([
  ['a file that is another', [step('npm ci', { 'package-lock.json': 'two' }), build], ['npm ci changed']],
  ['a file that is gone', [step('npm ci', { 'package-lock.json': null }), build], ['npm ci changed']],
  ['a command more', [install, step('make'), build], ['make new']],
  ['a command that is another', [install, step('make db2')], ['make db2 new']],
  ['a command less', [install], []],
  ['another order', [build, install], []],
])('after %s what has to runs again', async (_, prepare, expected) => {
  const world = emptyWorld()
  await applyTo(world, file({ prepare: [install, build] }))
  const { id } = ownContainer(world)
  const { plan, error } = await applyTo(world, file({ prepare }))
  expect(error).toBeNull()
  expect(runsOf(plan)).toEqual(expected)
  expect(plan).toMatchObject(
    expected.length === 0 ? { action: 'reuse', changes: [] } : { action: 'update', reason: 'config_changed' },
  )
  expect(ownContainer(world).id).toBe(id)
  expect(recordsOf(world)).toHaveLength(1)
  expect(await planFor(world, file({ prepare }))).toMatchObject({ action: 'reuse', steps: [] })
})

test('a new container is made ready anew, and one that was deleted is not taken for it', async () => {
  const world = emptyWorld()
  const prepared = file({ prepare: [install] })
  await applyTo(world, prepared)
  expect(runsOf(await planFor(world, prepared, { recreate: true }))).toEqual(['npm ci new'])
  const { id, name } = ownContainer(world)
  world.containers.delete(id)
  const { plan } = await applyTo(world, prepared)
  expect(runsOf(plan)).toEqual(['npm ci new'])
  // By its name alone it would be the one of before.
  expect(ownContainer(world).name).toBe(name)
  expect(shortfalls(world, prepared)).toEqual([])
})

test('what failed takes nothing back, and is what the next apply begins with', async () => {
  const world = emptyWorld()
  const prepared = file({ prepare: [install, build] })
  const { steps } = await planFor(world, prepared)
  const second = steps.findLastIndex((each) => each.do === 'prepare')
  const { error } = await applyTo(world, prepared, {}, { kind: 'fail', at: second, when: 'before' })
  expect(error).toMatchObject({
    diagnostics: [{ detail: expect.stringContaining('its project is not ready') as unknown }],
  })
  expect(ownContainer(world)).toMatchObject({ state: 'running', prepared: ['npm ci'] })
  const again = await applyTo(world, prepared)
  expect(runsOf(again.plan)).toEqual(['make db new'])
  expect(ownContainer(world).prepared).toEqual(['npm ci', 'make db'])
  expect(shortfalls(world, prepared)).toEqual([])
})

test('whoever asks has all of them run, or none, which is told', async () => {
  const world = emptyWorld()
  const prepared = file({ prepare: [install, build] })
  const skipped = await applyTo(world, prepared, { skipPrepare: true })
  expect(runsOf(skipped.plan)).toEqual([])
  expect(skipped.plan.notes).toContainEqual({ kind: 'prepare-skipped', runs: ['npm ci', 'make db'] })
  expect(await planFor(world, prepared, { skipPrepare: true })).toMatchObject({ action: 'reuse', steps: [] })
  await applyTo(world, prepared)
  const all = await applyTo(world, prepared, { runPrepare: 'all' })
  expect(runsOf(all.plan)).toEqual(['npm ci requested', 'make db requested'])
  expect(all.plan).toMatchObject({ action: 'update', reason: 'requested' })
  expect(recordsOf(world)).toHaveLength(1)
  expect(ownContainer(world).prepared).toEqual(['npm ci', 'make db', 'npm ci', 'make db'])
})
