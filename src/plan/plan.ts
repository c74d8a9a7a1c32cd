// What will become of one sandbox. Pure: the same file and the same engine give the same plan, and a plan is all that
// `apply` needs.

import type { DesiredSandbox } from '../model/desired.js'
import type { LiveContainer, LiveRecord, LiveSandbox } from '../model/live.js'
import { containerName } from '../model/names.js'
import type { Note } from '../model/note.js'
import type { SandboxPlan, Step } from '../model/plan.js'
import type { RecordSpec } from '../model/spec.js'
import { basisOf, basisOfSuccessor, carriedNotes, isOutrun } from './carried.js'
import { coveredAnew, hiddenNotes, uncoveredChanges, withGoneHidden } from './hidden.js'
import { homeFate, homeImage } from './homes.js'
import { keepMissingValues, missingValueNotes } from './host-values.js'
import { containerInUse, isRunning, olderFirst } from './in-use.js'
import { differenceOf, lastApplied, settingsOf, asAsked, type LiveDifference } from './live-spec.js'
import { egressChanges, egressNotes, planEgress } from './egress.js'
import { leftBehind, unfinishedAdoption } from './left-behind.js'
import { keptAction, keptReason, replacedReason } from './reasons.js'
import { folderChange, imageChange, imageUpgrade, readyChange, whatIsGone } from './unasked-changes.js'
import type { PlanOptions, Situation } from './situation.js'
import { movedTag, newerRecipes, sharedLogin, templateImage, toldOnce } from './notes.js'
import { onFolder, recordFor, recordToKeep, stoodOn } from './records.js'
import { withoutIdlePins } from './pins.js'
import { plannedGrants } from './planned-grants.js'
import { stepsTo, type Outcome } from './steps.js'

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
    const changes = [...settingsOf(desired), ...egressChanges(desired, live, options)]
    const steps = stepsToNew(desired, live, record, null, options)
    return {
      ...common,
      action: 'create',
      reason,
      changes,
      unchanged: 0,
      notes: [...notes, ...toldOnce(desired)],
      steps,
    }
  }

  const situation: Situation = { desired, live, options, applied, record, current }
  const difference = differenceOf(desired, record, current, applied)
  const kept = containerToKeep(situation, difference)
  return kept === current
    ? { ...common, ...planKept(situation, difference, notes) }
    : { ...common, ...planReplaced(situation, kept, difference, notes) }
}

type Fate = Pick<SandboxPlan, 'action' | 'reason' | 'changes' | 'ignored' | 'unchanged' | 'notes' | 'keeps' | 'steps'>

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
  if (!live.hasHome || !container.startable || container.state === 'dead' || container.state === 'removing')
    return false
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

function planKept(situation: Situation, difference: LiveDifference, notes: readonly Note[]): Fate {
  const { desired, live, options, applied, current } = situation
  const startedOn = applied?.inode ?? current.sandbox.inode
  const isOtherFolder = startedOn !== desired.inode
  const uncovered = uncoveredChanges(options.fallenOut ?? [])
  const home = homeFate(situation, { reference: current.imageId, id: templateImage(current).id }, false)
  const record = recordToKeep(situation, { ...onFolder(current, desired, situation.record), ...home.record })
  const steps = stepsTo({
    scope: options.scope,
    desired,
    live,
    record,
    container: {
      keep: current,
      restart:
        isOtherFolder || current.readiness === 'lost' || home.steps?.refresh !== undefined || uncovered.length > 0,
      ignored: difference.ignored,
    },
    files: null,
    egress: planEgress(desired, live, options),
    home: home.steps,
  })
  const changes = [
    ...difference.changes,
    ...egressChanges(desired, live, options),
    ...(isOtherFolder ? [folderChange(startedOn, desired.inode)] : []),
    ...readyChange(current),
    ...uncovered,
    ...home.changes,
  ]
  const action = keptAction(current, steps)
  const leftovers = live.containers.filter((container) => container.id !== current.id)
  const moved = movedTag(desired, live, current)
  return {
    action,
    reason: keptReason(action, situation, changes),
    changes,
    ...ignoredOf(difference),
    unchanged: difference.unchanged,
    notes: [
      ...notes,
      ...(moved === null ? [] : [moved]),
      ...newerRecipes(desired, current, options.entrypoint),
      ...egressNotes(desired, live, options),
      ...carriedNotes(current),
      ...home.notes,
      ...unfinished(current.state === 'created' ? [current, ...leftovers] : leftovers, live),
    ],
    steps,
  }
}

