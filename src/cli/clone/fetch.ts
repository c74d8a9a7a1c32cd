import { fail } from '../../model/diagnostic.js'
import { fetchedOf, readFetched, rememberFetched } from '../../resolve/fetched.js'
import { withFolder } from '../../resolve/host-file.js'
import { readHost, type Host } from '../../resolve/host.js'
import { fetchRefs, listFar, shortName, type FetchedRef, type Wanted } from '../../template/git-fetch.js'
import { headBranch, isPlainRef, readRefs, type Refs } from '../../template/git-refs.js'
import { unreachedTips } from '../../template/git-tips.js'
import type { Fetched } from '../../ui/fetch-json.js'
import { fetchJson } from '../../ui/fetch-json.js'
import { fetchText } from '../../ui/fetch-text.js'
import { cloneOf, type SandboxClone } from './clone-of.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, print, printJson } from '../call/invocation.js'
import type { FetchOptions } from '../call/options.js'
import { readPlain } from '../host/read-plain.js'
import wipScript from './wip.sh'

/** Where a commit of what is not committed is kept in a clone. */
const wipRef = 'refs/sbx/wip'

/** What the agent committed in its clone comes to a branch of the repository here, whose files stay as they are. */
export async function fetch(invocation: Invocation, named: string | undefined, options: FetchOptions): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const clone = await cloneOf(invocation, host, engine, named)
    tell(invocation, await fetchFrom(clone, host, options, invocation.signal))
    return 0
  })
}

/** What is told of it is what is here then, and not what the clone says: somebody may remove the clone over it. */
export async function fetchFrom(
  clone: SandboxClone,
  host: Pick<Host, 'programEnv' | 'stateFolder'>,
  { wip: takesWip = false, all = false }: FetchOptions,
  signal: AbortSignal,
): Promise<Fetched> {
  const { far, folders, name } = clone
  const context = { far, env: host.programEnv(), signal, read: readPlain }
  const said = takesWip
    ? await clone.script(wipScript, [`Not committed in ${name}`], 'commit what is not committed')
    : ''
  const named = new Map<string, string>()
  const there = await listFar(context, (ref, id) => named.set(ref, id))
  const wip = said === '' ? null : (there.get(wipRef) ?? noWip(name))
  const own = `refs/heads/${clone.branch}`
  const news = await withNews(clone, host, new Map([...there, ...named]), signal)
  const isFit = (from: string): boolean =>
    there.has(from) && isPlainRef(`${own}+${shortName(from)}`) && isHarmless(shortName(from))
  const others = news.filter(isFit)
  if (!there.has(own) && !all) noBranch(clone, others)
  const wanted: Wanted[] = [
    { ref: own, from: own },
    ...(wip === null ? [] : [{ ref: `${own}-wip`, from: wipRef }]),
    ...(all ? others.map((from) => ({ ref: `${own}+${shortName(from)}`, from })) : []),
  ]
  const subject = { id: clone.id, repository: folders.root }
  const tips = await readFetched(host.stateFolder, subject)
  const moved = await fetchRefs(folders, wanted, there, {
    ...context,
    inFolder: withFolder,
    known: (ref) => tips[ref] ?? [],
    putBy: async (ref, tip) => fetchedOf(host.stateFolder, ref, tip),
    remember: (refs) => rememberFetched(host.stateFolder, subject, refs),
  })
  const here = (await readRefs(folders, readPlain)).get(`${own}-wip`)
  // It can have moved since it was listed.
  const came = moved.find(({ ref }) => ref === `${own}-wip`)?.after ?? wip
  return {
    name,
    repository: folders.root,
    ...sorted(moved, `${own}-wip`),
    wip: here === undefined || here !== came ? null : { branch: `${clone.branch}-wip`, to: here },
    isClean: takesWip && said === '',
    left: all ? [] : others.map(shortName),
    unfit: news.filter((from) => !isFit(from)).map(shortName),
    current: await currentBranch(clone),
  }
}

/**
 * Of a name that an agent chose, and that prompts and scripts of this machine may put into a command: letters and numbers of
 * any script, and what means nothing to a shell.
 */
function isHarmless(name: string): boolean {
  return /^[\p{L}\p{N}\p{M}._/@%+=,:#-]+$/u.test(name)
}

function tell(invocation: Invocation, fetched: Fetched): void {
  if (invocation.options.json === true) printJson(invocation, fetchJson(fetched))
  else print(invocation, fetchText(fetched))
}

function sorted(moved: readonly FetchedRef[], wip: string): Pick<Fetched, 'branches' | 'isUnchanged'> {
  const branches = moved.filter(({ ref }) => ref !== wip).map((each) => ({ ...each, ref: shortName(each.ref) }))
  return { branches, isUnchanged: moved.length === 0 }
}

/** Other branches of the clone with commits that are not here, by full name. */
async function withNews(
  { folders, branch }: SandboxClone,
  host: Pick<Host, 'programEnv'>,
  there: Refs,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const others = [...there].filter(([name]) => name.startsWith('refs/heads/') && name !== `refs/heads/${branch}`)
  const tips = others.map(([, id]) => id)
  const news = new Set(await unreachedTips(folders, tips, readPlain, { env: host.programEnv(), signal }))
  return others.flatMap(([name, id]) => (news.has(id) ? [name] : []))
}

/** What to compare with: the branch that the repository here is on. */
async function currentBranch({ folders }: SandboxClone): Promise<string> {
  const head = await headBranch(folders.own, readPlain)
  return head !== null && isPlainRef(head) ? shortName(head) : 'HEAD'
}

function noWip(name: string): never {
  fail('clone/git-failed', 'git did not do it', {
    detail: `A commit of what is not committed was to be made in ${name}, and there is none (${wipRef}).`,
  })
}

function noBranch({ name, branch }: SandboxClone, others: readonly string[]): never {
  const found = others.slice(0, 5).map(shortName).join(', ')
  fail('clone/no-branch', 'The clone does not have its branch', {
    detail:
      `${branch} is gone in ${name}. ` +
      (others.length === 0 ? 'No other has anything new.' : `Others have something new (${found}). To fetch them:`),
    ...(others.length === 0 ? {} : { command: 'sbx fetch --all' }),
  })
}
