// What a session changes in its workspace of all that this machine would run or trust: looked at before it and after. What
// somebody else changes meanwhile is told as well: nobody can tell whose it was.

import type { WorkspaceChange, WorkspaceReport } from '../model/workspace-report.js'
import type { ContainerSpec } from '../model/spec.js'
import { changedSince, type ChangedSince } from './changed-since.js'
import { readGitSettings } from './git-settings.js'
import { identitiesOf, replaced, type Identities } from './hidden-state.js'
import { trustedChanges } from './trusted-changes.js'
import { readGitFolder, readTrusted, readTrustedFiles, type TrustedFile, type TrustedFiles } from './trusted-files.js'
import type { HostEnv } from './variables.js'

type Workspace = Pick<ContainerSpec, 'workspace' | 'hide'>

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
  return { spec, files: await readTrustedFiles(spec.workspace.path), hidden: identitiesOf(spec), at }
}

/** With `isWhole` the whole workspace is looked through, for a second at most. */
export async function reportSince(
  { spec, files, hidden, at }: WorkspaceBefore,
  { env, isWhole }: { readonly env: HostEnv; readonly isWhole: boolean },
): Promise<WorkspaceReport> {
  const { path } = spec.workspace
  const readSettings = (text: string) => readGitSettings(text, env)
  const atTop = await trustedChanges(files, await readTrustedFiles(path), readSettings)
  const since: ChangedSince = isWhole
    ? changedSince(path, at)
    : { changes: [], gitFolders: [], files: [], isCut: false }
  const beneath = await trustedChanges(new Map(), await filesBeneath(path, since, at), readSettings)
  const shown = replaced(hidden, identitiesOf(spec)).map((each): WorkspaceChange => ({
    path: each,
    what: ['replaced, and no longer hidden from this sandbox until the next sbx apply'],
  }))
  return { changes: joined([...shown, ...atTop, ...beneath, ...since.changes]), isCut: since.isCut }
}

async function filesBeneath(workspace: string, since: ChangedSince, at: number): Promise<TrustedFiles> {
  const found = new Map<string, TrustedFile>(await readTrusted(workspace, since.files))
  for (const folder of since.gitFolders) {
    for (const [path, file] of await readGitFolder(workspace, folder)) if (file.changedAt >= at) found.set(path, file)
  }
  return found
}

/** One for each path. */
function joined(changes: readonly WorkspaceChange[]): readonly WorkspaceChange[] {
  const byPath = new Map<string, readonly string[]>()
  for (const { path, what } of changes) byPath.set(path, [...new Set([...(byPath.get(path) ?? []), ...what])])
  return [...byPath].map(([path, what]) => ({ path, what }))
}
