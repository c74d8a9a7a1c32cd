// A repository that nobody vouches for, seen through an empty one of our own: with no settings, hooks, replacements or
// remotes, and without the list of other repositories to borrow objects from. What git is shown of it are links, made after
// each place was found to be none itself. It is taken for what it was then: whoever can write in the repository all the
// while has that of it already.

import { chmod, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import type { Dirent } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail } from '../model/diagnostic.js'
import type { GitFolders } from './git-folder.js'
import { removeLeftovers, repositoryPrefix } from './git-leftovers.js'
import type { Refs } from './git-refs.js'

export type ViewOptions = {
  /** In digits: 40 or 64. */
  readonly idLength: number
  /** Branches and tags to see, as they were read; or those of the repository itself, to be written. None where it is not said. */
  readonly refs?: Refs | 'its own'
}

/**
 * Does the work with the path of the view, a bare repository that goes afterwards. Its objects are those of the repository, and
 * what is put into `objects/pack` is there. Throws `diff/no-objects`.
 */
export async function withView<T>(
  { common }: Pick<GitFolders, 'common'>,
  { idLength, refs = new Map() }: ViewOptions,
  work: (view: string) => Promise<T>,
): Promise<T> {
  return withRepository(idLength, async (view) => {
    await linkObjects(view, join(common, 'objects'))
    if (refs === 'its own') await linkRefs(view, common)
    else await writeFile(join(view, 'packed-refs'), packedText(refs))
    return work(view)
  })
}

/** Looked for once a call. */
let leftoversGone: Promise<void> | undefined

/** The same with an empty repository, which is nobody's view. */
export async function withRepository<T>(idLength: number, work: (repository: string) => Promise<T>): Promise<T> {
  await (leftoversGone ??= removeLeftovers())
  const repository = await mkdtemp(join(tmpdir(), await repositoryPrefix()))
  try {
    await chmod(repository, 0o700)
    const format = idLength === 64 ? 'repositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n' : ''
    await Promise.all([
      writeFile(join(repository, 'HEAD'), 'ref: refs/heads/none\n'),
      writeFile(join(repository, 'config'), `[core]\n\tbare = true\n\t${format || 'repositoryformatversion = 0\n'}`),
      mkdir(join(repository, 'refs')),
      mkdir(join(repository, 'objects')),
    ])
    return await work(repository)
  } finally {
    await rm(repository, { recursive: true, force: true })
  }
}

/** With nothing of the user's settings: what they say of hooks, addresses and filters is meant for their own repositories. */
export function viewEnv(
  env: Readonly<Record<string, string | undefined>>,
  view: string,
): Readonly<Record<string, string | undefined>> {
  return {
    ...env,
    // One that knows GIT_CONFIG_GLOBAL (2.32) asks for no home.
    ...{ HOME: view, XDG_CONFIG_HOME: view, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
    GIT_CONFIG_COUNT: undefined,
  }
}

async function linkObjects(view: string, objects: string): Promise<void> {
  for (const { name } of await plainEntries(objects)) {
    if (!/^(?:[0-9a-f]{2}|pack)$/.test(name)) continue
    await plainEntries(join(objects, name))
    await symlink(join(objects, name), join(view, 'objects', name))
  }
}

async function linkRefs(view: string, common: string): Promise<void> {
  await rm(join(view, 'refs'), { recursive: true })
  await plainTree(join(common, 'refs'))
  await symlink(join(common, 'refs'), join(view, 'refs'))
  for (const name of ['packed-refs', 'logs']) {
    const stats = await lstatIfThere(join(common, name))
    if (stats === null) continue
    if (stats.isSymbolicLink()) unreadable(`${join(common, name)} ${isLink}`)
    if (stats.isDirectory()) await plainTree(join(common, name))
    await symlink(join(common, name), join(view, name))
  }
}

function packedText(refs: Refs): string {
  return [...refs].map(([name, id]) => `${id} ${name}\n`).join('')
}

const isLink = 'is a link, and could lead to another repository.'

async function plainTree(folder: string): Promise<void> {
  for (const entry of await plainEntries(folder)) {
    if (entry.isDirectory()) await plainTree(join(folder, entry.name))
  }
}

/** None of them a link: it could lead to objects of another repository. */
async function plainEntries(folder: string): Promise<readonly Dirent[]> {
  let entries: readonly Dirent[]
  try {
    if (!(await lstat(folder)).isDirectory()) return unreadable(`${folder} ${isLink}`)
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
    return unreadable(`${folder}: ${String(error.code)}.`)
  }
  const link = entries.find((entry) => entry.isSymbolicLink())
  if (link !== undefined) unreadable(`${join(folder, link.name)} ${isLink}`)
  return entries
}

async function lstatIfThere(path: string) {
  try {
    return await lstat(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

export function unreadable(detail: string): never {
  fail('diff/no-objects', 'The objects of the git repository cannot be read', { detail })
}
