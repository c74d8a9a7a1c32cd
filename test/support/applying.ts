// Plans and applies against a fake world, and the ways in which an apply can end.

import type { DesiredSandbox } from '../../src/model/desired.js'
import { DiagnosticError, fail } from '../../src/model/diagnostic.js'
import type { SandboxPlan, Step } from '../../src/model/plan.js'
import type { Applied, StepEvent } from '../../src/model/step-event.js'
import { applyPlan, type ApplyOptions } from '../../src/plan/apply.js'
import { planSandbox } from '../../src/plan/plan.js'
import type { PlanOptions } from '../../src/plan/situation.js'
import { imageReferences } from '../../src/plan/steps.js'
import { webIdentity } from './arbitraries.js'
import { FakeEngine } from './fake-engine.js'
import { decoded, type FakeContainer, type FakeWorld } from './fake-world.js'

export const options: PlanOptions = { scope: '', entrypoint: '1', upgrade: false, recreate: false }

/** `before`: the step does not happen. `after`: it does, and its answer is lost. */
export type Fault = {
  readonly kind: 'crash' | 'fail'
  /** Which step, from 0. */
  readonly at: number
  readonly when: 'before' | 'after'
  /** Where a failure is being taken back: the step at which the process dies over it, counted on. */
  readonly dies?: number
}

export type Outcome = {
  readonly plan: SandboxPlan
  readonly applied: Applied | null
  readonly error: unknown
  readonly events: readonly StepEvent[]
  readonly engine: FakeEngine
}

/** The process was killed: it neither goes on nor takes anything back. */
export class Crash extends Error {}

export async function planFor(
  world: FakeWorld,
  desired: DesiredSandbox,
  over: Partial<PlanOptions> = {},
): Promise<SandboxPlan> {
  const now = here(world, desired)
  const live = await new FakeEngine({ world }).observe(desired.id, imageReferences(desired))
  return planSandbox(now, live, { ...options, ...over })
}

/** With the inode that its workspace has at this time. */
export function here(world: FakeWorld, desired: DesiredSandbox): DesiredSandbox {
  return desired.workspace === webIdentity.workspace ? { ...desired, inode: world.inodeOf(desired.workspace) } : desired
}

export async function applyTo(
  world: FakeWorld,
  desired: DesiredSandbox,
  over: Partial<PlanOptions> = {},
  fault: Fault | null = null,
): Promise<Outcome> {
  return perform(world, await planFor(world, desired, over), fault)
}

export async function perform(world: FakeWorld, plan: SandboxPlan, fault: Fault | null = null): Promise<Outcome> {
  const hooks = faultHooks(fault)
  const engine = new FakeEngine({ world, ...hooks })
  const inside = insideOf(world, hooks)
  const events: StepEvent[] = []
  const onStep = (event: StepEvent): void => void events.push(event)
  try {
    const applied = await applyPlan(plan, engine, { signal: new AbortController().signal, onStep, inside })
    return { plan, applied, error: null, events, engine }
  } catch (error) {
    return { plan, applied: null, error, events, engine }
  }
}

type Hooks = {
  readonly beforeStep?: (step: Step) => void | Promise<void>
  readonly afterStep?: (step: Step) => void | Promise<void>
}

/** Does what no engine does. */
export function insideOf(world: FakeWorld, hooks: Hooks): NonNullable<ApplyOptions['inside']> {
  return async (step, containerId) => {
    await hooks.beforeStep?.(step)
    world.tick()
    const container = world.containers.get(containerId)
    if (container?.state !== 'running') {
      return fail('engine/conflict', 'The engine refused', { detail: `${step.do} needs a container that runs.` })
    }
    if (step.do === 'seed-workspace') world.seeded.add(volumeAt(container, step.path))
    else container.prepared = [...container.prepared, step.run]
    await hooks.afterStep?.(step)
  }
}

function volumeAt({ request }: FakeContainer, path: string): string {
  return decoded(request ?? '').spec.volumes[path] ?? ''
}

function faultHooks(fault: Fault | null): { beforeStep: (step: Step) => void; afterStep: (step: Step) => void } {
  let index = -1
  let isDead = false
  const strike = (when: Fault['when']): void => {
    isDead ||= index === fault?.dies
    if (isDead) throw new Crash('dead')
    if (fault === null || fault.at !== index || fault.when !== when) return
    if (fault.kind === 'fail') {
      throw new DiagnosticError([{ severity: 'error', code: 'engine/failed', summary: 'the engine failed' }])
    }
    isDead = true
    throw new Crash('killed')
  }
  return {
    beforeStep: () => {
      index += 1
      strike('before')
    },
    afterStep: () => strike('after'),
  }
}
