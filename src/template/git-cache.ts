// What was fetched from git repositories, in the user's cache folder, which no sandbox can have mounted: for each commit
// of each URL a bare repository, and each of its folders that was asked for as files. All of it is made under another
// name and moved into place, so what is there is whole, and two calls at once do the same work twice and nothing worse.

import { randomBytes } from 'node:crypto'
import { lstat, mkdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fail } from '../model/diagnostic.js'
import { digest } from '../model/names.js'
import type { GitReference } from './git-reference.js'
import { fetchCommit, type GitContext } from './git-remote.js'
import { writeTree } from './git-tree.js'

/**
 * What a folder is wanted for. A template that needs a submodule cannot be built without, and is refused; beside a base
 * there may be any, and they are left out.
 */
export type Purpose = 'template' | 'base'

/** Absolute path of the reference's folder at that commit where it has been asked for before; asks no git. */
export async function cachedFolder(
  root: string,
  reference: GitReference,
  commit: string,
  purpose: Purpose,
): Promise<string | null> {
  const { parent, folder } = places(root, reference, commit, purpose)
  return (await isThere(parent)) ? folder : null
}

/** The same, fetched where it is missing. Throws `template/git-...`. */
export async function fetchFolder(
  root: string,
  reference: GitReference,
  commit: string,
  purpose: Purpose,
  context: GitContext,
): Promise<string> {
  await checkRoot(root)
  const { ofUrl, repository, parent, folder } = places(root, reference, commit, purpose)
  if (await isThere(parent)) return folder
  await makeFolder(ofUrl)
  if (!(await isThere(repository))) {
    await moved(repository, (unfinished) => fetchCommit(reference, commit, unfinished, context))
  }
  await moved(parent, async (unfinished) => {
    await mkdir(unfinished, { mode: 0o700 })
    await writeTree(reference, commit, repository, join(unfinished, basename(folder)), {
      ...context,
      hasSubmodules: purpose === 'base',
    })
  })
  return folder
}

type Places = {
  readonly ofUrl: string
  readonly repository: string
  /** What is moved into place; the folder in it has the name that its images will have. */
  readonly parent: string
  readonly folder: string
}

/** A commit of one URL is not looked for under another, whatever a lock file says. */
function places(root: string, { url, folder }: GitReference, commit: string, purpose: Purpose): Places {
  const ofUrl = join(root, digest(url, 32))
  const parent = join(ofUrl, `${commit}-${digest([folder, purpose], 16)}`)
  const name = basename(folder === '' ? url.replace(/\.git$/, '') : folder)
  const folderName = ['', '.', '..'].includes(name) ? 'template' : name
  return { ofUrl, repository: join(ofUrl, `${commit}.git`), parent, folder: join(parent, folderName) }
}

async function moved(place: string, make: (unfinished: string) => Promise<void>): Promise<void> {
  const unfinished = `${place}.${randomBytes(6).toString('hex')}`
  try {
    await make(unfinished)
    await rename(unfinished, place)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    // Another call was faster.
    const isTaken = error instanceof Error && 'code' in error && ['ENOTEMPTY', 'EEXIST'].includes(String(error.code))
    if (!isTaken || !(await isThere(place))) throw error
  }
}

async function checkRoot(root: string): Promise<void> {
  await makeFolder(root)
  const stats = await lstat(root)
  if (stats.isDirectory() && stats.uid === process.getuid?.()) return
  unusable(`${root} is a link or belongs to someone else. Remove it; sbx makes it anew.`)
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    if (!isSystemError(error)) throw error
    unusable(
      `The folder ${path} cannot be made: ${error.code}. Move what is in the way, or set XDG_CACHE_HOME elsewhere.`,
    )
  }
}

function unusable(detail: string): never {
  fail('template/git-cache', 'The cache of git repositories cannot be used', { detail })
}

function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && 'syscall' in error
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    // Where no folder can be, or none that is the user's, nothing is; the check of the root says so.
    if (isSystemError(error) && ['ENOENT', 'ENOTDIR', 'EACCES'].includes(error.code)) return false
    throw error
  }
}
