// Does a plan: its steps, in their order, and nothing that is not in it. Where one fails, what this very call has made
// or stopped is taken back, and nothing else: of two applies at once neither may undo the other.

import { DiagnosticError, fail, type Diagnostic } from '../model/diagnostic.js'
import type { Engine, StepResult } from '../model/engine.js'
import type { Applied, ContainerTarget, SandboxPlan, Step, StepEvent } from '../model/plan.js'

export type ApplyOptions = {
  readonly signal: AbortSignal
  readonly onStep: (event: StepEvent) => void
}

/** One step that was done and what takes it back. */
type Done = { readonly index: number; readonly undo: readonly Step[] }

/** Throws what the failing step threw, with a line on what became of the sandbox; `apply/interrupted` when aborted. */
export async function applyPlan(plan: SandboxPlan, engine: Engine, options: ApplyOptions): Promise<Applied> {
  const made = new Map<string, string>()
  const done: Done[] = []
  const count = plan.steps.length
  const settled = changeOverEnd(plan.steps)
  let containerId = plan.current?.containerId ?? null
  for (const [index, planned] of plan.steps.entries()) {
    const step = withId(planned, made)
    try {
      // Past the change-over only leftovers are removed: the way on is shorter than the way back.
      if (index < settled) throwIfAborted(options.signal)
      options.onStep({ kind: 'begun', step, index, count })
      const result = await perform(engine, step, index, count, options)
      if (step.do === 'create-container' && result.containerId !== undefined) {
        made.set(step.request.name, result.containerId)
      }
      if (step.do === 'start' && 'id' in step.target) containerId = step.target.id
      if (result.made !== false) done.push({ index, undo: undoOf(step, result) })
    } catch (error) {
      options.onStep({ kind: 'failed', step, index, count })
      // Past the change-over the new one is in use and stays so.
      if (index >= settled) throw error
      throw await undone(error, done, plan, engine, options)
    }
    options.onStep({ kind: 'done', step, index, count })
  }
  return { action: plan.action, containerId: plan.action === 'remove' ? null : containerId }
}

/** Index of the first of the removals that end a plan. */
function changeOverEnd(steps: readonly Step[]): number {
  return steps.findLastIndex((step) => !step.do.startsWith('remove-')) + 1
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
  { signal, onStep }: ApplyOptions,
): Promise<StepResult> {
  const result = engine.perform(step, (said) =>
    onStep({
      ...{ step, index, count },
      ...(typeof said === 'string' ? { kind: 'progress', line: said } : { kind: 'transfer', transfer: said }),
    }),
  )
  // These take long and leave nothing to take back; the others are waited for, so that what they made is known.
  const isLong = step.do === 'pull-image' || step.do === 'build-image' || step.do === 'await-ready'
  if (!isLong) return result
  const aborted = abortedFrom(signal)
  try {
    return await Promise.race([result, aborted.promise])
  } finally {
    aborted.forget()
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

/** Images and volumes are kept anyway; limits, and the end of a pause, do no harm. */
function undoOf(step: Step, result: StepResult): readonly Step[] {
  if (step.do === 'create-record') return [{ do: 'remove-record', name: step.name }]
  if (step.do === 'create-container') return [{ do: 'remove-container', target: targetOf(step.request.name, result) }]
  if (step.do === 'start') return [{ do: 'stop', target: step.target }]
  if (step.do === 'stop') return [{ do: 'start', target: step.target }]
  return []
}

function targetOf(name: string, { containerId }: StepResult): ContainerTarget {
  if (containerId !== undefined) return { id: containerId }
  return fail('engine/no-id', 'The engine named no id', {
    detail: `It made the container ${name} and gave no id for it.`,
  })
}

/** Takes back what was done, last first, and gives the error to throw. What cannot be taken back is told beside it. */
async function undone(
  error: unknown,
  done: readonly Done[],
  plan: SandboxPlan,
  engine: Engine,
  { onStep }: ApplyOptions,
): Promise<unknown> {
  const failures: Diagnostic[] = []
  let isOldBack = false
  for (const { index, undo } of done.toReversed()) {
    for (const step of undo) {
      try {
        if (isOvertaken(error) && (await isOfTheOther(step, plan, engine))) continue
        await engine.perform(step)
        isOldBack ||= step.do === 'start' && 'id' in step.target && step.target.id === plan.current?.containerId
        onStep({ kind: 'undone', step, index, count: plan.steps.length })
      } catch (cause) {
        failures.push(undoFailure(step, cause))
      }
    }
  }
  if (!(error instanceof DiagnosticError)) return error
  const [first, ...more] = error.diagnostics
  if (first === undefined) return error
  const line = failures.length === 0 && !isOvertaken(error) ? outcomeText(plan, isOldBack) : ''
  const detail = [first.detail ?? '', line].filter((text) => text !== '').join('\n')
  return new DiagnosticError([{ ...first, ...(detail === '' ? {} : { detail }) }, ...more, ...failures], error.kind)
}

/**
 * Whether the apply that came first needs a step not to be undone: it has taken over from the old container, so that is
 * not to run again; and it may share the record, where the two files differ in nothing that a record holds.
 */
async function isOfTheOther(step: Step, plan: SandboxPlan, engine: Engine): Promise<boolean> {
  if (step.do !== 'remove-record') return step.do === 'start'
  const { records } = await engine.observe(plan.id, [])
  const known = new Set(plan.steps.flatMap((planned) => (planned.do === 'remove-record' ? [planned.name] : [])))
  return !records.some(({ name }) => name !== step.name && !known.has(name))
}

function isOvertaken(error: unknown): boolean {
  return error instanceof DiagnosticError && error.diagnostics.some(({ code }) => code === 'apply/overtaken')
}

function outcomeText({ action, current, name }: SandboxPlan, isOldBack: boolean): string {
  if (isOldBack) return `The previous container of ${name} runs again.`
  if (current === null) return action === 'create' ? 'Nothing of it was left behind.' : ''
  return `${name} is as it was: ${current.state}.`
}

function undoFailure(step: Step, cause: unknown): Diagnostic {
  const why = cause instanceof DiagnosticError ? (cause.diagnostics[0]?.detail ?? cause.message) : String(cause)
  return {
    severity: 'error',
    code: 'apply/not-undone',
    summary: 'A step could not be taken back',
    detail: `${step.do}: ${why}\nThe next apply puts it right.`,
    command: 'sbx apply',
  }
}
