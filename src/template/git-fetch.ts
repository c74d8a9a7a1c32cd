// Commits of a clone into a repository of this machine. What comes was made by an agent: it lies in a repository of ours until
// git has looked through it, and only then beside what the host has. Branches follow last, and all of them or none.

import { basename, dirname, join } from 'node:path'
import { fail } from '../model/diagnostic.js'
import { git } from './git.js'
import { toldIfFailed } from './git-failures.js'
import type { GitFolders } from './git-folder.js'
import { mostMemory } from './git-memory.js'
import { gitOverPipe } from './git-pipe.js'
import { keepPacks, withQuarantine, type InFolder } from './git-quarantine.js'
import { isCommit } from './git-reference.js'
import { branchesCheckedOut, checkWhole, isPlainRef, readRefs, type Refs } from './git-refs.js'
import type { SendContext } from './git-send.js'
import { updateRefs, type RefUpdate } from './git-update.js'
import { viewEnv, withRepository, withView } from './git-view.js'

export type FetchContext = Omit<SendContext, 'onProgress'> & {
  /** `withFolder` of resolve. */
  readonly inFolder: InFolder
  /** Ids that sbx itself has put under this full name: what it has put there it may replace. */
  readonly known: (ref: string) => readonly string[]
  /** Id of another sandbox that this commit was put there of, under this full name; null where none is known. */
  readonly putBy: (ref: string, tip: string) => Promise<string | null>
  /** Called before branches are moved, with what they will be then; what it throws leaves them as they are. */
  readonly remember: (moved: Refs) => Promise<void>
}

/** Full names: of a branch here, and what it becomes. */
export type Wanted = { readonly ref: string; readonly from: string }

export type FetchedRef = {
  /** Full name, on this machine. */
  readonly ref: string
  /** Null where it was not there. */
  readonly before: string | null
  readonly after: string
  /** That no branch or tag here led to. */
  readonly commits: number
  /** It was not only added to. */
  readonly isForced: boolean
}

/** In milliseconds. */
const limit = 10 * 60_000

/** In bytes, of branches that are listed: about a million. */
const mostListed = 64 * 1024 ** 2

/** Branches in one call: git is asked about each by itself. */
const mostBranches = 200

/**
 * Branches and tags that a far end tells of, by full name; names that sbx does not write go to `onUnfit` instead, with the
 * id.
 */
export async function listFar(
  { far, env, signal }: Pick<FetchContext, 'far' | 'env' | 'signal'>,
  onUnfit?: (name: string, id: string) => void,
): Promise<Refs> {
  const told = await withRepository(40, (repository) => {
    const patterns = ['refs/heads/*', 'refs/tags/*', 'refs/remotes/host/*', 'refs/sbx/*']
    const call = { far, env, signal, repository, service: 'upload-pack', args: ['ls-remote', '--refs'] } as const
    return toldIfFailed(gitOverPipe({ ...call, refs: patterns, limits: { bytes: mostListed } }))
  })
  const refs = told.split('\n').flatMap((line) => {
    const [id = '', name = ''] = line.split('\t')
    if (!isCommit(id)) return []
    if (isPlainRef(name)) return [[name, id] as const]
    onUnfit?.(name, id)
    return []
  })
  return new Map(refs)
}

/**
 * Fetches what is wanted of what the far end has, `there` as `listFar` tells it; gives what moved. Throws `clone/...`, and
 * then no branch has.
 */
export async function fetchRefs(
  folders: Pick<GitFolders, 'common'>,
  wanted: readonly Wanted[],
  there: Refs,
  context: FetchContext,
): Promise<readonly FetchedRef[]> {
  await checkWhole(folders, context.read)
  const refs = await readRefs(folders, context.read)
  const news = wanted.filter(({ ref, from }) => there.has(from) && refs.get(ref) !== there.get(from))
  if (news.length === 0) return []
  if (news.length > mostBranches) {
    fail('clone/too-many-branches', 'The clone has too many branches with something new', {
      detail:
        `There are ${String(news.length)}, and at most ${String(mostBranches)} are fetched at once. Remove in the clone ` +
        `what nobody needs, or fetch its own branch alone:`,
      command: 'sbx fetch',
    })
  }
  await checkPlaces(folders, news, refs, context)
  const idLength = (there.get(news[0]?.from ?? '') ?? '').length
  return withView(folders, { idLength, refs }, (view) =>
    withQuarantine(view, idLength, async (quarantine) => {
      const run = runIn(quarantine, context)
      const brought = await bring(quarantine, news, context, run)
      const fetched: FetchedRef[] = []
      for (const [ref, after] of brought) {
        const before = refs.get(ref) ?? null
        if (before === after) continue
        const isForced = before !== null && (await run(['rev-list', '--max-count=1', before, '--not', after])) !== ''
        if (isForced && !context.known(ref).includes(before)) {
          refuseRewritten({ ref, before, after }, await context.putBy(ref, before))
        }
        const commits = Number(await run(['rev-list', '--count', after, '--not', '--alternate-refs']))
        // What has nothing of its own needs no branch of its own.
        if (before !== null || commits > 0) fetched.push({ ref, before, after, commits, isForced })
      }
      await keepPacks(quarantine, folders.common, context.inFolder)
      await context.remember(new Map(fetched.map(({ ref, after }) => [ref, after])))
      await updateRefs(folders, idLength, fetched.map(asUpdate), context)
      return fetched
    }),
  )
}

