// Sandboxes that an edit or a move left behind: apply never touches them, so a plan says what they are and how to go on.

import type { DesiredSandbox, SandboxLabels } from '../model/desired.js'
import type { LiveSandbox } from '../model/live.js'
import type { Note } from '../model/note.js'

type LeftBehind = Extract<Note, { kind: 'orphan' | 'moved-from' | 'profile-gone' | 'renamed-from' }>

export type LeftBehindFacts = {
  /** Of other sandboxes, those that are no longer there; only the caller can look. */
  readonly missingWorkspaces?: readonly string[]
  /** Every profile that the files of this workspace have; absent where that is not known. */
  readonly profiles?: readonly string[]
}

export function leftBehind(
  desired: DesiredSandbox,
  live: Pick<LiveSandbox, 'others' | 'containers'>,
  facts: LeftBehindFacts,
): LeftBehind[] {
  const concerned = concernedBy(desired, live.others, facts)
  if (concerned.size === 0) return []
  const byId = new Map(
    live.others.filter(({ sandbox }) => concerned.has(sandbox.id)).map(({ sandbox }) => [sandbox.id, sandbox]),
  )
  const notes = [...byId.values()].flatMap((other) =>
    other.workspace === desired.workspace
      ? inThisFolder(desired, live, other, facts)
      : elsewhere(desired, other, facts),
  )
  return notes.sort((left, right) => (left.id < right.id ? -1 : 1))
}

/** Of one that is half of a copy there is no plan at all, see `checkHome`. */
export function unfinishedAdoption({ adoption }: Pick<LiveSandbox, 'adoption'>): Note[] {
  if (adoption === undefined || adoption.phase === 'copying') return []
  const { from: id, phase } = adoption
  return [{ kind: 'unfinished-adoption', id, state: phase === 'aside' ? 'begun' : 'copied' }]
}

/** Ids of those that there could be something to say of. Hundreds are asked about by each of hundreds, and few are. */
function concernedBy(
  { id, workspace, inode }: DesiredSandbox,
  others: LiveSandbox['others'],
  { missingWorkspaces = [] }: LeftBehindFacts,
): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const { sandbox: other } of others) {
    if (other.workspace !== workspace && other.inode !== inode && !missingWorkspaces.includes(other.workspace)) continue
    if (other.id !== id) ids.add(other.id)
  }
  return ids
}

/** A moved folder keeps its inode, a copied one does not. */
function elsewhere(
  desired: DesiredSandbox,
  other: SandboxLabels,
  { missingWorkspaces = [] }: LeftBehindFacts,
): LeftBehind[] {
  const { id, displayName, workspace, inode, agent, profile } = other
  if (inode === desired.inode && inode !== '' && agent === desired.agent && profile === desired.profile) {
    return [{ kind: 'moved-from', id, displayName, workspace }]
  }
  const isGone = missingWorkspaces.includes(workspace) || inode === desired.inode
  return isGone ? [{ kind: 'orphan', id, displayName, workspace }] : []
}

function inThisFolder(
  desired: DesiredSandbox,
  live: Pick<LiveSandbox, 'containers'>,
  other: SandboxLabels,
  { profiles }: LeftBehindFacts,
): LeftBehind[] {
  const { id, displayName, agent, profile } = other
  if (profile !== null && profile !== desired.profile && profiles?.includes(profile) === false) {
    return [{ kind: 'profile-gone', id, displayName, profile }]
  }
  if (profile !== desired.profile) return []
  if (agent === desired.agent) return [{ kind: 'renamed-from', id, displayName }]
  // Several agents may well share a folder; only while this one is new can it be an edit of the other.
  const isNew = live.containers.length === 0
  return isNew && displayName === desired.displayName ? [{ kind: 'renamed-from', id, displayName, agent }] : []
}
