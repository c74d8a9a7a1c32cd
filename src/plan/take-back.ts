// What a failed apply takes back, last first, and what it says became of the sandbox. Only what this very apply has made
// or stopped is taken back.

import { hasCode } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import type { ListedContainer } from '../model/live.js'
import type { ContainerTarget, SandboxPlan, Step } from '../model/plan.js'
import type { StepEvent } from '../model/step-event.js'
import { leftoverText, outcomeText, undoFailures, withLine } from './after-failure.js'
import {
  anotherThatRuns,
  earlierThan,
  isContested,
  isGone,
  isOfTheOther,
  isOvertaken,
  isTarget,
  nameOfStaying,
  thatRuns,
  type Cause,
} from './overtaken.js'
import { probeAgain, type Probed } from './probe-again.js'
import { isReachable, undoOf, undoOfFailed, type Done, type Undo } from './undo.js'

/**
 * What ended an apply; `begun` is the step that did not get to its end, null where it was never asked for. `shared` takes
 * back what another apply of the same file has made, and nobody needs once a third one was first: the last to step back
 * removes it.
 */
export type Failure = Cause & {
  readonly index: number
  readonly begun: Step | null
  readonly shared: readonly Undo[]
}

type Context = {
  readonly plan: SandboxPlan
  readonly engine: Engine
  readonly onStep: (event: StepEvent) => void
  readonly beforeStartAgain?: (target: ContainerTarget) => Promise<void>
}

/** What has become of the sandbox; `winner` is a container that another apply has brought up. */
type Aftermath = {
  isOldBack: boolean
  /** Whether it has a way out again that nobody has tried out. */
  isToBeProbed: boolean
  /** What that came to; null where it was not tried. */
  probed: Probed | null
  isOldGone: boolean
  winner: ListedContainer | null
  /** Ids of its containers that are not to run; null where nobody can tell, and so each of them. */
  readonly exposed: ReadonlySet<string> | null
  readonly failures: (readonly [Step, unknown])[]
}

/** Gives the error to throw. What cannot be taken back is told beside it. */
export async function takeBack(done: readonly Done[], failure: Failure, context: Context): Promise<unknown> {
  const { plan, engine, onStep } = context
  const { error } = failure
  const failures: Aftermath['failures'] = []
  const exposed = await exposedIds(failure, context, failures)
  // Of two applies that both have stopped the old container, the other may have ended well by now.
  const after: Aftermath = {
    ...{ isOldBack: false, isToBeProbed: false, probed: null, isOldGone: false, winner: null },
    ...{ exposed, failures },
  }
  const made = done.flatMap(({ step, result }) => (step.do === 'create-container' ? [result.containerId ?? ''] : []))
  const undos = failure.stays
    ? done.filter(({ step }) => step.do === 'create-proxy' || step.do === 'create-record').map(undoOf)
    : [
        ...(isOvertaken(error) ? failure.shared : []),
        ...done.map(undoOf),
        ...(await undoOfFailed(failure, engine, failures)),
      ]
  for (const { index, undo } of undos.toReversed()) {
    for (const step of undo) {
      try {
        const isStart = step.do === 'start'
        if (isStart && (await isToStay(step.target, after, made, context))) continue
        if (step.do === 'stop' && isOfAnotherHand(failure)) {
          after.winner ??= await thatRuns(step.target, engine)
          if (after.winner !== null) continue
        }
        const isTakenOver = after.winner !== null || isOvertaken(error)
        if (isTakenOver && (await isOfTheOther(step, plan, engine))) continue
        // Until it was tried out, a record says that it is to be.
        if (step.do === 'remove-record') await probe(after, context)
        if (step.do === 'remove-record' && (isNeeded(index, plan) || failures.some(isOfImage))) continue
        if (isStart) await context.beforeStartAgain?.(step.target)
        const { made: isUndone } = await engine.perform(step)
        if (isUndone === false) continue
        if (isStart && isContested(plan)) {
          after.winner = await earlierThan(step.target, plan, engine)
          if (after.winner !== null) {
            await engine.perform({ do: 'stop', target: step.target })
            continue
          }
        }
        after.isOldBack ||= isStart && isCurrent(step.target, plan)
        after.isToBeProbed ||= (isStart && isCurrent(step.target, plan)) || (step.do === 'start-proxy' && runs(plan))
        onStep({ kind: 'undone', step, index, count: plan.steps.length })
      } catch (cause) {
        if (plan.action === 'remove' && isGone(cause)) after.isOldGone = true
        else if (step.do !== 'start' && isGone(cause)) continue
        else if (!isOnWhatWasMade(step, cause)) failures.push([step, cause])
        // Another apply of the same file goes on with it, or steps back from it in its turn.
        else if (step.do === 'remove-container') after.winner ??= await thatRuns(step.target, engine)
      }
    }
  }
  await probe(after, context)
  if (failures.length === 0 && isContested(plan) && !after.isOldBack && !isOvertaken(error)) {
    const target = { id: plan.current?.containerId ?? '' }
    after.winner ??= anotherThatRuns(await engine.list(), target, made, plan)
  }
  if (failures.length > 0) return withLine(error, '', undoFailures(failures, plan))
  const staying = after.winner === null ? null : await nameOfStaying(after.winner, engine)
  return withLine(error, lineAfter(error, after, staying, plan))
}

