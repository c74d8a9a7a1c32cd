// The source tree as the architecture test sees it: files, what each imports, and the circles in that.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path/posix'
import ts from 'typescript'

/** Text by path relative to the checkout, `src/plan/diff.ts`. */
export type SourceTree = Readonly<Record<string, string>>

export function readSourceTree(root: string): SourceTree {
  const entries = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(paths.map((path) => [relative(root, path), readFileSync(path, 'utf8')]))
}

/** Static, dynamic and type imports alike: sources by their path, other files as `./path`, packages by their name. */
export function importsOf(tree: SourceTree, path: string): readonly string[] {
  if (!/\.[jt]s$/.test(path)) return []
  return ts.preProcessFile(tree[path] ?? '').importedFiles.map(({ fileName }) => {
    if (!fileName.startsWith('.')) return fileName
    const target = join(dirname(path), fileName)
    const source = target.replace(/\.js$/, '.ts')
    return [source, target].find((candidate) => candidate in tree) ?? `./${target}`
  })
}

/** One circle a list, `a -> b -> a`; empty when nothing imports itself, however far round. */
export function importCircles(tree: SourceTree): readonly string[] {
  const circles: string[] = []
  const finished = new Set<string>()
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path)
    if (start !== -1) {
      circles.push([...way.slice(start), path].join(' -> '))
      return
    }
    if (finished.has(path)) return
    for (const target of importsOf(tree, path)) if (target in tree) visit(target, [...way, path])
    finished.add(path)
  }
  for (const path of Object.keys(tree)) visit(path, [])
  return circles
}
