// What a session changes in its workspace of all that this machine would run or trust: looked at before it and after. What
// somebody else changes meanwhile is told as well: nobody can tell whose it was.

import type { WorkspaceChange, WorkspaceReport } from '../model/workspace-report.js'
import type { ContainerSpec } from '../model/spec.js'
import { changedSince, type ChangedSince } from './changed-since.js'
import { readGitSettings } from './git-settings.js'
import { identitiesOf, replaced, type Identities } from './hidden-state.js'
import { programPath } from './program-path.js'
import { trustedChanges, type ReadSettings } from './trusted-changes.js'
import {
  readGitFolder,
  readMountedGit,
  readTrusted,
  readTrustedFiles,
  type TrustedFile,
  type TrustedFiles,
} from './trusted-files.js'
import type { HostEnv } from './variables.js'

type Workspace = Pick<ContainerSpec, 'workspace' | 'hide' | 'mounts'>

export type WorkspaceBefore = {
  readonly spec: Workspace
  readonly files: TrustedFiles
  readonly hidden: Identities
  /** Milliseconds since 1970. */
  readonly at: number
}

/** The kernel dates a change by a clock that stands still between its ticks. In milliseconds. */
const tick = 20

export async function lookBefore(spec: Workspace): Promise<WorkspaceBefore> {
  const at = Date.now() - tick
  return { spec, files: await readAll(spec), hidden: identitiesOf(spec), at }
}

/** By path in the workspace, and what is mounted from beside it by absolute path. */
async function readAll({ workspace, mounts }: Workspace): Promise<TrustedFiles> {
  const found = new Map(await readTrustedFiles(workspace.path))
  for (const { source, readonly } of Object.values(mounts)) {
    if (readonly) continue
    for (const [path, file] of await readMountedGit(source, workspace.path)) found.set(path, file)
  }
  return found
}

export type ReportBounds = {
  /** Of the programs that are run. */
  readonly env: HostEnv
  /** Whether the whole workspace is looked through, for a second at most. */
  readonly isWhole: boolean
  /** Of all of it, in milliseconds. */
  readonly time?: number
  readonly signal?: AbortSignal | undefined
}

/** What one session can have made to be asked about, it can have made any number of. */
const mostTime = 3000

export async function reportSince(
  { spec, files, hidden, at }: WorkspaceBefore,
  { env, isWhole, time = mostTime, signal }: ReportBounds,
): Promise<WorkspaceReport> {
  const { path } = spec.workspace
  const end = performance.now() + time
  const isOver = (): boolean => signal?.aborted === true || performance.now() >= end
  const programs = { ...env, PATH: programPath(env.PATH, [path]) }
  const readSettings = onceEach((text) => readGitSettings(text, programs, { limit: end - performance.now(), signal }))
  const atTop = await trustedChanges(files, await readAll(spec), readSettings, isOver)
  const since: ChangedSince = isWhole
    ? changedSince(path, at)
    : { changes: [], gitFolders: [], files: [], isCut: false }
  const found = await filesBeneath(path, since, at, isOver)
  const beneath = await trustedChanges(new Map(), found.files, readSettings, isOver)
  const shown = replaced(hidden, identitiesOf(spec)).map((each): WorkspaceChange => ({
    path: each,
    what: ['replaced, and no longer hidden from this sandbox until the next sbx apply'],
  }))
  return {
    changes: joined([...shown, ...atTop.changes, ...beneath.changes, ...since.changes]),
    isCut: [atTop, since, found, beneath].some((each) => each.isCut),
  }
}

/** A thousand repositories that were made alike have one configuration. */
function onceEach(read: ReadSettings): ReadSettings {
  const known = new Map<string, ReturnType<ReadSettings>>()
  return (text) => {
    const settings = known.get(text) ?? read(text)
    known.set(text, settings)
    return settings
  }
}

async function filesBeneath(
  workspace: string,
  since: ChangedSince,
  at: number,
  isOver: () => boolean,
): Promise<{ readonly files: TrustedFiles; readonly isCut: boolean }> {
  const found = new Map<string, TrustedFile>(await readTrusted(workspace, since.files))
  for (const folder of since.gitFolders) {
    if (isOver()) return { files: found, isCut: true }
    for (const [path, file] of await readGitFolder(workspace, folder)) if (file.changedAt >= at) found.set(path, file)
  }
  return { files: found, isCut: false }
}

/** One for each path. */
function joined(changes: readonly WorkspaceChange[]): readonly WorkspaceChange[] {
  const byPath = new Map<string, readonly string[]>()
  for (const { path, what } of changes) byPath.set(path, [...new Set([...(byPath.get(path) ?? []), ...what])])
  return [...byPath].map(([path, what]) => ({ path, what }))
}
