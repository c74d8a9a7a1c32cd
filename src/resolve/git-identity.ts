// Who the user is to git on this machine.

import { execFile } from 'node:child_process'
import type { Config } from '../model/config.js'
import { DiagnosticError } from '../model/diagnostic.js'
import type { RecordSpec } from '../model/spec.js'
import { errorCode } from './read.js'
import type { HostEnv } from './variables.js'

export type GitIdentity = { readonly name: string | null; readonly email: string | null }

/** `inRepository` is asked outside of any where it is not known. */
export async function resolveGit(
  git: NonNullable<Config['git']>,
  host: { readonly gitIdentity: () => Promise<GitIdentity | null> },
  inRepository?: GitIdentity | null,
): Promise<RecordSpec['git']> {
  if (git === 'none') return null
  if (git !== 'host') return { name: git.name, email: git.email }
  return inRepository === undefined ? host.gitIdentity() : inRepository
}

/** Where git is told that it is. Both absolute. */
export type GitPlace = {
  /** The repository's, by which `includeIf` goes (`gitdir:`, `onbranch:`); git reads its HEAD and nothing else in it. */
  readonly own: string
  /** One of ours, with a `config` to be read as that of the repository. */
  readonly common: string
}

/** In milliseconds; more than the slowest home folder takes. */
const limit = 30_000

/**
 * Who a commit is by, as git itself finds it (system, global, XDG, includes): `author` before `user`. Without a place it
 * is asked outside of any repository. Where the config says nothing, GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL do; they come
 * second, since a name exported for one command is no reason to plan a change. Throws `resolve/git-config`.
 */
export async function readGitIdentity(env: HostEnv, place?: GitPlace, git = 'git'): Promise<GitIdentity | null> {
  const settings = await readSettings(env, place, git)
  const of = (key: string): string | undefined => settings.get(`author.${key}`) ?? settings.get(`user.${key}`)
  const name = of('name') ?? env.GIT_AUTHOR_NAME ?? null
  const email = of('email') ?? env.GIT_AUTHOR_EMAIL ?? null
  return name === null && email === null ? null : { name, email }
}

function readSettings(
  env: HostEnv,
  // A git folder that is none: git goes on without a repository instead of looking for one.
  { own, common }: Partial<GitPlace> = { own: '/dev/null' },
  git: string,
): Promise<ReadonlyMap<string, string>> {
  return new Promise((resolve, reject) => {
    execFile(
      git,
      ['config', '-z', '--includes', '--get-regexp', String.raw`^(user|author)\.(name|email)$`],
      {
        ...{
          cwd: '/',
          env: {
            ...env,
            GIT_DIR: own,
            GIT_WORK_TREE: undefined,
            GIT_COMMON_DIR: common,
            GIT_OBJECT_DIRECTORY: undefined,
          },
        },
        ...{ timeout: limit, killSignal: 'SIGKILL' },
      },
      (error, stdout, stderr) => {
        // 1: nothing is set. ENOENT: no git on this machine.
        const isNothing = error !== null && (error.code === 1 || errorCode(error) === 'ENOENT')
        if (error !== null && !isNothing) reject(unreadable(error.killed === true ? 'nothing' : stderr))
        // Later lines are of narrower scope and win.
        else resolve(new Map(stdout.split('\0').filter(Boolean).map(splitSetting)))
      },
    )
  })
}

function splitSetting(setting: string): [string, string] {
  const end = setting.indexOf('\n')
  return end === -1 ? [setting, ''] : [setting.slice(0, end), setting.slice(end + 1)]
}

function unreadable(stderr: string): DiagnosticError {
  return new DiagnosticError([
    {
      severity: 'error',
      code: 'resolve/git-config',
      summary: 'Your git configuration cannot be read',
      detail: `git says: ${stderr.trim()}. Mend it, or write "git: none" or a name and email into sandbox.yaml.`,
    },
  ])
}
