// A plan from lists alone: it is the plan that an inspection gives, wherever nothing changes.

import { expect, test } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import type { SandboxPlan } from '../../src/model/plan.js'
import { planSandbox } from '../../src/plan/plan.js'
import { imageReferences } from '../../src/plan/steps.js'
import { isTold, surveyed } from '../../src/plan/survey.js'
import { applyTo, here, options, planFor } from '../support/applying.js'
import { emptyWorld, file } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'
import type { FakeWorld } from '../support/fake-world.js'

const web = file()

async function planFromSurvey(world: FakeWorld, desired: DesiredSandbox): Promise<SandboxPlan> {
  const survey = await new FakeEngine({ world }).survey(imageReferences(desired))
  return planSandbox(here(world, desired), surveyed(survey, desired.id), options)
}

async function isToldOf(world: FakeWorld): Promise<boolean> {
  return isTold(await new FakeEngine({ world }).survey([]), web.id)
}

test('of a sandbox that is not there it is the whole plan', async () => {
  const world = emptyWorld()
  expect(await isToldOf(world)).toBe(true)
  expect(await planFromSurvey(world, web)).toEqual(await planFor(world, web))
})

test('of one that is as applied it says that nothing changes, as an inspection does', async () => {
  const world = emptyWorld()
  await applyTo(world, web)
  expect(await isToldOf(world)).toBe(true)
  const plan = await planFromSurvey(world, web)
  const inspected = await planFor(world, web)
  expect(plan.action).toBe('reuse')
  expect(plan).toEqual({ ...inspected, current: { ...inspected.current, startedAt: null } })
})

test('of an edit it says that something changes', async () => {
  const world = emptyWorld()
  await applyTo(world, web)
  const edited = { ...web, recordSpec: { ...web.recordSpec, env: { A: { from: 'file', value: 'b' } } } } as const
  expect((await planFromSurvey(world, edited)).action).toBe('update')
})

test.each<[string, (world: FakeWorld) => void]>([
  ['is stopped', (world) => world.powerOff()],
  [
    'was moved to another network',
    (world) => {
      const network = world.createNetwork('other', false)
      for (const container of world.containers.values()) container.networkIds = [network]
    },
  ],
])('one that %s is not told of by lists', async (_, change) => {
  const world = emptyWorld()
  await applyTo(world, web)
  change(world)
  expect(await isToldOf(world)).toBe(false)
})

test('a home, a record or an image that is gone is seen in lists', async () => {
  for (const gone of ['home', 'record', 'image'] as const) {
    const world = emptyWorld()
    await applyTo(world, web)
    for (const { name, holds } of world.volumes.values()) if (holds === gone) world.volumes.delete(name)
    if (gone === 'image') world.images.clear()
    const plan = await planFromSurvey(world, web)
    expect([gone, plan.action]).toEqual([gone, (await planFor(world, web)).action])
  }
})