function ignoredOf({ ignored }: LiveDifference): Pick<SandboxPlan, 'ignored'> {
  return ignored.length === 0 ? {} : { ignored }
}

function planReplaced(
  situation: Situation,
  kept: LiveContainer | null,
  difference: LiveDifference,
  notes: readonly Note[],
): Fate {
  const { desired, live, options, record, current } = situation
  const basis = kept === null ? basisOf(situation) : basisOfSuccessor(situation, kept)
  const image = kept === null && basis.carried === undefined ? imageChange(situation) : null
  const home = homeFate(situation, homeImage(situation, kept, basis), true)
  const changes = [
    ...difference.changes,
    ...egressChanges(desired, live, options),
    ...whatIsGone(situation),
    ...(image === null ? [] : [image]),
    ...coveredAnew(desired, difference.changes, options),
    ...home.changes,
  ]
  const leftovers = live.containers.filter((container) => container.id !== current.id)
  const steps =
    kept === null
      ? stepsToNew(basis.desired, live, { ...record, ...home.record, ...stoodOn(basis) }, current.id, options, {
          files: basis.files,
          home: home.steps,
        })
      : stepsTo({
          scope: options.scope,
          desired,
          live,
          record: recordFor(options.scope, desired.id, {
            ...onFolder(kept, desired, record),
            ...home.record,
            ...stoodOn(kept.spec),
          }),
          container: {
            keep: kept,
            restart:
              isRunning(kept) &&
              (kept.sandbox.inode !== desired.inode || kept.readiness === 'lost' || home.steps?.refresh !== undefined),
            ignored: differenceOf(desired, record, kept, situation.applied).ignored,
          },
          files: basis.files,
          egress: planEgress(desired, live, options),
          home: home.steps,
        })
  return {
    action: 'recreate',
    reason: replacedReason(kept, changes, options),
    changes,
    ...ignoredOf(difference),
    unchanged: difference.unchanged,
    notes: [...notes, ...toldOnce(desired), ...basis.notes, ...home.notes, ...unfinished(leftovers, live)],
    ...(basis.keeps === null ? {} : { keeps: basis.keeps }),
    steps,
  }
}

function stepsToNew(
  desired: DesiredSandbox,
  live: LiveSandbox,
  record: RecordSpec,
  replaces: string | null,
  options: PlanOptions,
  beside: Pick<Outcome, 'files' | 'home'> = { files: null, home: null },
): Step[] {
  return stepsTo({
    scope: options.scope,
    desired,
    live,
    ...beside,
    egress: planEgress(desired, live, options),
    record: recordFor(options.scope, desired.id, record),
    container: { make: containerName(options.scope, desired.id, desired.containerSpec, replaces), replaces },
  })
}

/** One that got no further than its record has left no container. */
function unfinished(leftovers: readonly LiveContainer[], { records }: LiveSandbox): Note[] {
  if (leftovers.length === 0 && records.length < 2) return []
  const times = leftovers.length > 0 ? leftovers.map(({ createdAt }) => createdAt) : records.map(secondsOf)
  const at = Math.max(...times)
  return [{ kind: 'unfinished-apply', containers: leftovers.map(({ name }) => name), at }]
}

function secondsOf({ createdAt }: LiveRecord): number {
  return Math.floor(Date.parse(createdAt) / 1000) || 0
}

function summaryOf(container: LiveContainer): NonNullable<SandboxPlan['current']> {
  const { id, name, state, startedAt, imageId } = container
  return { containerId: id, name, state, startedAt, imageId }
}
