// A workspace that is a clone: filled once, kept while containers come and go.

import { expect, test } from 'vitest'
import { newsOf } from '../../src/cli/session/exec.js'
import type { ContainerSpec } from '../../src/model/spec.js'
import { seedLines } from '../../src/ui/plan-text/prepare.js'
import { stepText } from '../../src/ui/step-text.js'
import { applyTo, planFor } from '../support/applying.js'
import { emptyWorld, file, ownContainer, stepsText } from '../support/examples.js'
import { decoded } from '../support/fake-world.js'
import { shortfalls } from '../support/goal.js'

const workspace: ContainerSpec['workspace'] = { path: '/src/web', readonly: false, mode: 'clone' }
const cloned = file({ container: { workspace, own: { node_modules: true } } })

test('is filled in the first container that runs with it, and the record says so when it is', async () => {
  const world = emptyWorld()
  const { plan, error } = await applyTo(world, cloned)
  expect(error).toBeNull()
  expect(plan.steps.filter((step) => step.do === 'create-volume').map(({ holds }) => holds)).toEqual([
    ...['home', 'workspace', 'own', 'login'],
  ])
  expect(stepsText(plan).slice(-4)).toEqual([
    ...['settle the new', 'seed-workspace the new', 'create-record', 'remove-record'],
  ])
  expect(plan.steps.find((step) => step.do === 'seed-workspace')).toMatchObject({
    ...{ path: '/src/web', branch: 'sbx/web-3f2a1c', head: 'c0' },
  })
  const records = [...world.volumes.values()].flatMap(({ record }) => (record === null ? [] : [decoded(record)]))
  expect(records).toMatchObject([{ clone: { branch: 'sbx/web-3f2a1c' } }])
  expect(shortfalls(world, cloned)).toEqual([])
  expect(await planFor(world, cloned)).toMatchObject({ action: 'reuse', steps: [] })
})

test.each(['before', 'after'] as const)(
  'that was not filled to its end is filled again: killed %s the step',
  async (when) => {
    const world = emptyWorld()
    const { steps } = await planFor(world, cloned)
    const at = steps.findIndex((step) => step.do === 'seed-workspace')
    await applyTo(world, cloned, {}, { kind: 'crash', at, when })
    const { id } = ownContainer(world)
    const { plan, error } = await applyTo(world, cloned)
    expect(error).toBeNull()
    expect(plan).toMatchObject({ action: 'update', reason: 'interrupted_apply' })
    expect(plan.steps.map((step) => step.do)).toEqual(['seed-workspace', 'create-record', 'remove-record'])
    expect(ownContainer(world).id).toBe(id)
    expect(shortfalls(world, cloned)).toEqual([])
  },
)

test('that cannot be filled leaves nothing but its volume', async () => {
  const world = emptyWorld()
  const { steps } = await planFor(world, cloned)
  const at = steps.findIndex((step) => step.do === 'seed-workspace')
  const { error } = await applyTo(world, cloned, {}, { kind: 'fail', at, when: 'before' })
  expect(error).not.toBeNull()
  expect([...world.containers.values()].filter(({ request }) => request !== null)).toEqual([])
  expect(world.volumes.has(cloned.workspaceVolume ?? '')).toBe(true)
})

test('that was deleted is filled anew, also where the first apply after that failed', async () => {
  const world = emptyWorld()
  await applyTo(world, cloned)
  const volume = cloned.workspaceVolume ?? ''
  world.seeded.delete(volume)
  world.volumes.delete(volume)
  const { steps } = await planFor(world, cloned)
  const at = steps.findIndex((step) => step.do === 'seed-workspace')
  const { error } = await applyTo(world, cloned, {}, { kind: 'fail', at, when: 'before' })
  expect(error).not.toBeNull()
  await applyTo(world, cloned)
  expect(shortfalls(world, cloned)).toEqual([])
})

test('goes over to the next container as it is, and to one that is made where there was none', async () => {
  const world = emptyWorld()
  await applyTo(world, cloned)
  const edited = file({ container: { workspace, own: { node_modules: true }, sudo: false } })
  const { plan } = await applyTo(world, edited)
  expect(plan.action).toBe('recreate')
  expect(plan.steps.filter((step) => step.do === 'seed-workspace' || step.do === 'create-volume')).toMatchObject([
    { do: 'create-volume', holds: 'login' },
  ])
  world.containers.delete(ownContainer(world).id)
  expect((await planFor(world, edited)).steps.some((step) => step.do === 'seed-workspace')).toBe(false)
  expect((await applyTo(world, edited)).error).toBeNull()
  expect(shortfalls(world, edited)).toEqual([])
})

