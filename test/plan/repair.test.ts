// Whatever happened before, and whatever happens to an apply, the next one ends where the file says.

import fc from 'fast-check'
import { expect } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { applyPlan } from '../../src/plan/apply.js'
import { planSandbox } from '../../src/plan/plan.js'
import { imageReferences } from '../../src/plan/steps.js'
import { applyTo, here, options, planFor } from '../support/applying.js'
import { desiredSandboxes, webIdentity } from '../support/arbitraries.js'
import { FakeEngine } from '../support/fake-engine.js'
import type { FakeWorld } from '../support/fake-world.js'
import { shortfalls } from '../support/goal.js'
import { lives } from '../support/history.js'
import { holds, worldAfter } from '../support/properties.js'
import { isOwn } from '../support/strange-world.js'

const desired = desiredSandboxes()

async function expectRepaired(world: FakeWorld, file: DesiredSandbox): Promise<void> {
  const { error } = await applyTo(world, file)
  expect(error).toBeNull()
  expect(shortfalls(world, file)).toEqual([])
}

holds('an apply reaches what the file says, and the next plan is empty', [lives], async (life) => {
  const world = await worldAfter(life)
  await expectRepaired(world, life.file)
  const next = await planFor(world, life.file)
  expect(next).toMatchObject({ action: 'reuse', reason: 'unchanged', changes: [], steps: [] })
})

holds('a crash at any step is repaired by the next apply', [lives, fc.boolean()], async (life, isPowerCut) => {
  const before = await worldAfter(life)
  const { steps } = await planFor(before, life.file)
  for (const when of ['before', 'after'] as const) {
    for (const at of steps.keys()) {
      const world = before.clone()
      await applyTo(world, life.file, {}, { kind: 'crash', at, when })
      if (isPowerCut) world.powerOff()
      await expectRepaired(world, life.file)
    }
  }
})

holds('a crash while a failure is taken back is repaired', [lives, desired, fc.nat(3)], async (life, next, undone) => {
  const before = await worldAfter(life)
  const { steps } = await planFor(before, life.file)
  for (const at of steps.keys()) {
    const world = before.clone()
    await applyTo(world, life.file, {}, { kind: 'fail', at, when: 'before', dies: at + 1 + undone })
    await expectRepaired(world.clone(), life.file)
    await expectRepaired(world, next)
  }
})

holds('a crash is repaired by an apply of another file too', [lives, desired, fc.nat(12)], async (life, next, at) => {
  const world = await worldAfter(life)
  await applyTo(world, life.file, {}, { kind: 'crash', at, when: 'after' })
  await expectRepaired(world, next)
})

holds(
  'two applies at once are repaired by one more',
  [lives, desired, fc.scheduler()],
  async (life, other, scheduler) => {
    const world = await worldAfter(life)
    await atOnce(world, [life.file, other], scheduler)
    await expectRepaired(world, other)
  },
)

holds('two applies of one file at once end in one container', [lives, fc.scheduler()], async (life, scheduler) => {
  const world = await worldAfter(life)
  await atOnce(world, [life.file, life.file], scheduler)
  const own = [...world.containers.values()].filter(isOwn)
  expect(own.map(({ state }) => state)).toEqual(['running'])
  await expectRepaired(world, life.file)
})

holds('a failure before the change-over has ended leaves what ran running', [lives, desired], async (life, next) => {
  const before = await worldAfter(life)
  await applyTo(before, life.file)
  const running = ownText(before)
  const { steps } = await planFor(before, next)
  const end = steps.findLastIndex((step) => !step.do.startsWith('remove-'))
  for (const at of [...steps.keys()].slice(0, end + 1)) {
    const world = before.clone()
    const { error } = await applyTo(world, next, {}, { kind: 'fail', at, when: 'before' })
    expect(error).not.toBeNull()
    expect(ownText(world)).toBe(running)
  }
})

/** Each plans when it gets its turn, and every step waits for one. */
async function atOnce(world: FakeWorld, files: readonly DesiredSandbox[], scheduler: fc.Scheduler): Promise<void> {
  const one = async (file: DesiredSandbox): Promise<void> => {
    const engine = new FakeEngine({ world, beforeStep: (step) => scheduler.schedule(Promise.resolve(), step.do) })
    await scheduler.schedule(Promise.resolve(), 'observe')
    const observed = await engine.observe(file.id, imageReferences(file))
    const plan = planSandbox(here(world, file), observed, options)
    await applyPlan(plan, engine, { signal: new AbortController().signal, onStep: () => undefined })
  }
  await scheduler.waitFor(Promise.allSettled(files.map(one)))
}

/** What people have of a sandbox: its container as it runs, its volumes and its records. */
function ownText(world: FakeWorld): string {
  const own = [...world.containers.values()].filter(isOwn)
  return JSON.stringify([
    own.map(({ id, state, networkIds, startedOn }) => [id, state, networkIds, startedOn]),
    [...world.volumes.values()].filter(({ sandboxId }) => sandboxId === webIdentity.id),
  ])
}
