// Writing where an agent writes as well: what is above a path can become a link at any time, and none is followed.

import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { withPlace } from '../../resolve/host-file.js'
import { errorCode } from '../../resolve/read.js'
import type { PlainFolders } from '../../template/git-worktree.js'

export const plainFolders: PlainFolders = {
  async make(path) {
    try {
      await withPlace(path, (place) => mkdir(place))
      return true
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false
      throw error
    }
  },
  write: (path, content) => withPlace(path, (place) => writeFile(place, content, { flag: 'wx' })),
  remove: (path) => withPlace(path, (place) => rm(place, { recursive: true, force: true })),
  async removeEmpty(path) {
    try {
      await withPlace(path, (place) => rmdir(place))
    } catch (error) {
      if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'ENOENT') throw error
    }
  },
}
