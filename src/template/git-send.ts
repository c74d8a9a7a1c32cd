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

/** Full name inside; null for what was not there before, or is not there any more. */
export type SentRef = { readonly ref: string; readonly before: string | null; readonly after: string | null }

/** Of those that go in one call of git, which takes them as arguments. */
const mostAtOnce = 200
/** Of those that are gone: more of them go with the next call. An agent can make any number, and each call takes a while. */
const mostGone = 1_000

/**
 * Brings `refs/remotes/host/*` of a clone to where the host's branches are, at most a thousand of those that are gone, and
 * tags that it does not have; `there` as `listFar` tells it. A tag that is another one there stays. Gives what was sent. Throws
 * as `seedRepository` does.
 */
export async function sendNews(
  folders: Pick<GitFolders, 'common'>,
  there: Refs,
  context: SendContext,
): Promise<readonly SentRef[]> {
  await checkWhole(folders, context.read)
  const refs = sentRefs(await readRefs(folders, context.read))
  const inside = (name: string): string => name.replace(/^refs\/heads\//, hostRefs)
  const news = new Map([...refs].filter(([name, id]) => isNews(there.get(inside(name)) ?? null, name, id)))
  const wanted = new Set([...refs.keys()].map(inside))
  const gone = [...there.keys()].filter((name) => name.startsWith(hostRefs) && !wanted.has(name)).slice(0, mostGone)
  const idLength = [...news.values(), ...there.values()][0]?.length ?? 40
  await withView(folders, { idLength, refs: news }, async (view) => {
    // First: one that is gone may be in the way of one that is new.
    for (let from = 0; from < gone.length; from += mostAtOnce) {
      await send(view, gone.slice(from, from + mostAtOnce).map((name) => `:${name}`), context) // prettier-ignore
    }
    if (news.size > 0) await send(view, [`+refs/heads/*:${hostRefs}*`, 'refs/tags/*:refs/tags/*'], context)
  })
  return [
    ...[...news].map(([name, after]) => ({ ref: inside(name), before: there.get(inside(name)) ?? null, after })),
    ...gone.map((ref) => ({ ref, before: there.get(ref) ?? null, after: null })),
  ]
}

function isNews(before: string | null, name: string, id: string): boolean {
  return name.startsWith('refs/tags/') ? before === null : before !== id
}
