// Where the work tree of a branch is, or would be made. Asks no git, and reads no settings of the repository.

import { lstatSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fail, hasCode } from '../../model/diagnostic.js'
import { slug } from '../../model/names.js'
import { shellWord } from '../../model/shell-word.js'
import { findGitFolders, type GitFolders } from '../../template/git-folder.js'
import { revisionOf } from '../../template/git-name.js'
import { branchesCheckedOut, isPlainRef, readRefs } from '../../template/git-refs.js'
import type { WorkTreeRequest } from '../../template/git-worktree.js'
import { readPlain } from '../host/read-plain.js'

export type TreePlace = {
  readonly folders: GitFolders
  /** What is to be made; null where it is there. */
  readonly missing: WorkTreeRequest | null
  /** Real path. */
  readonly folder: string
}

/** Whether sbx made the work tree, or began to. */
export type IsMade = (folder: string, common: string) => Promise<boolean>

export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

/**
 * `from` is a real path in the repository. Throws `worktree/...`, `diff/git-elsewhere` and `clone/ref-format` for a repository
 * or a name of which there can be none.
 */
export async function treePlace(from: string, branch: string, isMade: IsMade): Promise<TreePlace> {
  const folders = await foldersFrom(from)
  const ref = `refs/heads/${branch}`
  if (branch.startsWith('-') || branch === 'HEAD' || !isPlainRef(ref)) {
    fail('worktree/bad-branch', 'This is not the name of a branch', { detail: `"${branch}" is none in git.` }, 'usage')
  }
  const own = (await branchesCheckedOut(folders, readPlain)).get(ref)
  const main = isMain(folders.common) ? dirname(folders.common) : folders.root
  const folder = join(dirname(main), `${basename(main)}-${slug(branch)}`)
  if (own !== undefined && !isBareFolder(own, folders)) return whereItIs(own, folder, { folders, branch, isMade })
  if (isThere(folder) || /\p{Cc}/u.test(folder)) {
    fail('worktree/folder-taken', 'There is no room for the work tree', {
      detail: `${folder}, where that of ${branch} would be, is there already and is not on it. Move it, or take another branch.`,
    })
  }
  const tip = (await readRefs(folders, readPlain)).get(ref)
  const commit = tip ?? (await headOf(folders))
  return { folders, missing: { folder, branch, commit, isNewBranch: tip === undefined }, folder }
}

async function foldersFrom(from: string): Promise<GitFolders> {
  try {
    const folders = await findGitFolders(from, readPlain)
    if (folders.own !== folders.common || folders.common === join(folders.root, '.git')) return folders
    return fail('worktree/submodule', 'A submodule has no work trees', {
      detail: `${folders.root} is a submodule. To work beside others in it, use a clone: sbx run --clone NAME`,
    })
  } catch (error) {
    if (!hasCode(error, 'diff/no-repository')) throw error
    return fail('worktree/no-repository', 'There is no git repository', {
      detail: `${from} is in none. To make one: git init, and a first commit.`,
    })
  }
}

async function headOf(folders: GitFolders): Promise<string> {
  try {
    return await revisionOf('HEAD', folders, readPlain)
  } catch (error) {
    if (!hasCode(error, 'diff/no-revision')) throw error
    return fail('worktree/empty', 'The repository has no commit yet', {
      detail: `A branch begins at a commit, and ${folders.root} has none. Make one.`,
    })
  }
}

/** A branch can be in one work tree only, be it this one. */
async function whereItIs(
  own: string,
  expected: string,
  { folders, branch, isMade }: { readonly folders: GitFolders; readonly branch: string; readonly isMade: IsMade },
): Promise<TreePlace> {
  if (own === folders.common) {
    const tree = dirname(own)
    const there = `cd ${shellWord(tree)} && sbx run`
    fail('worktree/branch-taken', 'The branch is what another folder is on', {
      detail: `${tree} is on ${branch}, and git has a branch in one folder at a time. There: ${there}`,
    })
  }
  const pointer = (await readPlain(join(own, 'gitdir'), 8192))?.toString().trimEnd() ?? ''
  if (pointer === join(expected, '.git') && isThere(join(own, 'locked')) && !isThere(pointer)) {
    await failUnfinished(expected, folders.common, isMade)
  }
  const tree = pointer.startsWith('/') && isThere(pointer) ? realpathSync.native(dirname(pointer)) : null
  const found = tree === null ? null : await findGitFolders(tree, readPlain)
  if (found?.root !== tree || found?.own !== own) {
    fail('worktree/branch-taken', 'The branch is what another folder is on', {
      detail: `${own} says that ${pointer} is on ${branch}, which is not there. If that is gone for good: git worktree prune`,
    })
  }
  return { folders: found, missing: null, folder: found.root }
}

/** Who can write the repository can have it name any folder: only one that sbx began is called its own, with all that is in it. */
async function failUnfinished(folder: string, common: string, isMade: IsMade): Promise<never> {
  const [code, summary, path] = ['worktree/unfinished', 'The work tree was not finished', shellWord(folder)]
  if (await isMade(folder, common)) {
    return fail(code, summary, {
      detail: `The call that made ${folder} was ended in the middle. To begin anew, remove what it left, with all that is in it:`,
      command: `git worktree repair && git worktree remove --force --force ${path}`,
    })
  }
  return fail(code, summary, {
    detail: `The repository says that ${folder} is being made, and sbx does not know of it. To forget it, and leave the folder:`,
    command: `git worktree unlock ${path} && git worktree prune`,
  })
}

function isMain(common: string): boolean {
  return basename(common) === '.git'
}

/** A repository without a tree of its own has a HEAD as well. */
function isBareFolder(own: string, { common }: GitFolders): boolean {
  return own === common && !isMain(common)
}
