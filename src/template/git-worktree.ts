// A further work tree of a repository that nobody vouches for: its entry in the git folder is written by hand, and its files
// by git through a view, so that no hook, filter or program that the repository's settings name is run. What it is made of
// goes again where that fails.

import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { git } from './git.js'
import { toldIfFailed } from './git-failures.js'
import type { GitFolders } from './git-folder.js'
import type { ObjectContext } from './git-objects.js'
import { viewEnv, withView } from './git-view.js'

/** Through no link above the path. Only a folder that is there and not empty is told apart; all else is thrown. */
export type PlainFolders = {
  /** False where something is there. */
  make(path: string): Promise<boolean>
  /** A new file. */
  write(path: string, content: string | Buffer): Promise<void>
  /** With all that is in it; nothing where it is not there. */
  remove(path: string): Promise<void>
  /** Nothing where it is not there or not empty. */
  removeEmpty(path: string): Promise<void>
}

export type WorkTreeRequest = {
  /** Absolute, without a link in it; not there yet. */
  readonly folder: string
  readonly branch: string
  /** Full id of the commit that the branch is at. */
  readonly commit: string
  /** Whether the branch is made as well. */
  readonly isNewBranch: boolean
}

export type WorkTree = WorkTreeRequest & {
  readonly common: string
  /** Its entry in the git folder. */
  readonly own: string
}

/** In milliseconds: of a branch, and of all files of a large repository. */
const limits = { ref: 60_000, files: 30 * 60_000 }

/** Null where the folder is there. Throws `clone/...`, `diff/...` and `template/git-missing`, and leaves nothing then. */
export async function makeWorkTree(
  { common }: Pick<GitFolders, 'common'>,
  request: WorkTreeRequest,
  plain: PlainFolders,
  context: ObjectContext,
): Promise<WorkTree | null> {
  const { folder, branch } = request
  if (!(await plain.make(folder))) return null
  const undo = [() => plain.remove(folder)]
  try {
    const entries = join(common, 'worktrees')
    if (await plain.make(entries)) undo.unshift(() => plain.removeEmpty(entries))
    const own = await newEntry(entries, basename(folder), plain)
    undo.unshift(() => plain.remove(own))
    // As git has it while it makes one, so that nothing else takes the entry for one that was left behind.
    await plain.write(join(own, 'locked'), 'initializing\n')
    await plain.write(join(own, 'gitdir'), `${join(folder, '.git')}\n`)
    await plain.write(join(own, 'commondir'), '../..\n')
    await plain.write(join(own, 'HEAD'), `ref: refs/heads/${branch}\n`)
    if (request.isNewBranch) {
      await setBranch(common, request, 'made', context)
      undo.unshift(() => setBranch(common, request, 'removed', context))
    }
    await plain.write(join(own, 'index'), await checkOut(common, request, context))
    await plain.write(join(folder, '.git'), `gitdir: ${own}\n`)
    await plain.remove(join(own, 'locked'))
    return { ...request, common, own }
  } catch (error) {
    // Also after the interruption that ended it.
    for (const step of undo) await step()
    throw error
  }
}

/** Its branch too where that was made with it and is still where it began. */
export async function unmakeWorkTree(tree: WorkTree, plain: PlainFolders, context: ObjectContext): Promise<void> {
  await removeWorkTree(tree, plain)
  if (tree.isNewBranch) await setBranch(tree.common, tree, 'removed', context)
}

/** All that is in it; its branch stays. */
export async function removeWorkTree(
  { folder, own, common }: Pick<WorkTree, 'folder' | 'own' | 'common'>,
  plain: PlainFolders,
): Promise<void> {
  await plain.remove(folder)
  await plain.remove(own)
  await plain.removeEmpty(join(common, 'worktrees'))
}

async function newEntry(entries: string, name: string, plain: PlainFolders): Promise<string> {
  for (let count = 0; ; count++) {
    const own = join(entries, count === 0 ? name : `${name}${String(count)}`)
    if (await plain.make(own)) return own
  }
}

async function setBranch(
  common: string,
  { branch, commit }: WorkTreeRequest,
  what: 'made' | 'removed',
  { env, signal }: ObjectContext,
): Promise<void> {
  const ref = `refs/heads/${branch}`
  const none = '0'.repeat(commit.length)
  const args =
    what === 'made'
      ? ['update-ref', '--create-reflog', '-m', 'branch: Created from HEAD', ref, commit, none]
      : ['update-ref', '-d', ref, commit]
  await withView({ common }, { idLength: commit.length, refs: 'its own' }, async (view) => {
    const who = { GIT_COMMITTER_NAME: 'sbx', GIT_COMMITTER_EMAIL: 'sbx@localhost' }
    const until = what === 'made' ? { signal } : {}
    const call = { env: { ...viewEnv(env, view), ...who }, ...until, repository: view, limit: limits.ref }
    await toldIfFailed(git(['-c', 'core.logAllRefUpdates=true', ...args], call))
  })
}

/** Writes the files and gives the index. */
async function checkOut(
  common: string,
  { folder, commit }: WorkTreeRequest,
  { env, signal }: ObjectContext,
): Promise<Buffer> {
  return withView({ common }, { idLength: commit.length }, async (view) => {
    const call = { env: viewEnv(env, view), signal, repository: view, limit: limits.files }
    await toldIfFailed(git([`--work-tree=${folder}`, ...strict, 'read-tree', '-u', '--reset', commit], call))
    return readFile(join(view, 'index'))
  })
}

/** Names that some file system takes for `.git` are refused on every one. */
const strict = ['-c', 'core.protectHFS=true', '-c', 'core.protectNTFS=true']
