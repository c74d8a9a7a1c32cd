// What an apply that died has left, and how the next one ends it.

import { expect, test } from 'vitest'
import { applyTo, perform, planFor } from '../support/applying.js'
import { appliedWorld, emptyWorld, file, ownContainer, stepsText } from '../support/examples.js'
import { shortfalls } from '../support/goal.js'

test('a sandbox that was made and never started is started', async () => {
  const world = emptyWorld()
  const { plan } = await applyTo(world, file(), {}, { kind: 'crash', at: 7, when: 'before' })
  expect(plan.steps[7]?.do).toBe('start')
  expect(await planFor(world, file())).toMatchObject({
    action: 'start',
    reason: 'interrupted_apply',
    notes: [{ kind: 'unfinished-apply', containers: [expect.stringContaining('agent')], at: expect.any(Number) }],
  })
})

test('an apply that died when it had written its record is told, and goes on', async () => {
  const { world } = await appliedWorld()
  const edited = file({ container: { mounts: {} } })
  const at = (await planFor(world, edited)).steps.findIndex((step) => step.do === 'create-record')
  await applyTo(world, edited, {}, { kind: 'crash', at, when: 'after' })
  const plan = await planFor(world, edited)
  expect(plan.notes).toMatchObject([{ kind: 'unfinished-apply', containers: [], at: expect.any(Number) as number }])
  await applyTo(world, edited)
  expect((await planFor(world, edited)).notes).toEqual([])
})

test('an apply that died after making the new container is finished', async () => {
  const { world, container } = await appliedWorld()
  const edited = file({ container: { mounts: {} } })
  const { plan: cut } = await applyTo(world, edited, {}, { kind: 'crash', at: 4, when: 'after' })
  expect(cut.steps[4]?.do).toBe('settle')
  const plan = await planFor(world, edited)
  expect(plan).toMatchObject({
    action: 'recreate',
    reason: 'interrupted_apply',
    current: { containerId: container.id },
  })
  expect(plan.notes).toMatchObject([{ kind: 'unfinished-apply' }])
  expect(stepsText(plan)).toEqual([
    'stop the old',
    'start another',
    'await-ready another',
    'settle another',
    'remove-container the old',
    'remove-record',
  ])
})

test('an apply that died is dropped where the file has gone back', async () => {
  const { world, container } = await appliedWorld()
  await applyTo(world, file({ container: { mounts: {} } }), {}, { kind: 'crash', at: 4, when: 'after' })
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'update', reason: 'interrupted_apply', changes: [] })
  await perform(world, plan)
  expect(ownContainer(world).id).toBe(container.id)
  expect(shortfalls(world, file())).toEqual([])
})

test('an apply that died between stop and start goes back to what was, where the file has', async () => {
  const { world, container } = await appliedWorld()
  await applyTo(world, file({ container: { mounts: {} } }), {}, { kind: 'crash', at: 5, when: 'after' })
  expect(container.state).toBe('exited')
  await applyTo(world, file())
  expect(ownContainer(world).id).toBe(container.id)
  expect(shortfalls(world, file())).toEqual([])
})

test('an apply of a record that died is finished', async () => {
  const { world } = await appliedWorld()
  const edited = file({ record: { env: {} } })
  await applyTo(world, edited, {}, { kind: 'crash', at: 0, when: 'after' })
  const plan = await planFor(world, edited)
  expect(plan).toMatchObject({ action: 'update', reason: 'interrupted_apply' })
  expect(plan.steps.map((step) => step.do)).toEqual(['remove-record'])
})

test('a recreate on request that died is finished, though nothing else asks for it', async () => {
  const { world, container } = await appliedWorld()
  await applyTo(world, file(), { recreate: true }, { kind: 'crash', at: 3, when: 'after' })
  for (const recreate of [false, true]) {
    const plan = await planFor(world, file(), { recreate })
    expect(plan).toMatchObject({ action: 'recreate', reason: 'interrupted_apply', changes: [] })
    expect(stepsText(plan)).toEqual([
      'stop the old',
      'start another',
      'await-ready another',
      'settle another',
      'remove-container the old',
    ])
  }
  await applyTo(world, file())
  expect(ownContainer(world).id).not.toBe(container.id)
})

test('a replacement that cannot be used is made anew, under the name that it has', async () => {
  const { world, container } = await appliedWorld()
  const edited = file({ container: { mounts: {} } })
  await applyTo(world, edited, {}, { kind: 'crash', at: 3, when: 'after' })
  const [replacement] = [...world.containers.values()].filter((each) => each.name !== container.name)
  if (replacement === undefined) throw new Error('no replacement')
  replacement.networkIds = []
  const plan = await planFor(world, edited)
  expect(stepsText(plan)).toEqual([
    'create-volume',
    'create-network',
    'remove-container another',
    'create-container',
    'settle the new',
    'stop the old',
    'start the new',
    'await-ready the new',
    'settle the new',
    'remove-container the old',
    'remove-record',
  ])
  await perform(world, plan)
  expect(ownContainer(world)).toMatchObject({ name: replacement.name })
  expect(shortfalls(world, edited)).toEqual([])
})

test('two that both took over are brought back to one, once that one is ready', async () => {
  const { world } = await appliedWorld()
  const edited = file({ container: { mounts: {} } })
  const { plan: cut } = await applyTo(world, edited, {}, { kind: 'crash', at: 6, when: 'after' })
  expect(cut.steps[6]?.do).toBe('start')
  const plan = await planFor(world, edited)
  expect(plan).toMatchObject({ action: 'update', reason: 'interrupted_apply', changes: [{ path: '/ready' }] })
  expect(stepsText(plan)).toEqual([
    'await-ready the old',
    'settle the old',
    'remove-container another',
    'remove-record',
  ])
})

test('one that took over and does not fit the file gives way to the one before it, which does', async () => {
  const { world, container } = await appliedWorld()
  await applyTo(world, file({ container: { mounts: {} } }), {}, { kind: 'crash', at: 6, when: 'after' })
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'recreate', reason: 'interrupted_apply', changes: [{ path: '/mounts/~1data' }] })
  expect(stepsText(plan)).toEqual([
    'stop the old',
    'start another',
    'await-ready another',
    'settle another',
    'remove-container the old',
    'remove-record',
  ])
  await perform(world, plan)
  expect(ownContainer(world).id).toBe(container.id)
})

test('of two records that are left the one that is as the file says is the one that was applied', async () => {
  const { world } = await appliedWorld()
  const [old] = [...world.volumes.values()].filter(({ record }) => record !== null)
  await applyTo(world, file({ record: { env: {} } }), {}, { kind: 'crash', at: 0, when: 'after' })
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'update', reason: 'interrupted_apply', changes: [] })
  await perform(world, plan)
  expect([...world.volumes.values()].filter(({ record }) => record !== null)).toEqual([old])
})
