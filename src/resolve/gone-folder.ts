// Whether a folder is gone for good, as far as this machine can tell.

import { lstatSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { FolderState } from '../model/approval.js'
import { errorCode } from './read.js'

/**
 * Unsure also where it lay on another file system than the one that is there now, which may be a disk that is not mounted; of
 * a bind mount nothing tells, since it has the device of what it shows. `inode` is `device:inode:birth time`, as it was.
 */
export function folderState({ workspace, inode }: { readonly workspace: string; readonly inode: string }): FolderState {
  try {
    if (statSync(workspace, { throwIfNoEntry: false }) !== undefined) return 'there'
    // Of a link that leads nowhere the target may come back.
    let above = workspace
    let found = lstatSync(above, { bigint: true, throwIfNoEntry: false })
    while (found === undefined && above !== '/') {
      above = dirname(above)
      found = lstatSync(above, { bigint: true, throwIfNoEntry: false })
    }
    return found?.isDirectory() === true && inode.startsWith(`${found.dev}:`) ? 'gone' : 'unsure'
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return 'unsure'
  }
}
