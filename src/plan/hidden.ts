// What of the workspace is hidden, as the plan sees it: what is there decides what is covered, and what is covered stays so
// while the sandbox runs.

import { pointer } from '../model/json.js'
import type { DesiredSandbox } from '../model/desired.js'
import { isAlive, type LiveSandbox } from '../model/live.js'
import type { Note } from '../model/note.js'
import type { FieldChange } from '../model/plan.js'
import { containerInUse } from './in-use.js'
import type { PlanOptions } from './situation.js'

/**
 * With what is gone and was hidden as if it were there: a file that is deleted under its cover is nothing to end sessions
 * for. Not for a start: for one to lie on the engine makes a file of its own.
 */
export function withGoneHidden(desired: DesiredSandbox, live: LiveSandbox): DesiredSandbox {
  const current = containerInUse(live.containers)
  const covered = current?.spec.hide ?? {}
  if (current === null || !isAlive(current)) return desired
  const gone = missingOf(desired).flatMap((path) => {
    const kind = covered[path]
    return kind === undefined ? [] : [[path, kind] as const]
  })
  if (gone.length === 0) return desired
  const { containerSpec } = desired
  return {
    ...desired,
    containerSpec: { ...containerSpec, hide: { ...containerSpec.hide, ...Object.fromEntries(gone) } },
  }
}

export function hiddenNotes(desired: DesiredSandbox, { looksSecret = [], ownCovers = [] }: PlanOptions): Note[] {
  // This machine's files are not in a clone.
  if (desired.containerSpec.workspace.mode === 'clone') return []
  const missing = missingOf(desired)
  const all = desired.hidden ?? []
  return [
    ...(missing.length === 0 ? [] : [{ kind: 'hidden-missing', paths: missing, all } as const]),
    ...(looksSecret.length === 0 ? [] : [{ kind: 'looks-secret', paths: looksSecret, all } as const]),
    ...(ownCovers.length === 0 ? [] : [{ kind: 'own-covers', paths: ownCovers } as const]),
  ]
}

/** What lies in a folder that is hidden is not missing. */
function missingOf({ hidden = [], containerSpec: { hide = {} } }: DesiredSandbox): readonly string[] {
  const isCovered = (path: string): boolean =>
    Object.keys(hide).some((each) => path === each || path.startsWith(`${each}/`))
  return hidden.filter((path) => !isCovered(path))
}

/** Only a start covers again what another file has taken the place of. */
export function uncoveredChanges(fallenOut: readonly string[]): FieldChange[] {
  return fallenOut.map((path) => ({
    path: pointer('hide', path),
    op: 'change',
    effect: 'restart',
    origin: 'drift',
    before: { value: 'seen' },
    after: { value: 'hidden' },
    lastApplied: { value: 'hidden' },
  }))
}

/** The same by a new container, of what that hides as well: what is seen by now is told whatever else there is to do. */
export function coveredAnew(
  { containerSpec: { hide = {} } }: DesiredSandbox,
  changes: readonly FieldChange[],
  { fallenOut = [] }: PlanOptions,
): FieldChange[] {
  return uncoveredChanges(fallenOut.filter((path) => path in hide)).filter(
    ({ path }) => !changes.some((change) => change.path === path),
  )
}
