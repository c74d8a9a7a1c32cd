// What a session left anywhere in a workspace that is not to be trusted by what it is: files that run as their owner, files
// of another owner, and repositories in it that git would find. Found by when each was last changed, which nobody who is not
// root on this machine can set.

import { lstatSync, readdirSync, type Dirent, type Stats } from 'node:fs'
import { join } from 'node:path'
import type { WorkspaceChange } from '../model/workspace-report.js'
import { errorCode } from './read.js'

export type ChangedSince = {
  readonly changes: readonly WorkspaceChange[]
  /** Folders in the workspace that git takes for a repository's, but for the one at its top. */
  readonly gitFolders: readonly string[]
  /** Files that run where a folder is entered or opened, but for those at its top. */
  readonly files: readonly string[]
  readonly isCut: boolean
}

export type Bounds = {
  readonly entries: number
  /** In milliseconds. */
  readonly time: number
}

export const usualBounds: Bounds = { entries: 50_000, time: 1000 }

/** Where there is most and least to be found: looked through when all else was. */
const last = /(^|\/)(node_modules|\.venv|venv|vendor|target|__pycache__|\.git\/objects)$/

/** @param since milliseconds since 1970. */
export function changedSince(workspace: string, since: number, bounds: Bounds = usualBounds): ChangedSince {
  const owner = statsOf(workspace)?.uid
  const changes: WorkspaceChange[] = []
  const gitFolders: string[] = []
  const files: string[] = []
  if (owner === undefined) return { changes, gitFolders, files, isCut: false }
  const begun = performance.now()
  const queues: [string[], string[]] = [[''], []]
  let count = 0
  for (let folder = next(queues); folder !== undefined; folder = next(queues)) {
    const entries = entriesOf(join(workspace, folder))
    if (isGitFolder(folder, entries)) gitFolders.push(folder)
    for (const entry of entries) {
      if (++count > bounds.entries || performance.now() - begun > bounds.time) {
        return { changes, gitFolders, files, isCut: true }
      }
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      const stats = statsOf(join(workspace, path))
      if (stats === null) continue
      const isNew = stats.ctimeMs >= since
      const what = isNew ? distrusted(stats, owner) : []
      if (what.length > 0) changes.push({ path: stats.isDirectory() ? `${path}/` : path, what })
      if (isNew && folder !== '' && isRunOnEntry(path)) files.push(path)
      if (!stats.isDirectory()) continue
      // What is in a folder of another owner was mostly made with it.
      if (isNew && stats.uid !== owner) continue
      queues[last.test(path) ? 1 : 0].push(path)
    }
  }
  return { changes, gitFolders, files, isCut: false }
}

function next([first, then]: [string[], string[]]): string | undefined {
  return first.shift() ?? then.shift()
}

function distrusted(stats: Stats, owner: number): readonly string[] {
  const runsAs = stats.isFile() && (stats.mode & 0o6000) !== 0
  const kind = (stats.mode & 0o4000) !== 0 ? 'setuid' : 'setgid'
  return [
    ...(runsAs ? [`${kind}: runs as ${stats.uid === 0 ? 'root' : `uid ${String(stats.uid)}`}, whoever starts it`] : []),
    ...(stats.uid === owner ? [] : [`owned by ${stats.uid === 0 ? 'root' : `uid ${String(stats.uid)}`}`]),
  ]
}

function isRunOnEntry(path: string): boolean {
  return /(^|\/)\.envrc$|(^|\/)\.vscode\/(tasks|settings|launch)\.json$/.test(path)
}

/** Git takes a folder of any name for one that has these, and can do without a configuration. */
function isGitFolder(folder: string, entries: readonly Dirent[]): boolean {
  if (folder === '' || folder === '.git' || folder.startsWith('.git/')) return false
  const has = (name: string): boolean => entries.some((entry) => entry.name === name)
  return has('HEAD') && (has('objects') || has('commondir'))
}

function entriesOf(folder: string): readonly Dirent[] {
  return ifReachable(() => readdirSync(folder, { withFileTypes: true })) ?? []
}

function statsOf(path: string): Stats | null {
  return ifReachable(() => lstatSync(path))
}

/** Null for what went meanwhile, or is closed to this user. */
function ifReachable<T>(look: () => T): T | null {
  try {
    return look()
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return null
  }
}
