// Many files as few folders with counts.

import type { FolderCount } from '../model/risks.js'
import { insertPath, pathOf, pathTree, type PathTree } from '../model/path-tree.js'

export type FolderCounts = {
  readonly folders: readonly FolderCount[]
  /** Files that are in none of them. */
  readonly elsewhere: number
}

/**
 * Files by the deepest folders that still fit into so many rows, largest first. Where there are too many for all to be told
 * apart, the largest are, if they have most of the files.
 */
export function folderCounts(files: readonly string[], rows = 6): FolderCounts {
  const root = pathTree<number>()
  for (const file of files) insertPath(root, file).value = 1
  if (root.children.size === 0) return { folders: [], elsewhere: 0 }
  const counts = countsOf(root)
  const bySize = (a: PathTree<number>, b: PathTree<number>): number =>
    count(counts, b) - count(counts, a) || (a.name < b.name ? -1 : 1)
  const top = deepestCommon(root)
  let groups = [top]
  if (top.children.size > rows) {
    const largest = partsOf(top)
      .sort(bySize)
      .slice(0, rows - 1)
    const told = largest.reduce((sum, node) => sum + count(counts, node), 0)
    if (told * 2 >= files.length) groups = largest
  }
  const whole = new Set<PathTree<number>>()
  for (;;) {
    const largest = groups.filter((node) => node.children.size > 0 && !whole.has(node)).sort(bySize)[0]
    if (largest === undefined) break
    if (groups.length - 1 + largest.children.size > rows) whole.add(largest)
    else groups = [...groups.filter((node) => node !== largest), ...partsOf(largest)]
  }
  const folders = groups
    .map((node) => ({ path: pathOf(node), count: count(counts, node) }))
    .sort((a, b) => b.count - a.count || (a.path < b.path ? -1 : 1))
  return { folders, elsewhere: files.length - folders.reduce((sum, folder) => sum + folder.count, 0) }
}

function count(counts: ReadonlyMap<PathTree<number>, number>, node: PathTree<number>): number {
  return counts.get(node) ?? 0
}

/** How many files are at or beneath each node; from the leaves up, since there can be too many levels to recurse. */
function countsOf(root: PathTree<number>): ReadonlyMap<PathTree<number>, number> {
  const order = [root]
  for (const node of order) order.push(...node.children.values())
  const counts = new Map<PathTree<number>, number>()
  for (const node of order.toReversed()) {
    const beneath = [...node.children.values()].reduce((sum, child) => sum + count(counts, child), 0)
    counts.set(node, beneath + (node.value ?? 0))
  }
  return counts
}

function partsOf(node: PathTree<number>): PathTree<number>[] {
  return [...node.children.values()].map(deepestCommon)
}

function deepestCommon(node: PathTree<number>): PathTree<number> {
  let deepest = node
  while (deepest.children.size === 1) {
    for (const only of deepest.children.values()) deepest = only
  }
  return deepest
}
