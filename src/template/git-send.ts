// Commits of a repository on this machine into one in a sandbox.

import type { GitFolders, ReadPlain } from './git-folder.js'
import { toldIfFailed } from './git-failures.js'
import { gitOverPipe, type FarEnd, type PipeCall } from './git-pipe.js'
import { readRefs, checkWhole, type Refs } from './git-refs.js'
import { withView } from './git-view.js'

export type SendContext = Pick<PipeCall, 'env' | 'signal' | 'onProgress'> & {
  /** `readPlain` of cli. */
  readonly read: ReadPlain
  /** In the sandbox, in the repository to fill. `gitInside` of cli makes one. */
  readonly far: FarEnd
}

/** Where the branches of the host's repository are in the one in the sandbox. */
export const hostRefs = 'refs/remotes/host/'

/** The commit that a clone begins at, until it is checked out. */
export const seedRef = 'refs/sbx/seed'

/** Already compressed is compressed enough for a pipe, and many threads make no pack smaller. */
const packing = ['-c', 'pack.threads=1', '-c', 'pack.compression=0']

/**
 * Fills an empty repository: the host's branches as `refs/remotes/host/*`, but for those under `sbx/`, which are other
 * agents' work; its tags; and `head`, the full id of the commit to begin at, as `refs/sbx/seed`. Nothing that none of these
 * leads to comes along. Neither side's settings run anything here. Throws `clone/borrowed-objects`, `clone/ref-format`,
 * `clone/git-failed`, `clone/no-transport`, `clone/interrupted`, `diff/...` and `template/git-missing`, and what the far
 * end throws where it was not ended from here. Once it has thrown, the same call may be made again.
 */
export async function seedRepository(
  folders: Pick<GitFolders, 'common'>,
  head: string,
  context: SendContext,
): Promise<void> {
  await checkWhole(folders, context.read)
  const refs = new Map([...sentRefs(await readRefs(folders, context.read)), [seedRef, head]])
  await withView(folders, { idLength: head.length, refs }, (view) =>
    send(view, ['+refs/heads/*:refs/remotes/host/*', '+refs/tags/*:refs/tags/*', `+${seedRef}:${seedRef}`], context),
  )
}

/** What of a repository is for a clone. */
export function sentRefs(refs: Refs): Refs {
  return new Map([...refs].filter(([name]) => !/^refs\/heads\/sbx(?:\/|$)/.test(name)))
}

/** `view` has what is sent, `refspecs` say where it goes. */
export async function send(
  view: string,
  refspecs: readonly string[],
  { env, signal, far, onProgress }: SendContext,
): Promise<void> {
  const args = [...packing, 'push', '--quiet', '--no-verify', '--no-follow-tags', '--recurse-submodules=no']
  const shown = onProgress === undefined ? args : [...args.filter((each) => each !== '--quiet'), '--progress']
  const call = { env, signal, far, onProgress, repository: view, service: 'receive-pack' } as const
  await toldIfFailed(gitOverPipe({ ...call, args: shown, refs: refspecs }))
}
