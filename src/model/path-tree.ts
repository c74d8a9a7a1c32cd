// Absolute paths as a tree of their names. Whoever works in a container can make paths a thousand folders deep: their
// beginnings are walked and never written out.

export type PathTree<Value> = {
  readonly name: string
  readonly parent: PathTree<Value> | null
  readonly children: Map<string, PathTree<Value>>
  value?: Value
}

export function pathTree<Value>(): PathTree<Value> {
  return { name: '', parent: null, children: new Map() }
}

/** The node of a path, made with all above it where it is not there. */
export function insertPath<Value>(root: PathTree<Value>, path: string): PathTree<Value> {
  let node = root
  for (const name of namesOf(path)) {
    let child = node.children.get(name)
    if (child === undefined) {
      child = { name, parent: node, children: new Map() }
      node.children.set(name, child)
    }
    node = child
  }
  return node
}

/** Whether a path, or a folder above it, has a value. */
export function isCovered<Value>(root: PathTree<Value>, path: string): boolean {
  let node: PathTree<Value> | undefined = root
  for (const name of namesOf(path)) {
    node = node.children.get(name)
    if (node === undefined) return false
    if (node.value !== undefined) return true
  }
  return false
}

export function pathOf(node: PathTree<unknown>): string {
  const names: string[] = []
  for (let at = node; at.parent !== null; at = at.parent) names.push(at.name)
  return `/${names.toReversed().join('/')}`
}

/** Of its folders and its own, without empty ones. */
export function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '')
}

/** Outermost first, without the path itself and the root. Absolute paths, or relative ones. */
export function foldersAbove(path: string): string[] {
  const folders: string[] = []
  for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) folders.push(path.slice(0, end))
  return folders
}
