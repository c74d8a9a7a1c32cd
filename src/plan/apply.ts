// Does a plan: its steps, in their order, and nothing that is not in it. Where one fails, what this very call has made
// or stopped is taken back, and nothing else: of two applies at once neither may undo the other.

import { DiagnosticError } from '../model/diagnostic.js'
import type { Engine, OnProgress, StepResult } from '../model/engine.js'
import type { HomeOutcome } from '../model/home.js'
import type { ContainerTarget, PrepareStep, SandboxPlan, SeedStep, Step } from '../model/plan.js'
import type { Applied, StepEvent, Transfer } from '../model/step-event.js'
import { leftoverText, unpreparedText, withLine } from './after-failure.js'
import { causeOf, isGone } from './overtaken.js'
import { takeBack } from './take-back.js'
import type { Done, Undo } from './undo.js'

export type ApplyOptions = {
  readonly signal: AbortSignal
  readonly onStep: (event: StepEvent) => void
  /** Called before the container in use is stopped, which may be long after it was looked at; what it throws is a failure. */
  readonly beforeStop?: () => Promise<void>
  /** Called before the first removal of a plan that removes a sandbox, once that is stopped; what it throws is a failure. */
  readonly beforeRemoval?: () => Promise<void>
  /** Called before the sandbox is started, which may be long after it was planned; what it throws is a failure. */
  readonly beforeStart?: () => Promise<void>
  /** Called before what was stopped is started again, to take that back; what it throws keeps it stopped, and is told. */
  readonly beforeStartAgain?: (target: ContainerTarget) => Promise<void>
  /** Does what needs git or values of the host, in a container that runs; without it a plan has no such step. */
  readonly inside?: DoInside<InsideStep>
  /** Of a clone: whose the workspace's folder is on this machine, as `uid:gid`. */
  readonly owner?: string
}

export type InsideStep = SeedStep | PrepareStep

export type DoInside<Step extends InsideStep> = (
  step: Step,
  containerId: string,
  tell: OnProgress,
  signal: AbortSignal,
) => Promise<void>

/** Throws what the failing step threw, with a line on what became of the sandbox; `apply/interrupted` when aborted. */
export async function applyPlan(plan: SandboxPlan, engine: Engine, options: ApplyOptions): Promise<Applied> {
  const made = new Map<string, string>()
  const done: Done[] = []
  const shared: Undo[] = []
  const count = plan.steps.length
  const settled = changeOverEnd(plan)
  let containerId = plan.current?.containerId ?? null
  let home: HomeOutcome | undefined
  for (const [index, planned] of plan.steps.entries()) {
    const step = withId(planned, made)
    let hasBegun = false
    try {
      // Past the change-over only leftovers are removed: the way on is shorter than the way back.
      if (index < settled || step.do === 'prepare') throwIfAborted(options.signal)
      if (step.do === 'stop' && 'id' in step.target && step.target.id === plan.current?.containerId) {
        await options.beforeStop?.()
      }
      if (plan.action === 'remove' && index === settled - 1) await options.beforeRemoval?.()
      if (step.do === 'start') await options.beforeStart?.()
      options.onStep({ kind: 'begun', step, index, count })
      hasBegun = true
      const result = await perform(engine, step, index, count, options)
      const isMaking = step.do === 'create-container' || step.do === 'create-proxy'
      if (isMaking && result.containerId !== undefined) {
        made.set(step.request.name, result.containerId)
      }
      if (step.do === 'start' && 'id' in step.target) containerId = step.target.id
      home = result.home ?? home
      if (result.made !== false) done.push({ step, index, result })
      shared.push(...sharedBy(step, index, result, plan))
    } catch (error) {
      options.onStep({ kind: 'failed', step, index, count })
      if (index >= settled) throw withLine(error, step.do === 'prepare' ? unpreparedText(plan) : leftoverText(plan))
      const begun = hasBegun ? step : null
      const { onStep, beforeStartAgain } = options
      const context = { plan, engine, onStep, ...(beforeStartAgain === undefined ? {} : { beforeStartAgain }) }
      const look = settling(plan, made)
      // Whoever looked at the container before its step may have met another apply as well.
      const cause =
        begun === null && !isGone(error) ? { error } : await causeOf({ error, step }, look, context, options.signal)
      throw await takeBack(done, { ...cause, index, begun, shared }, context)
    }
    options.onStep({ kind: 'done', step, index, count })
  }
  return {
    action: plan.action,
    containerId: plan.action === 'remove' ? null : containerId,
    ...(home === undefined ? {} : { home }),
  }
}

/**
 * Index of the first step that a failure takes nothing back from: the first of the removals that end a plan; of a plan
 * that only removes, the one after its first removal. Once a clone is filled, and while a project is made ready, the new
 * container has taken over.
 */
