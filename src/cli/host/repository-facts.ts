// The repository that a clone is made of, looked at without git reading what it is told there.

import { hasCode } from '../../model/diagnostic.js'
import type { RepositoryFacts } from '../../resolve/clone.js'
import type { Host } from '../../resolve/host.js'
import { findGitFolders, type GitFolders } from '../../template/git-folder.js'
import { revisionOf } from '../../template/git-name.js'
import { withObjects } from '../../template/git-objects.js'
import { readPlain } from './read-plain.js'

/** Null where there is none. `workspace` is a real path, `hidden` are paths in it. Runs git only to look for those. */
export async function repositoryFacts(
  workspace: string,
  hidden: readonly string[],
  host: Pick<Host, 'programEnv'>,
): Promise<RepositoryFacts | null> {
  const folders = await unlessTold('diff/no-repository', findGitFolders(workspace, readPlain))
  if (folders === null) return null
  const head = await unlessTold('diff/no-revision', revisionOf('HEAD', folders, readPlain))
  const tracked = head === null || hidden.length === 0 ? [] : await trackedOf(hidden, head, folders, host)
  return { root: folders.root, head, tracked }
}

async function trackedOf(
  paths: readonly string[],
  head: string,
  folders: GitFolders,
  host: Pick<Host, 'programEnv'>,
): Promise<readonly string[]> {
  const context = { env: host.programEnv(), signal: new AbortController().signal }
  return withObjects(folders, head.length, context, async (objects) => {
    const tracked: string[] = []
    for (const path of paths) {
      const entry = await objects.entry(head, path)
      if (entry?.path === path) tracked.push(path)
    }
    return tracked
  })
}

async function unlessTold<T>(code: string, work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (hasCode(error, code)) return null
    throw error
  }
}
