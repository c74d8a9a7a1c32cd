// Sandboxes that an edit or a move left behind: apply never touches them, so a plan says what they are and how to go on.

import type { DesiredSandbox, SandboxLabels } from '../model/desired.js'
import type { LiveSandbox, Survey } from '../model/live.js'
import type { Note } from '../model/note.js'
import type { ContainerSpec } from '../model/spec.js'
import { newestRecord } from './live-spec.js'

type LeftBehind = Extract<Note, { kind: 'orphan' | 'moved-from' | 'profile-gone' | 'renamed-from' }>

export type LeftBehindFacts = {
  /** Of other sandboxes, those that are no longer there; only the caller can look. */
  readonly missingWorkspaces?: readonly string[]
  /** Every profile that the files of this workspace have; absent where that is not known. */
  readonly profiles?: readonly string[]
  /** By id, the folders that others were last started on, where that is not the one in their labels. */
  readonly folders?: Readonly<Record<string, string>>
}

export function leftBehind(
  desired: DesiredSandbox,
  live: Pick<LiveSandbox, 'others' | 'containers'>,
  facts: LeftBehindFacts,
): LeftBehind[] {
  const concerned = concernedBy(desired, live.others, facts)
  if (concerned.size === 0) return []
  const byId = new Map(
    live.others
      .filter(({ sandbox, spec }) => concerned.has(sandbox.id) && !isCloneBeside(desired, sandbox, spec))
      .map(({ sandbox }) => [sandbox.id, sandbox]),
  )
  const notes = [...byId.values()].flatMap((other) =>
    other.workspace === desired.workspace
      ? inThisFolder(desired, live, other, facts)
      : elsewhere(desired, other, facts),
  )
  return notes.sort((left, right) => (left.id < right.id ? -1 : 1))
}

/**
 * Whether the records of others are worth a look: the labels of a container say on which folder it was made, and one that
 * was deleted and made anew since is in the record alone.
 */
export function isFolderUnsure(
  { id, workspace, inode, agent, profile }: DesiredSandbox,
  others: LiveSandbox['others'],
  { missingWorkspaces = [] }: LeftBehindFacts,
): boolean {
  return others.some(
    ({ sandbox: other }) =>
      other.id !== id &&
      other.workspace !== workspace &&
      other.agent === agent &&
      other.profile === profile &&
      (other.inode === inode || missingWorkspaces.includes(other.workspace)),
  )
}

/** For `LeftBehindFacts`. */
export function startedOn(records: Survey['records']): Readonly<Record<string, string>> {
  const ids = new Set(records.flatMap(({ sandboxId, spec }) => (spec.inode === undefined ? [] : [sandboxId])))
  return Object.fromEntries(
    [...ids].flatMap((id) => {
      const inode = newestRecord(records.filter(({ sandboxId }) => sandboxId === id))?.spec.inode
      return inode === undefined ? [] : [[id, inode]]
    }),
  )
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
  { missingWorkspaces = [], folders = {} }: LeftBehindFacts,
): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const { sandbox: other } of others) {
    const isHere = other.workspace === workspace || (folders[other.id] ?? other.inode) === inode
    if (!isHere && !missingWorkspaces.includes(other.workspace)) continue
    if (other.id !== id) ids.add(other.id)
  }
  return ids
}

/**
 * As `sbx run --clone NAME` makes them beside the sandbox of the folder, and beside each other: `web`, `web-one`, `web-two`.
 * With that flag it is one more, whatever the others are called; without it names are all that tells.
 */
function isCloneBeside(
  desired: DesiredSandbox,
  { workspace, displayName }: SandboxLabels,
  spec: Pick<ContainerSpec, 'workspace'>,
): boolean {
  if (workspace !== desired.workspace) return false
  const named = desired.origins['/name']
  if (named?.kind === 'flag' && named.flag === '--clone') return true
  const [isClone, isOther] = [desired.containerSpec, spec].map((each) => each.workspace.mode === 'clone')
  const names = [desired.displayName, displayName]
  const [longer = '', shorter = ''] = displayName.length > desired.displayName.length ? names.reverse() : names
  const isLongerClone = longer === displayName ? isOther : isClone
  if (isLongerClone === true && longer.startsWith(`${shorter}-`)) return true
  const base = (name: string): string => name.slice(0, name.lastIndexOf('-') + 1)
  return isClone === true && isOther === true && base(longer) !== '' && shorter.startsWith(base(longer))
}

/** A moved folder keeps its inode, a copied one does not. */
function elsewhere(
  desired: DesiredSandbox,
  other: SandboxLabels,
  { missingWorkspaces = [], folders = {} }: LeftBehindFacts,
): LeftBehind[] {
  const { id, displayName, workspace, agent, profile } = other
  const inode = folders[id] ?? other.inode
  if (inode === desired.inode && inode !== '' && agent === desired.agent && profile === desired.profile) {
    return [{ kind: 'moved-from', id, displayName, workspace }]
  }
  if (inode === desired.inode) return [{ kind: 'orphan', id, displayName, workspace }]
  return missingWorkspaces.includes(workspace) && isOfThisProject(desired, other)
    ? [{ kind: 'orphan', id, displayName, workspace }]
    : []
}

/**
 * Whether an orphan may have been what this is now: it had the same name, or its folder lay in this one or beside it. Of any
 * other on the engine `sbx prune` tells, and not every plan.
 */
function isOfThisProject(desired: DesiredSandbox, { displayName, workspace }: SandboxLabels): boolean {
  return (
    displayName === desired.displayName ||
    workspace.startsWith(`${desired.workspace}/`) ||
    parentOf(workspace) === parentOf(desired.workspace)
  )
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
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