export function changeOverEnd({ steps, action }: SandboxPlan): number {
  if (action === 'remove') return steps.findIndex((step) => step.do.startsWith('remove-')) + 1
  const seed = steps.findIndex((step) => step.do === 'seed-workspace')
  if (seed !== -1) return seed + 1
  const prepare = steps.findIndex((step) => step.do === 'prepare')
  return (
    steps.slice(0, prepare === -1 ? steps.length : prepare).findLastIndex((step) => !step.do.startsWith('remove-')) + 1
  )
}

/** The look at who stays; null where there is none, or the container was not made yet. */
function settling({ steps }: SandboxPlan, made: ReadonlyMap<string, string>): Extract<Step, { do: 'settle' }> | null {
  const planned = steps.findLast((step) => step.do === 'settle')
  const step = planned === undefined ? null : withId(planned, made)
  return step?.do === 'settle' && 'id' in step.target ? step : null
}

/** What another apply has made and never started, this one too: whoever steps back from it last removes it. */
function sharedBy(step: Step, index: number, { made, containerId }: StepResult, { steps }: SandboxPlan): Undo[] {
  const remove = (id: string): Undo => ({ index, undo: [{ do: 'remove-container', target: { id } }] })
  if (step.do === 'create-container' && made === false && containerId !== undefined) return [remove(containerId)]
  if (step.do !== 'start' || !('id' in step.target)) return []
  const { id } = step.target
  return steps.some((each) => each.do === 'settle' && each.expected[id] === null) ? [remove(id)] : []
}

function withId(step: Step, made: ReadonlyMap<string, string>): Step {
  if (!('target' in step) || 'id' in step.target) return step
  const id = made.get(step.target.made)
  return id === undefined ? step : { ...step, target: { id } }
}

async function perform(
  engine: Engine,
  step: Step,
  index: number,
  count: number,
  { signal, onStep, inside, owner }: ApplyOptions,
): Promise<StepResult> {
  const onProgress = (said: string | Transfer): void =>
    onStep({
      ...{ step, index, count },
      ...(typeof said === 'string' ? { kind: 'progress', line: said } : { kind: 'transfer', transfer: said }),
    })
  if (step.do === 'seed-workspace' || step.do === 'prepare') {
    if (inside === undefined || !('id' in step.target)) throw new Error(`${step.do} is done by nobody`)
    const doing = inside(step, step.target.id, onProgress, signal)
    return brokenOff(doing.then(() => ({})))
  }
  if (endsBySignal(step)) return brokenOff(engine.perform(step, onProgress, signal))
  const result = engine.perform(owner === undefined ? step : ownedBy(owner, step), onProgress)
  if (!isLeftAlone(step)) return result
  const aborted = abortedFrom(signal)
  try {
    return await Promise.race([result, aborted.promise])
  } finally {
    aborted.forget()
  }
}

function ownedBy(owner: string, step: Step): Step {
  return step.do === 'create-container' ? { ...step, request: { ...step.request, owner } } : step
}

/** Whether an interrupt ends the step at once, and nothing is waited for but what it has to put in order. */
export function isBrokenOff(step: Step): boolean {
  return endsBySignal(step) || isLeftAlone(step)
}

const endingBySignal: readonly Step['do'][] = [
  'snapshot-container',
  'copy-files',
  'compare-homes',
  'refresh-home',
  'settle',
  'verify-network',
  'seed-workspace',
  'prepare',
]

function endsBySignal(step: Step): boolean {
  return endingBySignal.includes(step.do)
}

/** These take long and leave nothing to take back; the others are waited for, so that what they made is known. */
function isLeftAlone(step: Step): boolean {
  return step.do === 'pull-image' || step.do === 'build-image' || step.do === 'await-ready'
}

/** What takes long and ends by itself with the signal is waited for: what it leaves must be known. */
async function brokenOff(result: Promise<StepResult>): Promise<StepResult> {
  try {
    return await result
  } catch (error) {
    throw error instanceof DiagnosticError && error.kind === 'interrupted' ? interruption() : error
  }
}

function abortedFrom(signal: AbortSignal): { readonly promise: Promise<never>; forget(): void } {
  let listener = (): void => undefined
  const promise = new Promise<never>((_, reject) => {
    listener = () => reject(interruption())
    // One that was aborted before tells no listener any more.
    if (signal.aborted) listener()
    signal.addEventListener('abort', listener)
  })
  return { promise, forget: () => signal.removeEventListener('abort', listener) }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw interruption()
}

function interruption(): DiagnosticError {
  const diagnostic = { severity: 'error', code: 'apply/interrupted', summary: 'The apply was interrupted' } as const
  return new DiagnosticError([diagnostic], 'interrupted')
}
