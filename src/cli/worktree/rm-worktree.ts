// The work trees that removed sandboxes were in. One goes only when somebody says so, and when its branch has all that is
// in it but for what git ignores.

import { dirname } from 'node:path'
import { fail, hasCode } from '../../model/diagnostic.js'
import type { ListedContainer } from '../../model/live.js'
import { shellWord } from '../../model/shell-word.js'
import type { Host } from '../../resolve/host.js'
import { forgetTree, isMadeTree } from '../../resolve/made-trees.js'
import { isAtOrBeneath } from '../../resolve/paths.js'
import { errorCode } from '../../resolve/read.js'
import { findGitFolders, type GitFolders } from '../../template/git-folder.js'
import { removeWorkTree } from '../../template/git-worktree.js'
import { workTreeHolds } from '../../template/git-worktree-state.js'
import { withTilde } from '../../ui/quantities.js'
import { ask } from '../call/ask.js'
import { type Invocation, isInteractive, tell } from '../call/invocation.js'
import { plainFolders } from '../host/plain-folders.js'
import { readPlain } from '../host/read-plain.js'
import { isThere } from './worktree-place.js'

export type LeftTrees = {
  /** After the sandboxes are gone. */
  readonly offer: () => Promise<void>
}

/**
 * Those of the sandboxes with these ids that no other sandbox works in. With `isAsked` throws `worktree/...` where one of them
 * is in none, or in one that would not be removed: nothing was done then.
 */
export async function leftTrees(
  invocation: Invocation,
  host: Host,
  listed: readonly ListedContainer[],
  ids: readonly string[],
  isAsked: boolean,
): Promise<LeftTrees> {
  const isRemoved = ({ sandbox }: ListedContainer): boolean => ids.includes(sandbox.id)
  const isClone = ({ spec }: ListedContainer): boolean => spec.workspace.mode === 'clone'
  const removed = listed.filter(isRemoved)
  const clone = removed.find(isClone)
  if (isAsked && clone !== undefined)
    refuse(clone.sandbox.workspace, `is not what ${clone.sandbox.displayName} works in`)
  const folders = new Set(removed.filter((each) => !isClone(each)).map(({ sandbox }) => sandbox.workspace))
  const trees = new Map<string, GitFolders>()
  for (const folder of folders) {
    if (!isThere(folder)) continue
    const tree = await furtherTree(folder, host)
    if (tree === null) {
      if (isAsked) refuse(folder, "is in no work tree beside its repository's own")
      continue
    }
    const other = listed.find((each) => !isRemoved(each) && isAtOrBeneath(each.sandbox.workspace, tree.root))
    if (other === undefined) trees.set(tree.root, tree)
    else if (isAsked) refuse(tree.root, `is where ${other.sandbox.displayName} works as well`)
    if (!isAsked || other !== undefined) continue
    const holds = await holdsOf(invocation, host, tree)
    if (holds !== null) refuse(tree.root, holds)
  }
  return {
    offer: async () => {
      for (const tree of trees.values()) await offerOne(invocation, host, tree, isAsked)
    },
  }
}

/** Null for what is no work tree, or is that of the repository itself; and for more than was the sandbox's, but what sbx made. */
async function furtherTree(folder: string, { stateFolder }: Host): Promise<GitFolders | null> {
  try {
    const found = await findGitFolders(folder, readPlain)
    if (dirname(dirname(found.own)) !== found.common) return null
    return found.root === folder || (await isMadeTree(stateFolder, found.root, found.common)) ? found : null
  } catch (error) {
    if (hasCode(error, 'diff/no-repository', 'diff/git-elsewhere')) return null
    throw error
  }
}

async function offerOne(invocation: Invocation, host: Host, tree: GitFolders, isAsked: boolean): Promise<void> {
  const { root: folder, common, own } = tree
  const shown = withTilde(folder, host.home)
  if (!isAsked && !(await isMadeTree(host.stateFolder, folder, common))) return
  const holds = await holdsOf(invocation, host, tree)
  if (holds !== null) {
    tell(invocation, [`The work tree ${shown} stays: it ${holds}.`])
    return
  }
  if (!isAsked && !isInteractive(invocation)) {
    tell(invocation, [`The work tree ${shown} stays; to remove it: git worktree remove ${shellWord(folder)}`])
    return
  }
  const question = `Remove the work tree ${shown} too, with what git ignores in it? Its branch stays.`
  if (!isAsked && !(await ask(invocation, question))) return
  try {
    await removeWorkTree({ folder, common, own }, plainFolders)
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    refuse(folder, `could not be removed as a whole (${code})`)
  }
  await forgetTree(host.stateFolder, folder)
  tell(invocation, [`Removed the work tree ${shown}. Its branch stays.`])
}

function holdsOf({ signal }: Invocation, host: Host, tree: GitFolders): Promise<string | null> {
  return workTreeHolds(tree, isThere, readPlain, { env: host.programEnv(), signal })
}

function refuse(folder: string, why: string): never {
  fail('worktree/kept', 'The work tree is not removed', { detail: `${folder} ${why}.` })
}
