// What a failed apply takes back, last first, and what it says became of the sandbox. Only what this very apply has made
// or stopped is taken back, which of the step that failed may be more than its failure says: an answer can get lost.

import { DiagnosticError, fail, type Diagnostic } from '../model/diagnostic.js'
import type { Engine, StepResult } from '../model/engine.js'
import type { ListedContainer } from '../model/live.js'
import type { ContainerTarget, SandboxPlan, Step, StepEvent } from '../model/plan.js'
import { isRunning } from './in-use.js'

/** A step that this apply did. */
export type Done = { readonly step: Step; readonly index: number; readonly result: StepResult }

/** What ended an apply; `begun` is the step that did not get to its end, null where it was never asked for. */
export type Failure = { readonly error: unknown; readonly index: number; readonly begun: Step | null }

type Context = {
  readonly plan: SandboxPlan
  readonly engine: Engine
  readonly onStep: (event: StepEvent) => void
}

/** Gives the error to throw. What cannot be taken back is told beside it. */
export async function takeBack(done: readonly Done[], failure: Failure, context: Context): Promise<unknown> {
  const { plan, engine, onStep } = context
  const { error } = failure
  const failures: (readonly [Step, unknown])[] = []
  let isOldBack = false
  let isOldGone = false
  const exposed = await exposedIds(failure, context, failures)
  // Of two applies that both have stopped the old container, the other may have ended well by now.
  let winner: string | null = null
  for (const { index, undo } of [
    ...done.map(undoOf),
    ...(await undoOfFailed(failure, engine, failures)),
  ].toReversed()) {
    for (const step of undo) {
      try {
        if (step.do === 'start' && 'id' in step.target && exposed.has(step.target.id)) continue
        if (step.do === 'start') {
          const listed = await engine.list()
          winner ??= anotherThatRuns(listed, step.target, done, plan)
          // A stop that never came to pass leaves one paused that was, which cannot be started and need not be.
          if (listed.some((each) => isTarget(step.target, each) && each.state === 'paused')) continue
        }
        const isTakenOver = winner !== null || isOvertaken(error)
        if (isTakenOver && (await isOfTheOther(step, plan, engine))) continue
        const { made } = await engine.perform(step)
        if (made === false) continue
        isOldBack ||= step.do === 'start' && isCurrent(step.target, plan)
        onStep({ kind: 'undone', step, index, count: plan.steps.length })
      } catch (cause) {
        if (plan.action === 'remove' && isGone(cause)) isOldGone = true
        else if (!isOnWhatWasMade(step, cause)) failures.push([step, cause])
      }
    }
  }
  const line = isOldGone
    ? leftoverText(plan)
    : isOvertaken(error)
      ? ''
      : winner === null
        ? exposed.has(plan.current?.containerId ?? '')
          ? `${plan.name} does not run: it could reach more than its file says.`
          : outcomeText(plan, isOldBack)
        : `Another apply has brought ${plan.name} up meanwhile: ${winner} stays.`
  return withLine(error, failures.length === 0 ? line : '', undoFailures(failures, plan))
}

/** Name of one of its sandbox that runs and that neither the plan nor this apply knows: two are not to be at work in one home. */
function anotherThatRuns(
  listed: readonly ListedContainer[],
  target: ContainerTarget,
  done: readonly Done[],
  plan: SandboxPlan,
): string | null {
  const named = plan.steps.flatMap((step) => ('target' in step && 'id' in step.target ? [step.target.id] : []))
  const made = done.flatMap(({ step, result }) => (step.do === 'create-container' ? [result.containerId] : []))
  const known = new Set([...named, ...made, plan.current?.containerId])
  // The other one may have removed it already.
  const sandboxId = listed.find((each) => isTarget(target, each))?.sandbox.id ?? plan.id
  return listed.find((each) => each.sandbox.id === sandboxId && isRunning(each) && !known.has(each.id))?.name ?? null
}

function isTarget(target: ContainerTarget, { id }: ListedContainer): boolean {
  return 'id' in target && target.id === id
}

/** What takes back what a step did. Images and volumes are kept anyway; limits, and the end of a pause, do no harm. */
function undoOf({ step, index, result }: Done): { readonly index: number; readonly undo: readonly Step[] } {
  return { index, undo: undoSteps(step, result) }
}

function undoSteps(step: Step, result: StepResult): readonly Step[] {
  if (step.do === 'create-record') return [{ do: 'remove-record', name: step.name }]
  if (step.do === 'create-container') return [{ do: 'remove-container', target: targetOf(step.request.name, result) }]
  if (step.do === 'create-proxy') return [{ do: 'remove-proxy', target: targetOf(step.request.name, result) }]
  if (step.do === 'start-proxy') return [{ do: 'stop-proxy', target: step.target }]
  if (step.do === 'stop-proxy') return [{ do: 'start-proxy', target: step.target }]
  if (step.do === 'start') return [{ do: 'stop', target: step.target }]
  if (step.do === 'stop') return [{ do: 'start', target: step.target }]
  // By its id: its name may be that of another's by now.
  if (step.do === 'snapshot-container' && result.imageId !== undefined) {
    return [{ do: 'remove-image', reference: result.imageId }]
  }
  return []
}

function targetOf(name: string, { containerId }: StepResult): ContainerTarget {
  if (containerId !== undefined) return { id: containerId }
  return fail('engine/no-id', 'The engine named no id', {
    detail: `It made the container ${name} and gave no id for it.`,
  })
}

