// What becomes of a sandbox once it is decided which container there shall be: what is to be read of it, and what to be done.

import type { DesiredSandbox } from '../model/desired.js'
import type { LiveContainer, LiveSandbox } from '../model/live.js'
import { containerName } from '../model/names.js'
import type { Note } from '../model/note.js'
import type { FieldChange, SandboxPlan, Step } from '../model/plan.js'
import type { RecordSpec } from '../model/spec.js'
import { basisOf, basisOfSuccessor, carriedNotes, type Basis } from './carried.js'
import { egressChanges, egressNotes, planEgress } from './egress.js'
import { coveredAnew, uncoveredChanges } from './hidden.js'
import { homeFate, homeImage, type HomeFate } from './homes.js'
import { isRunning } from './in-use.js'
import { differenceOf, type LiveDifference } from './live-spec.js'
import { movedTag, newerRecipes, templateImage, toldOnce, unfinishedApply } from './notes.js'
import { prepareChanges, skippedNotes } from './prepare.js'
import { keptAction, keptReason, replacedReason } from './reasons.js'
import { isOtherFolder, onFolder, recordFor, recordToKeep, stoodOn } from './records.js'
import type { PlanOptions, Situation } from './situation.js'
import { stepsTo, type Outcome } from './steps.js'
import { carriedOver, tailOf } from './tail.js'
import { folderChange, imageChange, readyChange, whatIsGone } from './unasked-changes.js'

type Fate = Pick<SandboxPlan, 'action' | 'reason' | 'changes' | 'ignored' | 'unchanged' | 'notes' | 'keeps' | 'steps'>

export function planKept(situation: Situation, difference: LiveDifference, notes: readonly Note[]): Fate {
  const { desired, live, options, applied, current } = situation
  const startedOn = applied?.inode ?? current.sandbox.inode
  const isMoved = isOtherFolder(desired, startedOn)
  const uncovered = uncoveredChanges(options.fallenOut ?? [])
  const home = homeFate(situation, { reference: current.imageId, id: templateImage(current).id }, false)
  const record = recordToKeep(situation, {
    ...onFolder(current, desired, situation.record),
    ...home.record,
    ...carriedOver(desired, live, current.name),
  })
  const tail = tailOf({ desired, options, target: { id: current.id }, container: current.name }, record)
  const steps = stepsTo({
    scope: options.scope,
    desired,
    live,
    record,
    container: {
      keep: current,
      restart: isMoved || current.readiness === 'lost' || home.steps?.refresh !== undefined || uncovered.length > 0,
      ignored: difference.ignored,
    },
    files: null,
    egress: planEgress(desired, live, options),
    home: home.steps,
    tail,
  })
  const changes = [
    ...difference.changes,
    ...egressChanges(desired, live, options),
    ...(isMoved ? [folderChange(startedOn, desired.inode)] : []),
    ...readyChange(current),
    ...uncovered,
    ...home.changes,
    ...preparing(steps, desired),
  ]
  const action = keptAction(current, steps)
  const leftovers = live.containers.filter((container) => container.id !== current.id)
  const moved = movedTag(desired, live, current)
  return {
    action,
    reason:
      tail.seed !== null && action === 'update' && applied !== null
        ? 'interrupted_apply'
        : keptReason(action, situation, changes),
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
      ...skippedNotes(desired, record.spec.prepared, current.name, options),
      ...(options.sshSocketMoved === true && isRunning(current) ? [{ kind: 'ssh-agent-moved' } as const] : []),
      ...unfinishedApply(current.state === 'created' ? [current, ...leftovers] : leftovers, live),
    ],
    steps,
  }
}

function ignoredOf({ ignored }: LiveDifference): Pick<SandboxPlan, 'ignored'> {
  return ignored.length === 0 ? {} : { ignored }
}

export function planReplaced(
  situation: Situation,
  kept: LiveContainer | null,
  difference: LiveDifference,
  notes: readonly Note[],
): Fate {
  const { desired, live, options, record, current } = situation
  const basis = kept === null ? basisOf(situation) : basisOfSuccessor(situation, kept)
  const image = kept === null && basis.carried === undefined ? imageChange(situation) : null
  const home = homeFate(situation, homeImage(situation, kept, basis), true)
  const leftovers = live.containers.filter((container) => container.id !== current.id)
  const steps =
    kept === null
      ? stepsToNew(
          basis.desired,
          live,
          { ...record, ...home.record, ...stoodOn(basis), ...carriedOver(desired, live, null) },
          current.id,
          options,
          { files: basis.files, home: home.steps },
        )
      : stepsToSuccessor(situation, kept, basis, home)
  const changes = [
    ...difference.changes,
    ...egressChanges(desired, live, options),
    ...whatIsGone(situation),
    ...(image === null ? [] : [image]),
    ...coveredAnew(desired, difference.changes, options),
    ...home.changes,
    ...preparing(steps, desired),
  ]
  return {
    action: 'recreate',
    reason: replacedReason(kept, changes, options),
    changes,
    ...ignoredOf(difference),
    unchanged: difference.unchanged,
    notes: [
      ...notes,
      ...toldOnce(desired),
      ...basis.notes,
      ...home.notes,
      ...skippedNotes(desired, undefined, null, options),
      ...unfinishedApply(leftovers, live),
    ],
    ...(basis.keeps === null ? {} : { keeps: basis.keeps }),
    steps,
  }
}

/** To one that an unfinished apply has made, or that was in use before. */
function stepsToSuccessor(situation: Situation, kept: LiveContainer, basis: Basis, home: HomeFate): Step[] {
  const { desired, live, options, applied, record } = situation
  const written = recordFor(options.scope, desired.id, {
    ...onFolder(kept, desired, record),
    ...home.record,
    ...stoodOn(kept.spec),
    ...carriedOver(desired, live, kept.name),
  })
  return stepsTo({
    scope: options.scope,
    desired,
    live,
    record: written,
    container: {
      keep: kept,
      restart:
        isRunning(kept) &&
        (isOtherFolder(desired, kept.sandbox.inode) || kept.readiness === 'lost' || home.steps?.refresh !== undefined),
      ignored: differenceOf(desired, record, kept, applied).ignored,
    },
    files: basis.files,
    egress: planEgress(desired, live, options),
    home: home.steps,
    tail: tailOf({ desired, options, target: { id: kept.id }, container: kept.name }, written),
  })
}

export function stepsToNew(
  desired: DesiredSandbox,
  live: LiveSandbox,
  record: RecordSpec,
  replaces: string | null,
  options: PlanOptions,
  beside: Pick<Outcome, 'files' | 'home'> = { files: null, home: null },
): Step[] {
  const name = containerName(options.scope, desired.id, desired.containerSpec, replaces)
  const written = recordFor(options.scope, desired.id, record)
  return stepsTo({
    scope: options.scope,
    desired,
    live,
    ...beside,
    egress: planEgress(desired, live, options),
    record: written,
    container: { make: name, replaces },
    tail: tailOf({ desired, options, target: { made: name }, container: name }, written),
  })
}

export function preparing(steps: readonly Step[], desired: DesiredSandbox): FieldChange[] {
  return prepareChanges(
    steps.filter((step) => step.do === 'prepare'),
    desired,
  )
}
