// Files of a commit by their place in the working tree.

import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import type { Objects } from './git-objects.js'

export type RevisionFile =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'absent' | 'elsewhere' | 'too-large' }
  | { readonly kind: 'unfit'; readonly why: string }

const mostLinks = 8
/** In bytes. */
const longestLink = 4096
const deepest = 32

/**
 * Reads absolute paths in the working tree `root` as the commit has them. Links that the commit has are followed inside of
 * it; what lies beyond, in a submodule too, is `elsewhere`. `most` in bytes.
 */
export function revisionFiles(
  objects: Objects,
  commit: string,
  root: string,
  most: number,
): (file: string) => Promise<RevisionFile> {
  return async (file) => {
    let path = file
    for (let links = 0; links <= mostLinks; links++) {
      const inside = relative(root, path)
      if (!isAbsolute(path) || inside === '' || inside === '..' || inside.startsWith(`..${sep}`)) {
        return { kind: 'elsewhere' }
      }
      if (inside.split(sep).length > deepest) return { kind: 'unfit', why: 'it lies too deep' }
      const entry = await objects.entry(commit, inside)
      if (entry === null) return { kind: 'absent' }
      if (entry.kind === 'submodule') return { kind: 'elsewhere' }
      if (entry.kind === 'link') {
        const target = (await objects.content(entry.object, longestLink)).toString()
        path = resolve(root, dirname(entry.path), target, relative(entry.path, inside))
        continue
      }
      if (entry.path !== inside) return { kind: 'absent' }
      if (entry.kind === 'folder') return { kind: 'unfit', why: 'it is not a file' }
      if (entry.size > most) return { kind: 'too-large' }
      return { kind: 'bytes', bytes: await objects.content(entry.object, most) }
    }
    return { kind: 'unfit', why: 'its links lead in a circle' }
  }
}
