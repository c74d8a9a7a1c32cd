// What to ask the engine for at once. Each archive that it makes takes it a tenth of a second, however little is in it, and
// nothing runs meanwhile; so where much has changed in folders that were there before, a whole folder is read for it.

import { foldersAbove, insertPath, pathOf, pathTree, type PathTree } from '../../model/path-tree.js'

export type Batch = {
  /** What to ask for: a folder, or the one path itself. */
  readonly path: string
  readonly tops: readonly string[]
}

/** So many are asked for in any case: few enough for their time not to count. */
const most = 32

/**
 * Each path in one batch, by the deepest folders that still make few batches. Not by one that leads to a mount, since the
 * engine would give what is mounted as well.
 */
export function batchesOf(tops: readonly string[], mounts: readonly string[]): Batch[] {
  const root = pathTree<string>()
  for (const top of tops) insertPath(root, top).value = top
  const leadsToMount = new Set(mounts.flatMap(foldersAbove))
  const counts = countsOf(root)
  const count = (node: Node): number => counts.get(node) ?? 0
  const isOpen = (node: Node): boolean => node === root || leadsToMount.has(pathOf(node))

  const single: Batch[] = []
  let groups: Node[] = []
  const add = (node: Node): void => {
    const deepest = deepestCommon(node)
    if (isOpen(deepest)) for (const child of deepest.children.values()) add(child)
    else if (deepest.value === undefined) groups.push(deepest)
    else single.push({ path: deepest.value, tops: [deepest.value] })
  }
  add(root)
  const limit = single.length + most
  for (;;) {
    const others = single.length + groups.length - 1
    const splittable = groups.filter(({ children }) => others + children.size <= limit)
    const [largest] = splittable.sort((a, b) => count(b) - count(a))
    if (largest === undefined) break
    groups = groups.filter((node) => node !== largest)
    for (const child of largest.children.values()) add(child)
  }
  const batches = [...single, ...groups.map((node) => ({ path: pathOf(node), tops: topsIn(node) }))]
  return batches.sort((a, b) => (a.path < b.path ? -1 : 1))
}

type Node = PathTree<string>

function deepestCommon(node: Node): Node {
  let deepest = node
  while (deepest.value === undefined && deepest.children.size === 1) {
    for (const only of deepest.children.values()) deepest = only
  }
  return deepest
}

/** How many paths are at or beneath each node; without recursion, since there can be a thousand levels. */
function countsOf(root: Node): ReadonlyMap<Node, number> {
  const counts = new Map<Node, number>()
  for (const node of nodesIn(root).toReversed()) {
    const beneath = [...node.children.values()].reduce((sum, child) => sum + (counts.get(child) ?? 0), 0)
    counts.set(node, beneath + (node.value === undefined ? 0 : 1))
  }
  return counts
}

function topsIn(node: Node): string[] {
  return nodesIn(node).flatMap(({ value }) => value ?? [])
}

function nodesIn(root: Node): Node[] {
  const nodes = [root]
  for (const node of nodes) nodes.push(...node.children.values())
  return nodes
}
