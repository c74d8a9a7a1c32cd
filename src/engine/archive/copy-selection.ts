// Of what differs in a container, what is copied into another: which paths, and which folders to ask the engine for.
// Whoever works there can make thousands of paths that are a thousand folders deep: never are all their beginnings held.

import { fail } from '../../model/diagnostic.js'
import { foldersAbove, insertPath, isCovered, pathTree, type PathTree } from '../../model/path-tree.js'
import type { PathChange } from '../../model/risks.js'

export type Selection = {
  /** Absolute; whatever else an archive holds stays behind. */
  readonly chosen: ReadonlySet<string>
  /** What to ask for, none beneath another: all that is chosen is at or beneath one of them. */
  readonly tops: readonly string[]
  /** Folders that are new as a whole. */
  readonly folders: ReadonlySet<string>
}

/**
 * What a container has of its own where it stands on a snapshot: the changes before that one, and those since. What was
 * added before stays added, although a file in it changed since; what was deleted since is in neither.
 */
export function mergedChanges(before: readonly PathChange[], since: readonly PathChange[]): PathChange[] {
  if (before.length === 0) return [...since]
  const merged = new Map(before.map((change) => [change.path, change]))
  const deleted = since.filter(({ kind }) => kind === 'deleted').map(({ path }) => path)
  const gone = treeOf(deleted)
  for (const path of merged.keys()) if (isCovered(gone, path)) merged.delete(path)
  const added = new Set(before.filter(({ kind }) => kind === 'added').map(({ path }) => path))
  for (const change of since) {
    const { path, kind } = change
    if (!added.has(path) || kind === 'added') merged.set(path, change)
  }
  return [...merged.values()]
}

/**
 * `except` and `mounts` are left out with what lies beneath, `packaged` alone. A folder that leads to a mount is not asked
 * for, since the engine would give what is mounted as well.
 */
export function selectChanges(
  changes: readonly PathChange[],
  left: {
    readonly except: readonly string[]
    readonly mounts: readonly string[]
    readonly packaged: ReadonlySet<string>
  },
): Selection {
  const outside = treeOf([...left.except, ...left.mounts])
  const leadsToMount = new Set(left.mounts.flatMap(foldersAbove))
  const there = changes.filter(({ kind, path }) => kind !== 'deleted' && !isCovered(outside, path))
  const wholeFolders = new Set(
    there.filter(({ kind, path }) => kind === 'added' && !leadsToMount.has(path)).map(({ path }) => path),
  )
  // A modified folder beside what changed in it says nothing. Each folder on the way to a change is listed itself.
  const withContent = new Set(there.map(({ path }) => folderOf(path)))
  const wanted = there.filter(
    ({ kind, path }) =>
      !left.packaged.has(path) && !leadsToMount.has(path) && (kind === 'added' || !withContent.has(path)),
  )
  const chosen = new Set(wanted.map(({ path }) => path))
  const topOfFolder = new Map<string, string>()
  const tops = [...chosen].map((path) => topOf(path, wholeFolders, topOfFolder))
  return { chosen, tops: [...new Set(tops)].sort(), folders: wholeFolders }
}

/** Throws `engine/copy-into-mount` where something would be written to what is mounted. */
export function checkMounts({ chosen }: Selection, mounts: readonly string[]): void {
  const targets = treeOf(mounts)
  for (const path of chosen) {
    if (isCovered(targets, path)) {
      fail('engine/copy-into-mount', 'A file cannot be copied to where something is mounted', {
        detail:
          `${path} is in the old container itself, and in the new one something is mounted there. Nothing was ` +
          'copied. Move the file, for instance to the home, which is kept, or mount elsewhere.',
      })
    }
  }
}

/** The outermost of the folders around a path that are new as a whole; `known` has it of the folders asked about before. */
function topOf(path: string, wholeFolders: ReadonlySet<string>, known: Map<string, string>): string {
  const passed: string[] = []
  let top = path
  for (let folder = folderOf(path); wholeFolders.has(folder); folder = folderOf(folder)) {
    const found = known.get(folder)
    top = found ?? folder
    if (found !== undefined) break
    passed.push(folder)
  }
  for (const folder of passed) known.set(folder, top)
  return top
}

function treeOf(paths: readonly string[]): PathTree<true> {
  const tree = pathTree<true>()
  for (const path of paths) insertPath(tree, path).value = true
  return tree
}

/** Empty of what is in the root. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}
