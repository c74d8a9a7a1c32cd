// Where the history of a working folder is, found without git: git would read the repository's own settings on the way,
// and those can name programs. What stands in `.git` can be an agent's work, so nothing there leads to another repository.

import { lstatSync, realpathSync, type Stats } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { fail } from '../model/diagnostic.js'

/** Reads a small file through no link; null where none is there. `most` in bytes. */
export type ReadPlain = (path: string, most: number) => Promise<Buffer | null>

export type GitFolders = {
  /** The top of the working tree. All three are absolute and have no link in them. */
  readonly root: string
  /** What is this working tree's own: HEAD. */
  readonly own: string
  /** What all working trees of the repository share: branches, tags, objects. The same one where there is one tree. */
  readonly common: string
}

/** In bytes; such a file is one line. */
const longestPointer = 8192

/** Upwards from the folder, which is a real path. Throws `diff/...`. */
export async function findGitFolders(from: string, read: ReadPlain): Promise<GitFolders> {
  for (let root = from; ; root = dirname(root)) {
    const entry = join(root, '.git')
    const stats = statIfThere(entry)
    if (stats?.isDirectory() === true) return within(root, entry, read)
    if (stats?.isFile() === true) return elsewhere(root, entry, read)
    if (stats !== null) refuse(entry, 'it is a link, and could lead into any repository')
    if (root === dirname(root)) {
      fail('diff/no-repository', 'There is no git repository', {
        detail: `${from} is in none, so there is no other version to compare with.`,
      })
    }
  }
}

async function within(root: string, own: string, read: ReadPlain): Promise<GitFolders> {
  const common = await read(join(own, 'commondir'), longestPointer)
  if (common !== null) refuse(own, 'it says that it is the working tree of another repository')
  return { root, own, common: own }
}

/** A further working tree, or a submodule: a file that names the folder. */
async function elsewhere(root: string, entry: string, read: ReadPlain): Promise<GitFolders> {
  const written = (await read(entry, longestPointer))?.toString() ?? ''
  const [, named] = /^gitdir: ([^\0]+?)\n?$/.exec(written) ?? []
  if (named === undefined) return refuse(entry, 'it names no git repository')
  const own = realFolder(resolve(root, named))
  if (own === null) return refuse(entry, `${named} is no folder`)
  const shared = await read(join(own, 'commondir'), longestPointer)
  if (shared !== null) {
    // The repository must know the working tree as well: only who can write there can have made it say so.
    const common = realFolder(resolve(own, shared.toString().trimEnd()))
    const isIn = common !== null && dirname(dirname(own)) === common && basename(dirname(own)) === 'worktrees'
    const back = (await read(join(own, 'gitdir'), longestPointer))?.toString().trimEnd()
    if (!isIn || back === undefined || realFolder(dirname(resolve(own, back))) !== root) {
      return refuse(entry, `${own} is of a repository that does not know this working tree`)
    }
    return { root, own, common }
  }
  // Of a submodule it is in that of the repository around it.
  for (let outer = dirname(root); outer !== dirname(outer); outer = dirname(outer)) {
    if (own.startsWith(join(outer, '.git', 'modules') + sep)) return { root, own, common: own }
  }
  return refuse(entry, `${own} is neither that of a further working tree nor of a submodule`)
}

function refuse(path: string, why: string): never {
  fail('diff/git-elsewhere', 'The git repository cannot be told from another', {
    detail: `${path}: ${why}. sbx goes by the repository of this folder alone.`,
  })
}

/** Of the place itself, be it a link. */
function statIfThere(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null
}

function realFolder(path: string): string | null {
  try {
    const real = realpathSync.native(path)
    return lstatSync(real).isDirectory() ? real : null
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'syscall' in error) return null
    throw error
  }
}
