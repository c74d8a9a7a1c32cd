// Whatever happened before, and whatever happens to an apply, the next one ends where the file says.

import fc from 'fast-check'
import { expect } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import type { SandboxPlan, Step } from '../../src/model/plan.js'
import { applyPlan, changeOverEnd } from '../../src/plan/apply.js'
import { applyTo, insideOf, planFor } from '../support/applying.js'
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

holds(
  'a crash of one that keeps files leaves no snapshot beyond the next',
  [lives, fc.boolean()],
  async (life, again) => {
    const before = await worldAfter(life)
    const keeping = { keep: 'files', recreate: true } as const
    const { steps } = await planFor(before, life.file, keeping)
    for (const when of ['before', 'after'] as const) {
      for (const at of steps.keys()) {
        const world = before.clone()
        await applyTo(world, life.file, keeping, { kind: 'crash', at, when })
        if (again) await applyTo(world, life.file, keeping)
        await expectRepaired(world, life.file)
      }
    }
  },
)

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
  [lives, fc.option(desired), fc.scheduler()],
  async (life, other, turns) => {
    const world = await worldAfter(life)
    const next = other ?? life.file
    const planned = async (file: DesiredSandbox): Promise<void> => {
      await turns.schedule(Promise.resolve(), 'plan')
      await performInTurns(world, await planFor(world, file), turns)
    }
    await turns.waitFor(Promise.allSettled([life.file, next].map(planned)))
    await expectRepaired(world, next)
  },
)

holds('two applies of one change at once end in one container', [lives, fc.scheduler()], async (life, turns) => {
  const world = await worldAfter(life)
  const plan = await planFor(world, life.file)
  await turns.waitFor(Promise.allSettled([plan, plan].map((each) => performInTurns(world, each, turns))))
  const own = [...world.containers.values()].filter(isOwn)
  expect(own.map(({ state }) => state)).toEqual(['running'])
  await expectRepaired(world, life.file)
})

holds(
  'two applies at once that keep files end with them in one container',
  [lives, fc.scheduler()],
  async (life, turns) => {
    const world = await worldAfter(life)
    const plan = await planFor(world, life.file, { keep: 'files' })
    const before = world.containers.get(plan.current?.containerId ?? '')
    const files = before === undefined ? [] : [...world.filesOf(before)]
    await turns.waitFor(Promise.allSettled([plan, plan].map((each) => performInTurns(world, each, turns))))
    const [container, ...others] = [...world.containers.values()].filter(isOwn)
    expect(others).toEqual([])
    expect(container === undefined ? [] : world.filesOf(container)).toEqual(expect.arrayContaining(files))
    await expectRepaired(world, life.file)
  },
)

holds('a failure before the change-over has ended leaves what ran running', [lives, desired], async (life, next) => {
  const before = await worldAfter(life)
  await applyTo(before, life.file)
  const running = ownText(before)
  const plan = await planFor(before, next)
  for (const at of [...plan.steps.keys()].slice(0, changeOverEnd(plan))) {
    const world = before.clone()
    const { error } = await applyTo(world, next, {}, { kind: 'fail', at, when: 'before' })
    expect(error).not.toBeNull()
    expect(ownText(world)).toBe(running)
  }
})

/** Every step waits for its turn. */
async function performInTurns(world: FakeWorld, plan: SandboxPlan, turns: fc.Scheduler): Promise<void> {
  const beforeStep = (step: Step): Promise<void> => turns.schedule(Promise.resolve(), step.do)
  const engine = new FakeEngine({ world, beforeStep })
  const inside = insideOf(world, { beforeStep })
  await applyPlan(plan, engine, { signal: new AbortController().signal, onStep: () => undefined, inside })
}

/** What people have of a sandbox: its container as it runs, its home and its records. A volume that was made may stay. */
function ownText(world: FakeWorld): string {
  const own = [...world.containers.values()].filter(isOwn)
  return JSON.stringify([
    own.map(({ id, state, networkIds, startedOn }) => [id, state, networkIds, startedOn]),
    [...world.volumes.values()].filter(
      ({ sandboxId, holds: kind }) => sandboxId === webIdentity.id && kind !== 'workspace' && kind !== 'own',
    ),
  ])
}
