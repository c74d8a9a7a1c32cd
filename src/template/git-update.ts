// Branches of a repository that nobody vouches for are moved: by git, which locks them and writes its log, and through a view.

import { fail } from '../model/diagnostic.js'
import { git, GitFailure } from './git.js'
import { lastWords, toldIfFailed } from './git-failures.js'
import type { GitFolders } from './git-folder.js'
import { mostMemory } from './git-memory.js'
import type { ObjectContext } from './git-objects.js'
import { viewEnv, withView } from './git-view.js'

export type RefUpdate = {
  /** Full name. */
  readonly ref: string
  /** What it has to be now; null for nothing. */
  readonly before: string | null
  readonly after: string
}

/** In milliseconds. */
const limit = 60_000

const who = {
  ...{ GIT_COMMITTER_NAME: 'sbx', GIT_COMMITTER_EMAIL: 'sbx@localhost' },
  ...{ GIT_AUTHOR_NAME: 'sbx', GIT_AUTHOR_EMAIL: 'sbx@localhost' },
}

/** All of them or none; one that only names another branch is left. Throws `clone/branch-locked` where one is not what it was. */
export async function updateRefs(
  folders: Pick<GitFolders, 'common'>,
  idLength: number,
  updates: readonly RefUpdate[],
  { env, signal }: ObjectContext,
): Promise<void> {
  if (updates.length === 0) return
  const none = '0'.repeat(idLength)
  const input = updates
    .map(({ ref, before, after }) => `option no-deref\0update ${ref}\0${after}\0${before ?? none}\0`)
    .join('')
  const moved = withView(folders, { idLength, refs: 'its own' }, async (view) => {
    const args = [
      '-c',
      'core.logAllRefUpdates=true',
      'update-ref',
      '--create-reflog',
      '-m',
      'sbx fetch',
      '--stdin',
      '-z',
    ]
    const call = { env: { ...viewEnv(env, view), ...who }, signal, repository: view, limit, mostMemory, input }
    try {
      await git(args, call)
    } catch (error) {
      if (!(error instanceof GitFailure) || error.reason !== 'failed') throw error
      fail('clone/branch-locked', 'A branch cannot be moved', {
        detail: `Somebody moves it just now, or did. git says: ${lastWords(error.said)}`,
        command: 'sbx fetch',
      })
    }
  })
  await toldIfFailed(moved)
}
