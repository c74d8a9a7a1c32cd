// Who the user is to git on this machine.

import { execFile } from 'node:child_process'
import { DiagnosticError } from '../model/diagnostic.js'
import { errorCode } from './read.js'
import type { HostEnv } from './variables.js'

export type GitIdentity = { readonly name: string | null; readonly email: string | null }

/**
 * `user.name` and `user.email` as git itself finds them (system, global, XDG, includes), but outside of any repository: in
 * the workspace git would read a config that an agent can write. So an `includeIf` on the repository's place does not
 * match. Where the config says nothing, GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL do; they come second, since a name exported
 * for one command is no reason to plan a change.
 */
export async function readGitIdentity(env: HostEnv, git = 'git'): Promise<GitIdentity | null> {
  const settings = await readSettings(env, git)
  const name = settings.get('user.name') ?? env.GIT_AUTHOR_NAME ?? null
  const email = settings.get('user.email') ?? env.GIT_AUTHOR_EMAIL ?? null
  return name === null && email === null ? null : { name, email }
}

function readSettings(env: HostEnv, git: string): Promise<ReadonlyMap<string, string>> {
  return new Promise((resolve, reject) => {
    execFile(
      git,
      ['config', '-z', '--includes', '--get-regexp', String.raw`^user\.(name|email)$`],
      // A git folder that is none: git goes on without a repository instead of looking for one.
      { cwd: '/', env: { ...env, GIT_DIR: '/dev/null', GIT_WORK_TREE: undefined, GIT_COMMON_DIR: undefined } },
      (error, stdout, stderr) => {
        // 1: nothing is set. ENOENT: no git on this machine.
        const isNothing = error !== null && (error.code === 1 || errorCode(error) === 'ENOENT')
        if (error !== null && !isNothing) reject(unreadable(stderr))
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