test('whose volume is gone is made and filled anew, in a new container', async () => {
  const world = emptyWorld()
  await applyTo(world, cloned)
  world.volumes.delete(cloned.workspaceVolume ?? '')
  world.seeded.clear()
  const { plan, error } = await applyTo(world, cloned)
  expect(error).toBeNull()
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted' })
  expect(plan.changes).toMatchObject([{ path: '/volumes/~1src~1web', op: 'add', effect: 'recreate', origin: 'drift' }])
  expect(shortfalls(world, cloned)).toEqual([])
})

test('stays behind where the folder itself is asked for, and is there again when it is asked for again', async () => {
  const world = emptyWorld()
  await applyTo(world, cloned)
  const { plan } = await applyTo(world, file())
  expect(plan.changes.map(({ path }) => path)).toEqual(['/own/node_modules', '/workspace/mode'])
  expect(world.volumes.has(cloned.workspaceVolume ?? '')).toBe(true)
  const back = await applyTo(world, cloned)
  // Whoever fills it finds it filled.
  const seed = back.plan.steps.find((step) => step.do === 'seed-workspace')
  expect(seed).toMatchObject({ isThere: true })
  expect(seed === undefined ? '' : stepText(seed, null)).toBe('see that the clone is filled')
  expect(seedLines(back.plan).flat().at(-1)).toBe(' clone  as it was left')
  expect(shortfalls(world, cloned)).toEqual([])
})

test('of which nothing but the volume is there is said to be seen to, and a new one to be filled', async () => {
  const world = emptyWorld()
  const { plan } = await applyTo(world, cloned)
  const textOf = ({ steps }: typeof plan) =>
    steps.map((step) => stepText(step, null)).find((text) => /clone/.test(text))
  expect(textOf(plan)).toBe('fill the clone at c0, on branch sbx/web-3f2a1c')
  world.containers.clear()
  for (const [name, { record }] of world.volumes) if (record !== null) world.volumes.delete(name)
  expect(textOf(await planFor(world, cloned))).toBe('see that the clone is filled')
})

test('that a flag asked for, and the file does not, is not called an edit of the file', async () => {
  const world = emptyWorld()
  const env = { A: { from: 'file', value: '1' }, B: { from: 'file', value: '2' } } as const
  const flags = { '--clone': [''], '-e': ['A', 'B'] }
  const byFlag = { ...cloned, recordSpec: { ...cloned.recordSpec, env: { ...cloned.recordSpec.env, ...env }, flags } }
  expect((await applyTo(world, byFlag)).plan.notes).toEqual([])
  expect((await planFor(world, byFlag)).notes).toEqual([])
  const saved = { ...byFlag, recordSpec: { ...byFlag.recordSpec, flags: {} } }
  expect((await planFor(world, saved)).notes).toEqual([])
  const edited = { ...saved, containerSpec: { ...saved.containerSpec, sudo: false as const } }
  expect(await planFor(world, edited)).toMatchObject({ action: 'recreate', notes: [] })
  const plan = await planFor(world, file())
  expect(plan.notes).toEqual([{ kind: 'flags-dropped', flags: ['--clone', '-e A', '-e B'] }])
  expect(newsOf(plan)).toEqual([
    'the last run had --clone -e A -e B, which sandbox.yaml does not say; this is what was last applied',
  ])
})

test('has nothing to do with the folder of this machine: one that was made anew restarts nothing', async () => {
  const world = emptyWorld()
  await applyTo(world, cloned)
  world.remakeFolder('/src/web', '1:9:9')
  expect(await planFor(world, cloned)).toMatchObject({ action: 'reuse', steps: [], changes: [] })
})

test('networks that are joined are compared one by one, and one that is gone needs a new container', async () => {
  const world = emptyWorld()
  const id = world.createNetwork('web_default', false)
  const joined = file({ container: { networks: { web_default: true } } })
  await applyTo(world, file())
  const { plan, error } = await applyTo(world, joined)
  expect(error).toBeNull()
  expect(plan.changes).toMatchObject([{ path: '/networks/web_default', op: 'add', effect: 'recreate' }])
  expect(shortfalls(world, joined)).toEqual([])
  expect(await planFor(world, joined)).toMatchObject({ action: 'reuse', changes: [] })
  ownContainer(world).networkIds = ownContainer(world).networkIds.filter((each) => each !== id)
  expect((await planFor(world, joined)).changes).toMatchObject([{ path: '/networks/web_default', origin: 'drift' }])
  await applyTo(world, joined)
  world.powerOff()
  world.networks.delete(id)
  expect(await planFor(world, joined)).toMatchObject({
    ...{ action: 'recreate', reason: 'drifted' },
    changes: [{ path: '/networks/web_default', op: 'add', origin: 'drift', lastApplied: { value: true } }],
  })
  expect((await planFor(world, file())).changes).toMatchObject([{ path: '/networks/web_default', op: 'remove' }])
})