/** The step may have been done although it failed. To stop what does not run, and to start what does, changes nothing. */
async function undoOfFailed(
  { begun, index, error }: Failure,
  engine: Engine,
  failures: (readonly [Step, unknown])[],
): Promise<readonly ReturnType<typeof undoOf>[]> {
  if (begun === null || isOvertaken(error)) return []
  if (begun.do === 'verify-network' && isReachable(error)) {
    return [{ index, undo: [{ do: 'stop', target: begun.target }] }]
  }
  if (['start', 'stop', 'start-proxy', 'stop-proxy'].includes(begun.do))
    return [undoOf({ step: begun, index, result: {} })]
  const isMaking = ['create-container', 'create-proxy', 'create-record', 'snapshot-container'].includes(begun.do)
  if (!isMaking) return []
  try {
    const result = await engine.madeBy(begun)
    return result.made === true ? [undoOf({ step: begun, index, result })] : []
  } catch (cause) {
    failures.push([begun, cause])
    return []
  }
}

/**
 * Whether the apply that came first needs a step not to be undone: it has taken over from the old container, so that is
 * not to run again; and it may share the record, where the two files differ in nothing that a record holds.
 */
async function isOfTheOther(step: Step, plan: SandboxPlan, engine: Engine): Promise<boolean> {
  if (step.do !== 'remove-record') return ['start', 'start-proxy', 'stop-proxy', 'remove-proxy'].includes(step.do)
  const { records } = await engine.observe(plan.id, [])
  const known = new Set(plan.steps.flatMap((planned) => (planned.do === 'remove-record' ? [planned.name] : [])))
  return !records.some(({ name }) => name !== step.name && !known.has(name))
}

function isOvertaken(error: unknown): boolean {
  return hasCode(error, 'apply/overtaken')
}

/** Whether a limited network turned out to be none. */
function isReachable(error: unknown): boolean {
  return hasCode(error, 'engine/network-reachable')
}

function hasCode(error: unknown, wanted: string): boolean {
  return error instanceof DiagnosticError && error.diagnostics.some(({ code }) => code === wanted)
}

/** Ids of the sandbox's containers that are on a network which turned out to be none, and so are not to run. */
async function exposedIds(
  { error, begun }: Failure,
  { plan, engine }: Context,
  failures: (readonly [Step, unknown])[],
): Promise<ReadonlySet<string>> {
  if (begun === null || !isReachable(error)) return new Set()
  try {
    const { containers } = await engine.observe(plan.id, [])
    return new Set(containers.filter(({ spec }) => spec.network === 'limited').map(({ id }) => id))
  } catch (cause) {
    failures.push([begun, cause])
    return new Set()
  }
}

/** Whether another apply has made a container from the snapshot that this one made. */
function isOnWhatWasMade(step: Step, error: unknown): boolean {
  const codes = ['engine/in-use', 'engine/conflict']
  return (
    step.do === 'remove-image' &&
    error instanceof DiagnosticError &&
    error.diagnostics.some(({ code }) => codes.includes(code))
  )
}

function isGone(error: unknown): boolean {
  const codes = ['engine/gone', 'engine/no-container']
  return error instanceof DiagnosticError && error.diagnostics.some(({ code }) => codes.includes(code))
}

function isCurrent(target: ContainerTarget, { current }: SandboxPlan): boolean {
  return 'id' in target && target.id === current?.containerId
}

function outcomeText({ action, current, name }: SandboxPlan, isOldBack: boolean): string {
  if (isOldBack) return `The previous container of ${name} runs again.`
  if (current === null) return action === 'create' ? 'Nothing of it was left behind.' : ''
  return `${name} is as it was: ${current.state}.`
}

/** Of an apply that failed when nothing could be lost any more, and nothing was taken back. */
export function leftoverText({ action, name }: SandboxPlan): string {
  if (action === 'remove') return `Not all of ${name} is removed. sbx prune removes what is left.`
  return `${name} is as it shall be. What is left of what it was goes with the next apply.`
}

/** The error with a line more, and with what else there is to tell. */
export function withLine(error: unknown, line: string, more: readonly Diagnostic[] = []): unknown {
  if (!(error instanceof DiagnosticError)) return error
  const [first, ...others] = error.diagnostics
  if (first === undefined) return error
  const detail = [first.detail ?? '', line].filter((text) => text !== '').join('\n')
  return new DiagnosticError([{ ...first, ...(detail === '' ? {} : { detail }) }, ...others, ...more], error.kind)
}

/** One for each cause: an engine that is gone is the same cause for all. */
function undoFailures(failures: readonly (readonly [Step, unknown])[], { action, id }: SandboxPlan): Diagnostic[] {
  const byCause = new Map<string, Step[]>()
  for (const [step, cause] of failures) {
    const why = cause instanceof DiagnosticError ? (cause.diagnostics[0]?.detail ?? cause.message) : String(cause)
    byCause.set(why, [...(byCause.get(why) ?? []), step])
  }
  const again =
    action === 'remove'
      ? { way: 'To remove the rest:', command: `sbx rm ${id}` }
      : { way: 'The next apply puts it right.', command: 'sbx apply' }
  return [...byCause].map(([why, steps]) => ({
    severity: 'error',
    code: 'apply/not-undone',
    summary: 'A step could not be taken back',
    detail: `${steps.map((step) => step.do).join(', ')}: ${why}\n${again.way}`,
    command: again.command,
  }))
}
