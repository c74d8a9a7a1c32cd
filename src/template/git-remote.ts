// Asking a git repository for a commit, and why it did not give it.

import { DiagnosticError, fail, type Position } from '../model/diagnostic.js'
import { git, GitFailure, type GitCall } from './git.js'
import { gitReferenceText, isCommit, type GitReference } from './git-reference.js'

export type GitContext = Pick<GitCall, 'env' | 'signal'> & { readonly at?: Position | undefined }

/** For what a person waits for, in milliseconds. */
const limits = { ask: 30_000, fetch: 10 * 60_000 }

/**
 * The commit that the reference means now, by one `git ls-remote`; of a commit itself without asking. `limit` in
 * milliseconds. Throws `template/git-...`.
 */
export async function resolveCommit(reference: GitReference, context: GitContext, limit = limits.ask): Promise<string> {
  const { url, ref } = reference
  if (isCommit(ref)) return ref
  const names = ref === 'HEAD' || ref.startsWith('refs/') ? [ref] : [`refs/tags/${ref}`, `refs/heads/${ref}`]
  // A tag with a message of its own is another object; `^{}` is the commit that it names.
  const asked = names.flatMap((name) => [`${name}^{}`, name])
  const told = await asking(reference, context, ['ls-remote', '--quiet', '--', url, ...asked], { limit })
  const commits = new Map(
    told
      .toString()
      .split('\n')
      .flatMap((line): [string, string][] => {
        const [commit = '', name] = line.split('\t')
        return name !== undefined && isCommit(commit) ? [[name, commit]] : []
      }),
  )
  const found = asked.flatMap((name) => commits.get(name) ?? [])[0]
  return found ?? noRef(reference, context)
}

/** Brings the commit, and nothing before it, into a bare repository that this makes at `repository`. */
export async function fetchCommit(
  reference: GitReference,
  commit: string,
  repository: string,
  context: GitContext,
): Promise<void> {
  const at = { repository }
  const format = commit.length === 64 ? 'sha256' : 'sha1'
  await asking(reference, context, ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`], at)
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head']
  const from = ['--', reference.url]
  try {
    const one = [...fetch, '--depth=1', ...from, `+${commit}:refs/heads/pinned`]
    await asking(reference, context, one, { ...at, limit: limits.fetch })
  } catch (error) {
    if (!(error instanceof DiagnosticError) || !(error.cause instanceof GitFailure)) throw error
    if (!isRefusedCommit(error.cause.said)) throw error
    // An old server gives only what a name stands for, or the commit is nobody's any more: all names tell which.
    const all = [...fetch, ...from, '+refs/heads/*:refs/all/*', '+refs/tags/*:refs/tags/*']
    await asking(reference, context, all, { ...at, limit: limits.fetch })
  }
  const verify = ['rev-parse', '--verify', '--quiet', `${commit}^{commit}`]
  try {
    await git(verify, { ...context, ...at, limit: limits.ask })
  } catch (error) {
    if (!(error instanceof GitFailure) || error.reason !== 'failed') throw error
    noCommit(reference, commit, context)
  }
}

function isRefusedCommit(said: string): boolean {
  return /not our ref|unadvertised object|couldn't find remote ref|no such remote ref/i.test(said)
}

/** Runs git, and tells a failure at the line that names the repository. */
export async function asking(
  reference: GitReference,
  { at, ...call }: GitContext,
  args: readonly string[],
  more: Partial<GitCall> = {},
): Promise<Buffer> {
  try {
    return await git(args, { limit: limits.ask, ...call, ...more })
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error
    throw Object.assign(diagnosed(error, reference, at), { cause: error })
  }
}

function diagnosed({ reason, said }: GitFailure, { url }: GitReference, at: Position | undefined): DiagnosticError {
  const told = (code: string, summary: string, detail: string, kind?: 'interrupted'): DiagnosticError =>
    new DiagnosticError([{ severity: 'error', code, summary, detail, ...(at === undefined ? {} : { at }) }], kind)
  if (reason === 'aborted') return told('template/interrupted', 'Interrupted', `git was asking ${url}.`, 'interrupted')
  if (reason === 'missing') {
    const detail = `The template is in a git repository, ${url}, and there is no git on the PATH. Install it.`
    return told('template/git-missing', 'git is not installed', detail)
  }
  if (reason === 'failed' && isRefused(said)) {
    const way = url.startsWith('ssh:')
      ? 'Let an ssh agent have a key that the server knows, and its host key be known: ssh to it once.'
      : 'Give your git a credential helper that knows them: git asks nobody while sbx calls it.'
    const detail = `${url} wants to know who asks. ${way}\n${lastWords(said)}`.trim()
    return told('template/git-credentials', 'The git repository needs credentials', detail)
  }
  const why =
    reason === 'time'
      ? 'It did not answer in time.'
      : reason === 'output'
        ? 'It answers with more than sbx reads.'
        : lastWords(said)
  return told('template/git-unreachable', 'The git repository cannot be reached', `${url}\n${why}`.trim())
}

function isRefused(said: string): boolean {
  return /could not read (?:Username|Password)|Authentication failed|Permission denied|terminal prompts disabled|Host key verification failed|error: 40[13]/i.test(
    said,
  )
}

/** git's own reason, without an address that a rewritten URL may have a token in. */
function lastWords(said: string): string {
  const lines = said
    .split('\n')
    .map((line) => line.trim().replaceAll(/:\/\/[^/@\s]*@/g, '://'))
    .filter((line) => line !== '' && !/^(?:hint:|Please make sure|and the repository exists)/.test(line))
  return lines
    .slice(-3)
    .map((line) => line.slice(0, 300))
    .join('\n')
}

function noRef(reference: GitReference, { at }: GitContext): never {
  fail('template/git-no-ref', 'The git repository has no such tag or branch', {
    detail: `${reference.url} has neither a tag nor a branch ${reference.ref}. What runs is left as it is.`,
    at,
  })
}

function noCommit(reference: GitReference, commit: string, { at }: GitContext): never {
  fail('template/git-no-commit', 'The git repository does not have the commit', {
    detail: `${reference.url} has no commit ${commit}, neither under a tag nor under a branch. To pin what it has now:`,
    command: `sbx template lock --update ${gitReferenceText(reference)}`,
    at,
  })
}
