// What would be gone with a container: from the paths that differ from its image, those that somebody worked on.

import { pathsIn } from '../model/debian-packages.js'
import type {
  FilesOfFolder,
  FolderCount,
  Losses,
  OwnContent,
  Package,
  PathChange,
  Size,
  Uncounted,
} from '../model/risks.js'
import { folderCounts } from './folders.js'
import { ownPaths } from './own-paths.js'
import { debianBookkeeping, debianPackages, npmPackages } from './packages.js'
import { insertPath, isCovered, pathTree } from '../model/path-tree.js'

export type LossFacts = {
  /** All that differs from the image. */
  readonly changes: readonly PathChange[]
  /** Why that is not all; null where it is. */
  readonly uncounted: Uncounted | null
  /** Absolute paths at which something is mounted: the engine makes them, and what is written there stays. */
  readonly mountPoints: readonly string[]
  /** Texts of the lists that `packageLists` has of what `debianPackages` found; some may be missing. */
  readonly lists: readonly string[]
  readonly own: OwnContent
  /** How large the files of each of `filesToSize` are, by its path, as far as that is known. */
  readonly sizes?: ReadonlyMap<string, Size>
}

/** One by one and in full, to be shown. */
export type LostPaths = {
  readonly files: readonly string[]
  readonly deleted: readonly string[]
  readonly packages: readonly Package[]
  readonly volumes: readonly string[]
}

/** Null where nobody would miss anything. */
export function lossesOf(facts: LossFacts): Losses | null {
  const { files, deleted, packages, volumes } = lostPaths(facts)
  const { uncounted } = facts
  if (files.length + deleted.length + packages.length + volumes.length === 0 && uncounted === null) return null
  const { folders, elsewhere } = folderCounts(files)
  const sized = ({ path, count }: FolderCount): FolderCount => {
    const size = facts.sizes?.get(path)
    return { path, count, ...(size === undefined ? {} : { size }) }
  }
  return {
    files: { count: files.length, folders: folders.map(sized), elsewhere },
    deleted: deleted.length,
    packages: packages.map(({ manager, name, wasThere }) => ({ manager, name, wasThere })),
    volumes,
    bytes: facts.own.bytes,
    ...(uncounted === null ? {} : { uncounted }),
  }
}

/** Beyond so many changes it takes too long to look. */
const mostToSize = 100_000

/** The files of each folder that losses are told by. */
export function filesToSize(facts: LossFacts): readonly FilesOfFolder[] {
  if (facts.changes.length > mostToSize) return []
  const { files } = lostPaths(facts)
  return folderCounts(files).folders.map(({ path }) => ({
    path,
    files: files.filter((file) => path === '/' || file === path || file.startsWith(`${path}/`)),
  }))
}

/**
 * A folder counts as changed when anything in it is, or once was; beside what is in it, and beside what is kept or no
 * one's work, it says nothing.
 */
export function lostPaths({ changes, mountPoints, lists, own }: LossFacts): LostPaths {
  const debian = debianPackages(changes)
  const npm = npmPackages(changes)
  const elsewhere = pathTree<true>()
  const folders = [
    ...ownPaths,
    ...mountPoints,
    ...own.volumes,
    ...npm.map(({ folder }) => folder),
    ...(debian.length === 0 ? [] : debianBookkeeping),
  ]
  for (const folder of folders) insertPath(elsewhere, folder).value = true
  const packaged = new Set(lists.flatMap(pathsIn))
  const isElsewhere = ({ path }: PathChange): boolean => isCovered(elsewhere, path) || packaged.has(path)

  const changed = pathTree<PathChange>()
  for (const folder of folders) insertPath(changed, folder)
  const lost = changes.filter((change) => {
    const node = insertPath(changed, change.path)
    if (isElsewhere(change)) return false
    node.value = change
    return true
  })
  const leaves = lost.filter(({ path }) => insertPath(changed, path).children.size === 0)
  const paths = (isDeleted: boolean): string[] =>
    [...new Set(leaves.filter(({ kind }) => (kind === 'deleted') === isDeleted).map(({ path }) => path))].sort()
  return { files: paths(false), deleted: paths(true), packages: [...debian, ...npm], volumes: own.volumes }
}
