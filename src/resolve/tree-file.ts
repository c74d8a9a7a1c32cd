// Files of a working tree as they lie there. A repository must not have a file from elsewhere shown as its own, so a link
// is followed inside of the tree alone.

import { relative, sep } from 'node:path'
import { realPathIfThere } from './read.js'
import { readBounded, type BoundedFile } from './bounded-file.js'
import { isBeneath } from './paths.js'

/** `root` is a real path, `most` in bytes. What lies beyond it is `elsewhere`. */
export function treeFiles(
  root: string,
  most: number,
): (file: string) => Promise<Exclude<BoundedFile, { kind: 'folder' }> | { readonly kind: 'elsewhere' }> {
  return async (file) => {
    if (!isBeneath(file, root)) return { kind: 'elsewhere' }
    let real: string | null
    try {
      real = realPathIfThere(file)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
      return { kind: 'unfit', why: error.code === 'ELOOP' ? 'its links lead in a circle' : String(error.code) }
    }
    if (real === null) return { kind: 'absent' }
    if (!isBeneath(real, root)) return { kind: 'elsewhere' }
    // What is wrong with a file is told with the line: of no other kind of file, and nothing of git's own.
    if (real !== file && !isYaml(real))
      return { kind: 'unfit', why: `it is a link to ${real}, which is not a YAML file` }
    if (isGits(relative(root, real))) return { kind: 'unfit', why: 'it is a file of git itself' }
    const found = await readBounded(real, most)
    return found.kind === 'folder' ? { kind: 'unfit', why: 'it is not a file' } : found
  }
}

function isYaml(path: string): boolean {
  return /\.ya?ml$/.test(path)
}

function isGits(path: string): boolean {
  return path.split(sep).some((name) => name.toLowerCase() === '.git')
}
