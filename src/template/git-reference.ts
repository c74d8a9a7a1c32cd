// References to a folder in a git repository: `git+https://host/team/templates.git//python@v3`. Everything that could be
// taken for something else on git's command line, or for a place outside of the repository, is refused here.

import { fail, type Position } from '../model/diagnostic.js'

export type GitReference = {
  /** As git takes it: `https://...`, `ssh://...` or `file:///...`. No password in it. */
  readonly url: string
  /** Relative to the repository's root and without detours; empty for the root itself. */
  readonly folder: string
  /** A tag, a branch, a full commit or `HEAD`. */
  readonly ref: string
}

/** The `@` before a ref is the first one after the host, because tags have it more often than folders do. */
const form = /^(https|ssh|file):\/\/([^/]*)(\/[^@]*?)(?:\/\/([^@]*))?(?:@(.*))?$/s

const host =
  /^(?:[A-Za-z0-9_][\w.+~-]*@)?(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/

export function isGitReference(value: string): boolean {
  return value.startsWith('git+')
}

/** @throws `template/git-reference`, with what is wrong with it. */
export function parseGitReference(value: string, at?: Position): GitReference {
  const wrong = (why: string): never =>
    fail('template/git-reference', 'The git reference cannot be used', {
      detail: `"${value}": ${why} Such as git+https://host/team/templates.git//python@v3.`,
      at,
    })

  if (/[\u0000-\u0020\u007f-\u009f\u2028\u2029]/.test(value))
    return wrong('it has a space or a control character in it.')
  const transport = /^git\+([^:]*):/.exec(value)?.[1] ?? ''
  const parts = form.exec(value.slice('git+'.length))
  if (!['https', 'ssh', 'file'].includes(transport))
    return wrong('git is asked by git+https, git+ssh or git+file alone.')
  if (parts === null) return wrong('a git reference has a host and a path.')
  const [, scheme = '', authority = '', path = '', folder = '', ref = 'HEAD'] = parts
  if (scheme === 'file' && authority !== '') return wrong('git+file has three slashes, and then the whole path.')
  if (scheme !== 'file' && /:.*@/.test(authority)) {
    return wrong('it has a password in it. Leave it to the credential helper of git.')
  }
  if (scheme !== 'file' && !host.test(authority)) return wrong(`"${authority}" is not a host.`)
  if (/[?#\\]|%(?:00|2f|(?![0-9a-f]{2}))/i.test(path) || path === '/')
    return wrong('the path of the repository is not one.')
  if (folder !== '' && !isFolderInside(folder)) return wrong(`"${folder}" is not a folder inside of a repository.`)
  if (!isRefName(ref)) return wrong(`"${ref}" is not the name of a tag or a branch, nor a commit.`)
  return { url: `${scheme}://${authority}${path}`, folder: folder.replace(/\/$/, ''), ref }
}

/** As a user writes it. */
export function gitReferenceText({ url, folder, ref }: GitReference): string {
  return `git+${url}${folder === '' ? '' : `//${folder}`}${ref === 'HEAD' ? '' : `@${ref}`}`
}

/** Whether it is a commit's full id, and so cannot come to mean another. */
export function isCommit(ref: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref)
}

function isFolderInside(folder: string): boolean {
  const segments = folder.replace(/\/$/, '').split('/')
  return segments.every((name) => name !== '' && name !== '.' && name !== '..' && name.toLowerCase() !== '.git')
}

/** As git's own check-ref-format has it, and nothing that could be an option or an expression. */
export function isRefName(ref: string): boolean {
  return (
    ref !== '' &&
    ref.length <= 250 &&
    !/^[-/]|[~^:?*[\\]|\.\.|@\{|\/\/|[./]$|\.lock$/.test(ref) &&
    ref !== '@' &&
    ref.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'))
  )
}
