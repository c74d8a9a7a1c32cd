// Files that a person chose to keep. Where the template is as it was they are in a snapshot of the container that had
// them, and what follows is made from that until the template changes; where it is another, they are copied.

import type { DesiredSandbox } from '../model/desired.js'
import type { ListedContainer, LiveContainer } from '../model/live.js'
import { snapshotReference } from '../model/names.js'
import type { Note } from '../model/note.js'
import type { Step } from '../model/plan.js'
import type { CarriedSpec } from '../model/spec.js'
import { isEqual } from './diff.js'
import { movedTag, newerRecipes, templateImage } from './notes.js'
import { ownPaths } from './own-paths.js'
import { debianBookkeeping } from './packages.js'
import type { PlanOptions, Situation } from './situation.js'
import { imageChange, imageUpgrade } from './unasked-changes.js'

/** How what a container has of its own gets into the one that follows. */
export type Files = {
  /** Full id of the one that has them. */
  readonly from: string
  readonly as: 'snapshot' | Pick<Extract<Step, { do: 'copy-files' }>, 'except' | 'exceptWithPackages' | 'seen'>
}

/** What stands in place of the container in use is made of, and how it gets what that one has of its own. */
export type Basis = {
  /** As it is to be made: on a snapshot where there is one. */
  readonly desired: DesiredSandbox
  readonly carried: CarriedSpec | undefined
  readonly keeps: 'snapshot' | 'copy' | null
  readonly files: Files | null
  readonly notes: readonly Note[]
}

/** Of a container that is to be made. */
export function basisOf(situation: Situation): Basis {
  const { desired, current, options } = situation
  const { carried } = current.spec
  const keeps = options.keep === 'files' && current.startedAt !== null
  if (isOnNewImage(situation)) return copied(situation, keeps)
  if (keeps) {
    const image = snapshotReference(options.scope, desired.id, current.id)
    return onSnapshot(situation, { image, base: templateImage(current) }, true)
  }
  return carried === undefined ? copied(situation, false) : onSnapshot(situation, carried, false)
}

/** Of a replacement that an unfinished apply has made: a copy is done again where it was done. */
export function basisOfSuccessor(situation: Situation, successor: LiveContainer): Basis {
  const { desired, current, options } = situation
  const { carried } = successor.spec
  if (carried === undefined || !isMadeFromSnapshotOf(successor, current)) {
    const basis = copied(situation, options.keep === 'files' && current.startedAt !== null)
    return { ...basis, carried, notes: carried === undefined ? basis.notes : carriedNotes(successor) }
  }
  const notes = carriedNotes(successor)
  return { desired, carried, keeps: 'snapshot', files: { from: current.id, as: 'snapshot' }, notes }
}

/** Whether it was made from a snapshot of the container in use that lacks what has come about in that since. */
export function isOutrun(container: LiveContainer, current: LiveContainer): boolean {
  if (!isMadeFromSnapshotOf(container, current)) return false
  return Date.parse(current.startedAt ?? '') > Date.parse(container.carriedAt ?? '')
}

/** Of a sandbox that goes on with what was kept. */
export function carriedNotes(container: ListedContainer): Note[] {
  return container.spec.carried === undefined ? [] : [{ kind: 'carries-files', ...snapshotFacts(container) }]
}

/** What was kept once weighs more than an image that moved on: only who asks for that one gets it. */
function isOnNewImage(situation: Situation): boolean {
  const { desired, current, options } = situation
  const { template, setup, carried } = current.spec
  if (!isEqual(desired.containerSpec.template, template) || !isEqual(desired.containerSpec.setup, setup)) return true
  if (carried === undefined) return imageChange(situation) !== null
  return options.upgrade && imageUpgrade(situation, current) !== null
}

/**
 * The recipe is that of the image beneath the snapshot, whatever a newer sbx has. A snapshot that is in use goes by its
 * id, which stays as long as it is: a name somebody can take away.
 */
function onSnapshot({ desired, live, current, options }: Situation, carried: CarriedSpec, isNew: boolean): Basis {
  const moved = movedTag(desired, live, current)
  return {
    desired: {
      ...desired,
      containerSpec: { ...desired.containerSpec, carried },
      image: { reference: isNew ? carried.image : current.imageId, recipe: current.recipe, movable: false, steps: [] },
    },
    carried,
    keeps: isNew ? 'snapshot' : null,
    files: isNew ? { from: current.id, as: 'snapshot' } : null,
    notes: [
      ...(moved === null ? [] : [moved]),
      ...newerRecipes(desired, current, options.entrypoint).filter((note) => 'isHeld' in note),
      ...(isNew ? [] : carriedNotes(current)),
    ],
  }
}

/** On the template's image, with or without what was there. */
function copied({ desired, current, options }: Situation, keeps: boolean): Basis {
  return {
    desired,
    carried: undefined,
    keeps: keeps ? 'copy' : null,
    files: keeps ? { from: current.id, as: copyOptions(options) } : null,
    notes:
      current.spec.carried === undefined
        ? []
        : [{ kind: 'drops-carried-files', ...snapshotFacts(current), isCopied: keeps }],
  }
}

/** What package managers know of the old image they would say of the new one. */
function copyOptions({ keptFiles }: PlanOptions): Exclude<Files['as'], 'snapshot'> {
  return {
    except: ownPaths,
    exceptWithPackages: debianBookkeeping,
    ...(keptFiles === undefined ? {} : { seen: keptFiles }),
  }
}

function snapshotFacts({ carriedAt, carriedBytes }: ListedContainer): { takenAt: string; bytes?: number } {
  return { takenAt: carriedAt ?? '', ...(carriedBytes === undefined ? {} : { bytes: carriedBytes }) }
}

function isMadeFromSnapshotOf({ spec }: ListedContainer, { id }: ListedContainer): boolean {
  return spec.carried !== undefined && spec.carried.image.endsWith(`:${id.slice(0, 12)}`)
}
