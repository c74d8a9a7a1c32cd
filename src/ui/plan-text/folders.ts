// Many changed paths as few folders with counts.

export type FolderCount = { readonly path: string; readonly count: number }

type Node = { readonly path: string; readonly children: Map<string, Node>; count: number }

/**
 * What stands at the end of each path, counted by the deepest folders that still fit into so many rows, largest first.
 * A folder that is listed beside what is in it is not counted itself.
 */
export function folderCounts(paths: readonly string[], rows = 6): FolderCount[] {
  const root = treeOf(paths)
  let groups = [...root.children.values()].map(deepestCommon)
  const final = new Set<Node>()
  for (;;) {
    const largest = groups.filter((node) => node.children.size > 0 && !final.has(node)).sort(bySize)[0]
    if (largest === undefined) break
    if (groups.length - 1 + largest.children.size > rows) final.add(largest)
    else groups = [...groups.filter((node) => node !== largest), ...[...largest.children.values()].map(deepestCommon)]
  }
  return groups.sort(bySize).map(({ path, count }) => ({ path, count }))
}

/** How many paths are not merely the folder of another one. */
export function leafCount(paths: readonly string[]): number {
  return treeOf(paths).count
}

function treeOf(paths: readonly string[]): Node {
  const root: Node = { path: '', children: new Map(), count: 0 }
  for (const path of new Set(paths)) {
    let node = root
    for (const segment of path.split('/').filter((each) => each !== '')) {
      const child = node.children.get(segment) ?? { path: `${node.path}/${segment}`, children: new Map(), count: 0 }
      node.children.set(segment, child)
      node = child
    }
  }
  countLeaves(root)
  return root
}

function countLeaves(node: Node): number {
  let count = 0
  for (const child of node.children.values()) count += countLeaves(child)
  node.count = node.children.size === 0 && node.path !== '' ? 1 : count
  return node.count
}

function deepestCommon(node: Node): Node {
  const [only] = node.children.values()
  return only !== undefined && node.children.size === 1 ? deepestCommon(only) : node
}

function bySize(a: Node, b: Node): number {
  return b.count - a.count || (a.path < b.path ? -1 : 1)
}
