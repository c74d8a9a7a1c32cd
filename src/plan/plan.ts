// What will become of one sandbox. Pure: the same file and the same engine give the same plan, and a plan is all that
// `apply` needs.

import type { DesiredSandbox } from '../model/desired.js'
import type { LiveContainer, LiveSandbox } from '../model/live.js'
import type { SandboxPlan } from '../model/plan.js'
import { isOutrun } from './carried.js'
import { egressChanges } from './egress.js'
import { planKept, planReplaced, preparing, stepsToNew } from './fates.js'
import { hiddenNotes, withGoneHidden } from './hidden.js'
import { keepMissingValues, missingValueNotes } from './host-values.js'
import { containerInUse, isRunning, olderFirst } from './in-use.js'
import { leftBehind, unfinishedAdoption } from './left-behind.js'
import { asAsked, differenceOf, lastApplied, settingsOf, type LiveDifference } from './live-spec.js'
import { droppedFlags, sharedLogin, toldOnce } from './notes.js'
import { withoutIdlePins } from './pins.js'
import { plannedGrants } from './planned-grants.js'
import { skippedNotes } from './prepare.js'
import type { PlanOptions, Situation } from './situation.js'
import { carriedOver } from './tail.js'
import { imageUpgrade } from './unasked-changes.js'
import { hasVolumes } from './volumes.js'

export function planSandbox(wanted: DesiredSandbox, live: LiveSandbox, options: PlanOptions): SandboxPlan {
  const desired = withoutIdlePins(wanted, live)
  const asItRuns = withGoneHidden(desired, live)
  if (asItRuns !== desired) {
    const plan = planPinned(asItRuns, live, options)
    if (!plan.steps.some((step) => step.do === 'start')) return plan
  }
  return planPinned(desired, live, options)
}

function planPinned(desired: DesiredSandbox, live: LiveSandbox, options: PlanOptions): SandboxPlan {
  const current = containerInUse(live.containers)
  const applied = lastApplied(live.records, desired.recordSpec, current)
  const record = asAsked(keepMissingValues(desired.recordSpec, applied))
  const common = {
    id: desired.id,
    name: desired.displayName,
    grants: plannedGrants(desired, live, current, applied, options),
    current: current === null ? null : summaryOf(current),
  }
  const notes = [
    ...missingValueNotes(desired.recordSpec, desired.origins),
    ...leftBehind(desired, live, options),
    ...unfinishedAdoption(live),
    ...sharedLogin(desired, live),
    ...hiddenNotes(desired, options),
  ]
  if (current === null) {
    const reason = live.records.length > 0 ? 'missing' : 'new'
    const steps = stepsToNew(desired, live, { ...record, ...carriedOver(desired, live, null) }, null, options)
    const changes = [...settingsOf(desired), ...egressChanges(desired, live, options), ...preparing(steps, desired)]
    return {
      ...common,
      action: 'create',
      reason,
      changes,
      unchanged: 0,
      notes: [...notes, ...toldOnce(desired), ...skippedNotes(desired, undefined, null, options)],
      steps,
    }
  }

  const situation: Situation = { desired, live, options, applied, record, current }
  const difference = differenceOf(desired, record, current, applied)
  const kept = containerToKeep(situation, difference)
  const fate =
    kept === current ? planKept(situation, difference, notes) : planReplaced(situation, kept, difference, notes)
  return { ...common, ...fate, notes: [...fate.notes, ...droppedFlags(desired.recordSpec, applied, fate.changes)] }
}

/**
 * The container that there shall be in the end, of those that are there; null where one must be made. A replacement that
 * an unfinished apply has made is taken before the one in use, so that the apply is finished and not undone. One in use
 * that cannot stay may still be followed by its predecessor, where the file has gone back to that.
 */
function containerToKeep(situation: Situation, difference: LiveDifference): LiveContainer | null {
  const { live, current, options } = situation
  const fitting = [...live.containers].sort(olderFirst).filter((container) => isFit(situation, container, difference))
  const successor = fitting.find((container) => container.replaces === current.id)
  if (successor !== undefined) return successor
  if (options.recreate) return null
  return fitting.find((container) => container.id === current.id) ?? fitting[0] ?? null
}

/** `difference` is that of the one in use. */
function isFit(situation: Situation, container: LiveContainer, difference: LiveDifference): boolean {
  const { desired, live, options, applied, record, current } = situation
  if (!live.hasHome || !hasVolumes(desired, live) || !container.startable) return false
  if (container.state === 'dead' || container.state === 'removing') return false
  if (isOutrun(container, current)) return false
  // Another apply has brought it up too late, or made it in vain, and removes it any moment.
  if (container !== current && isInVain(container, current)) return false
  if (options.upgrade && imageUpgrade(situation, container) !== null) return false
  const { changes } = container === current ? difference : differenceOf(desired, record, container, applied)
  return changes.every((change) => change.effect !== 'recreate')
}

function isInVain(container: LiveContainer, current: LiveContainer): boolean {
  if (isRunning(container)) return true
  return container.replaces !== current.id && (container.state === 'created' || container.replaces === current.replaces)
}

function summaryOf(container: LiveContainer): NonNullable<SandboxPlan['current']> {
  const { id, name, state, startedAt, imageId, spec } = container
  const isLimited = spec.network === 'limited' ? ({ isLimited: true } as const) : {}
  return { containerId: id, name, state, startedAt, imageId, ...isLimited }
}