/** Whether the record alone tells that the volume of a clone, which stays, was not filled: one that is written before that is. */
function isNeeded(index: number, { steps }: SandboxPlan): boolean {
  return steps.slice(index + 1).some((later) => later.do === 'create-volume' && later.holds === 'workspace')
}

/**
 * Whether another apply is at work with the container that this one has started: what was waited for had stopped by then,
 * so that who runs there was started by another; or the way out is gone, for which the other has one of its own.
 */
function isOfAnotherHand({ error, begun }: Failure): boolean {
  if (begun?.do === 'await-ready') return hasCode(error, 'engine/start-failed')
  return (begun?.do === 'start-proxy' || begun?.do === 'verify-network') && isGone(error)
}

/** A snapshot that stays: its record alone tells the next plan that it may be there. */
function isOfImage([step]: readonly [Step, unknown]): boolean {
  return step.do === 'remove-image'
}

/** Once; what is not closed does not stay up. */
async function probe(after: Aftermath, { plan, engine }: Context): Promise<void> {
  const isKept = after.exposed === null || after.exposed.has(plan.current?.containerId ?? '')
  if (!after.isToBeProbed || after.winner !== null || isKept) return
  after.isToBeProbed = false
  after.probed = await probeAgain(plan, engine, after.failures)
  after.isOldBack &&= after.probed === 'closed'
}

function runs({ current }: SandboxPlan): boolean {
  return current?.state === 'running'
}

function lineAfter(
  error: unknown,
  { isOldBack, isOldGone, winner, exposed, probed }: Aftermath,
  staying: string | null,
  plan: SandboxPlan,
): string {
  if (isOldGone) return leftoverText(plan)
  if (isOvertaken(error)) return isOldBack ? `${plan.current?.name ?? ''} runs again.` : ''
  if (staying !== null) return `Another apply has brought ${plan.name} up meanwhile: ${staying} stays.`
  if (winner !== null) return `Another apply is at work on ${plan.name}, and this one has left it to that.`
  if (probed === 'unknown') return `${plan.name} does not run: nobody could tell what it reaches.`
  if (probed === 'open' || exposed?.has(plan.current?.containerId ?? '') === true) {
    return `${plan.name} does not run: it could reach more than its file says.`
  }
  return outcomeText(plan, isOldBack)
}

/** Whether one that this apply has stopped is not to be started again. */
async function isToStay(
  target: ContainerTarget,
  after: Aftermath,
  made: readonly string[],
  { plan, engine }: Context,
): Promise<boolean> {
  if (after.exposed === null || ('id' in target && after.exposed.has(target.id))) return true
  const listed = await engine.list()
  after.winner ??= anotherThatRuns(listed, target, made, plan)
  // A stop that never came to pass leaves one paused that was, which cannot be started and need not be.
  return after.winner !== null || listed.some((each) => isTarget(target, each) && each.state === 'paused')
}

/** Ids of the sandbox's containers that are on a network which turned out to be none, and so are not to run. */
async function exposedIds(
  { error, begun }: Failure,
  { plan, engine }: Context,
  failures: (readonly [Step, unknown])[],
): Promise<ReadonlySet<string> | null> {
  if (begun === null || !isReachable(error)) return new Set()
  try {
    const own = (await engine.list()).filter(({ sandbox }) => sandbox.id === plan.id)
    return new Set(own.filter(({ spec }) => spec.network === 'limited').map(({ id }) => id))
  } catch (cause) {
    failures.push([begun, cause])
    return null
  }
}

/** Whether another apply has started the container that this one made, or made one from its snapshot. */
function isOnWhatWasMade(step: Step, error: unknown): boolean {
  const isMade = step.do === 'remove-image' || step.do === 'remove-container'
  return isMade && hasCode(error, 'engine/in-use', 'engine/conflict')
}

function isCurrent(target: ContainerTarget, { current }: SandboxPlan): boolean {
  return 'id' in target && target.id === current?.containerId
}
