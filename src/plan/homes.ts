// A home volume has the files of the image that it was filled from, and every later image has its own in vain. Which
// image that was follows from the container, until there is one of another image; from then on the record says it.

import { hiddenFiles } from '../model/home.js'
import type { LiveContainer, LiveSandbox } from '../model/live.js'
import { agentHome } from '../model/names.js'
import type { Note } from '../model/note.js'
import type { FieldChange, SandboxPlan, ShownValue, Step } from '../model/plan.js'
import type { RecordSpec } from '../model/spec.js'
import type { Basis } from './carried.js'
import { templateImage } from './notes.js'
import type { Situation } from './situation.js'

/** What becomes of the home under one image. */
export type HomeFate = {
  readonly record: Pick<RecordSpec, 'home'>
  readonly changes: readonly FieldChange[]
  readonly notes: readonly Note[]
  /** Null where there is nothing to do. */
  readonly steps: HomeSteps | null
}

export type HomeSteps = {
  readonly compare: Step
  /** To be done while nothing runs in the home; without its target. Absent where nothing is to be brought. */
  readonly refresh?: Omit<Extract<Step, { do: 'refresh-home' }>, 'target'>
}

/** The image that a home is going to be under: by any name, and its id where the engine has it already. */
export type HomeImage = { readonly reference: string; readonly id: string | null }

/** Of a sandbox that has a container. `isMade` where one of that image takes its place. */
export function homeFate(situation: Situation, image: HomeImage, isMade: boolean): HomeFate {
  const { applied, current, live, options, desired } = situation
  const said = isMade ? {} : homeOf(applied)
  if (!live.hasHome) return { record: {}, changes: [], notes: [], steps: null }
  const from = applied?.home ?? templateImage(current).id
  if (image.id === from) return { record: said, changes: [], notes: [], steps: null }

  const [before, after] = [options.homes?.[from], image.id === null ? undefined : options.homes?.[image.id]]
  const hidden = hiddenFiles(before, after)
  const isKnown = hidden !== null || before === 'too-much' || after === 'too-much'
  const isBrought = options.refreshHome !== undefined
  const note: Note = {
    ...{ kind: 'older-home', from, to: image.id, isBrought },
    ...(hidden === null ? {} : { hidden }),
  }
  const names = { sandboxId: desired.id, from, to: image.reference }
  const compare: Step = { do: 'compare-homes', ...names, isNeeded: isBrought }
  if (options.refreshHome === undefined) {
    return {
      record: { home: from },
      changes: [],
      // Only an apply that compares them makes more known.
      notes: isKnown ? (hidden === null || hidden.count === 0 ? [] : [note]) : isMade ? [note] : [],
      steps: isMade ? { compare } : null,
    }
  }
  const mounted = Object.keys(desired.containerSpec.mounts).filter((path) => path.startsWith(`${agentHome}/`))
  const except = [...new Set([...options.refreshHome.except, ...mounted])].sort()
  const shown: ShownValue = image.id === null ? { unknown: true } : { value: image.id }
  return {
    record: {},
    changes: [
      {
        ...{ path: homePath, op: 'change', effect: isMade ? 'live' : 'restart', origin: 'requested' },
        ...{ before: { value: from }, after: shown },
      },
    ],
    notes: [note],
    steps: { compare, refresh: { do: 'refresh-home', ...names, except } },
  }
}

/** The image that the container will be of: that of the one that is kept, or what a new one is made from. */
export function homeImage({ live }: Situation, kept: LiveContainer | null, { desired, carried }: Basis): HomeImage {
  if (kept !== null) return { reference: kept.imageId, id: templateImage(kept).id }
  const { reference } = desired.image
  if (carried !== undefined) return { reference, id: carried.base.id }
  return { reference, id: live.newer?.[reference] === undefined ? (live.images[reference] ?? null) : null }
}

/** Which image the files of the home are of, as a change of a plan. */
export const homePath = '/home'

function homeOf(record: RecordSpec | null): Pick<RecordSpec, 'home'> {
  return record?.home === undefined ? {} : { home: record.home }
}

/** The images whose homes say what a plan hides, by id; none where there is nothing to compare. */
export function comparedImages({ notes, current }: SandboxPlan, live: LiveSandbox): readonly string[] {
  const noted = notes.flatMap((note) => (note.kind === 'older-home' ? [note.from, note.to] : []))
  const recorded = live.records.flatMap(({ spec: { home } }) => (home === undefined ? [] : [home]))
  const inUse = live.containers.find(({ id }) => id === current?.containerId)
  const own = recorded.length === 0 || inUse === undefined ? [] : [templateImage(inUse).id]
  return [...new Set([...noted, ...recorded, ...own])].filter((id) => id !== null)
}
