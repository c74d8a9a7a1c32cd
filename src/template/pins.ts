// What references that can move are pinned to. Whoever implements it has the lock file and the cache.

import type { Position } from '../model/diagnostic.js'
import type { GitReference } from './git-reference.js'

export type GitFolder = {
  readonly commit: string
  /** Absolute: the reference's folder as that commit has it. */
  readonly path: string
}

export interface Pins {
  /** Fetched where it is not there yet. Throws `template/git-...` or `lock/...`, at the line that names it. */
  folder(reference: GitReference, at?: Position): Promise<GitFolder>
  /** Of an image, `sha256:...`; null where it is not pinned. */
  digest(image: string, at?: Position): string | null
  /** Of an agent whose template installs `installed` of itself; null where it is not pinned. */
  version(agent: string, installed: string): string | null
}
