// The git folder of a workspace whose `.git` is a file, looked at without git reading what it is told there.

import { join } from 'node:path'
import { hasCode } from '../../model/diagnostic.js'
import type { GitFolderFacts } from '../../resolve/git-folder.js'
import { findGitFolders } from '../../template/git-folder.js'
import { readPlain } from './read-plain.js'

/** `workspace` is a real path. Runs nothing. */
export async function gitFolderFacts(workspace: string): Promise<GitFolderFacts> {
  try {
    const { own, common } = await findGitFolders(workspace, readPlain)
    // A name that a terminal would act on is shown in every plan, and no honest repository has one.
    if (/\p{Cc}/u.test(common)) return strange(workspace)
    return { path: common, of: own === common ? 'submodule' : 'work tree' }
  } catch (error) {
    if (!hasCode(error, 'diff/git-elsewhere')) throw error
    return strange(workspace)
  }
}

/** Whoever works there wrote it, so that what it names is not repeated. */
function strange(workspace: string): GitFolderFacts {
  return { path: join(workspace, '.git'), why: 'names a git folder that is not known to be that of this workspace' }
}