type Run = (args: readonly string[]) => Promise<string>

function runIn(repository: string, { env, signal }: FetchContext): Run {
  const call = { env: viewEnv(env, repository), signal, repository, limit, mostMemory }
  return async (args) => (await toldIfFailed(git(args, call))).toString().trim()
}

const fetchSettings = [
  ...['fetch.fsckObjects=true', 'fetch.unpackLimit=1', 'pack.writeReverseIndex=false'],
  // Of larger files git holds none in memory that comes whole, and of others one at a time.
  ...['core.bigFileThreshold=64m', 'pack.threads=1'],
]

const fetchOptions = [
  ...['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-gc'],
  '--stdin',
]

/** Into the quarantine; gives ids by the full name that each is for. What a branch is there may have moved since it was told. */
async function bring(
  quarantine: string,
  news: readonly Wanted[],
  { far, env, signal }: FetchContext,
  run: Run,
): Promise<Refs> {
  await toldIfFailed(
    gitOverPipe({
      ...{ far, env, signal, repository: quarantine, service: 'upload-pack' },
      args: [...fetchSettings.flatMap((setting) => ['-c', setting]), 'fetch', ...fetchOptions],
      refs: [],
      input: news.map(({ from }, index) => `+${from}:refs/in/${String(index)}\n`).join(''),
    }),
  )
  const told = await run(['for-each-ref', '--format=%(refname) %(objectname) %(objecttype)', 'refs/in'])
  const found = new Map(told.split('\n').map((line) => [line.split(' ', 1)[0], line.split(' ')] as const))
  return new Map(
    news.map(({ ref }, index) => {
      const [, id, type] = found.get(`refs/in/${String(index)}`) ?? []
      // It warns of a history that ends early, and goes on.
      if (id === undefined) return unsafe(`The history of ${shortName(ref)} does not go back to its beginning.`)
      if (type !== 'commit') return unsafe(`What ${shortName(ref)} would become is no commit, but a ${type ?? ''}.`)
      return [ref, id]
    }),
  )
}

async function checkPlaces(
  folders: Pick<GitFolders, 'common'>,
  news: readonly Wanted[],
  refs: Refs,
  { read }: FetchContext,
): Promise<void> {
  const all = [...new Set([...refs.keys(), ...news.map(({ ref }) => ref)])]
  const checkedOut = await branchesCheckedOut(folders, read)
  for (const { ref } of news) {
    const other = all.find((each) => each.startsWith(`${ref}/`) || ref.startsWith(`${each}/`))
    if (other !== undefined) {
      fail('clone/branch-in-the-way', 'A branch is in the way of another', {
        detail: `${shortName(ref)} cannot be beside ${shortName(other)}. Rename that one: git branch -m`,
      })
    }
    const tree = checkedOut.get(ref)
    if (tree !== undefined) {
      fail('clone/branch-checked-out', 'The branch is checked out', {
        detail:
          `${shortName(ref)} is what a working tree is on (${await folderOf(tree, read)}), whose files would be another ` +
          `branch's. ` +
          `Switch to one of your own there: git switch -c my-work`,
      })
    }
  }
}

/** Of a working tree, by what git keeps of it; that itself where it does not say. */
async function folderOf(own: string, read: FetchContext['read']): Promise<string> {
  if (basename(own) === '.git') return dirname(own)
  const pointer = (await read(join(own, 'gitdir'), 4096))?.toString().trim() ?? ''
  return basename(pointer) === '.git' ? dirname(pointer) : own
}

/** `other` is the id of a sandbox whose branch has the same name: one of another work tree, where the file gives a name. */
function refuseRewritten({ ref, before, after }: RefUpdate, other: string | null): never {
  const name = shortName(ref)
  const why =
    other === null
      ? `and it was not sbx that put it there. Keep yours under another name, and fetch again: git branch -m ${name} mine`
      : `sbx put it there of ${other}, another sandbox with that branch. Keep it under another name, and fetch again: ` +
        `git branch -m ${name} ${other}\n` +
        'Without `name` in sandbox.yaml the sandbox of each work tree, and its branch, is called after its folder.'
  fail('clone/branch-moved', 'The branch has commits that the clone does not have', {
    detail: `${name} is at ${String(before)} here and at ${after} in the clone, which does not come after it; ${why}`,
  })
}

function unsafe(detail: string): never {
  fail('clone/unsafe-objects', 'The clone has what git takes from nobody', { detail })
}

function asUpdate({ ref, before, after }: FetchedRef): RefUpdate {
  return { ref, before, after }
}

export function shortName(ref: string): string {
  return ref.replace(/^refs\/heads\//, '')
}
