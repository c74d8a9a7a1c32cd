// What a configuration of git says, and what of it makes git run something. The file is an agent's: git is given its text,
// and never works in the repository that it is of.

import { execFile } from 'node:child_process'
import type { HostEnv } from './variables.js'

/** Values by key in the order they are written; of a key the names of section and variable are in lower case. */
export type GitSettings = ReadonlyMap<string, readonly string[]>

/** In bytes, more than a configuration that is looked at can come to. */
const largestAnswer = 8 * 1024 * 1024

export type GitBounds = {
  /** In milliseconds. */
  readonly limit?: number
  readonly signal?: AbortSignal | undefined
}

/** Null where git does not understand it, or there is no git; `ended` where the time was over, or the signal came. */
export function readGitSettings(
  text: string,
  env: HostEnv,
  { limit = 60_000, signal }: GitBounds = {},
  git = 'git',
): Promise<GitSettings | 'ended' | null> {
  return new Promise((resolve) => {
    const child = execFile(
      git,
      ['config', '--file', '-', '--no-includes', '-z', '--list'],
      {
        ...{ cwd: '/', env: { PATH: env.PATH, ...noOtherConfig }, maxBuffer: largestAnswer },
        // Of 0 there would be no limit.
        ...{ timeout: Math.max(1, Math.floor(limit)), killSignal: 'SIGKILL', signal },
      },
      (error, stdout) => {
        if (error === null) resolve(settingsIn(stdout))
        else resolve(signal?.aborted === true || error.signal === 'SIGKILL' ? 'ended' : null)
      },
    )
    // It stops reading at what it does not understand, and says so by its exit code.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(text)
  })
}

/** A git folder that is none: git goes on without a repository instead of looking for one. */
const noOtherConfig = { GIT_DIR: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }

function settingsIn(listed: string): GitSettings {
  const settings = new Map<string, string[]>()
  for (const setting of listed.split('\0')) {
    if (setting === '') continue
    const end = setting.indexOf('\n')
    const key = end === -1 ? setting : setting.slice(0, end)
    settings.set(key, [...(settings.get(key) ?? []), end === -1 ? '' : setting.slice(end + 1)])
  }
  return settings
}

/** `key = value`, of what runs something and is not as it was; all of it where nothing was. */
export function newRunning(before: GitSettings, after: GitSettings): readonly string[] {
  return [...after].flatMap(([key, values]) => {
    const had = before.get(key) ?? []
    return values.flatMap((value) => {
      if (had.includes(value) || !(runs(key, value) || (had.length > 0 && leadsElsewhere(key)))) return []
      return [`${key} = ${value}`]
    })
  })
}

/** Whose value is a command, a program, a file of more settings, or what lets git use another program. */
const running = [
  /^core\.(fsmonitor|hookspath|sshcommand|pager|editor|askpass|gitproxy|attributesfile|alternaterefscommand|worktree)$/,
  /^(sequence\.editor|interactive\.difffilter|diff\.external|init\.templatedir|imap\.tunnel)$/,
  /^(uploadpack|receive|gc)\.[a-z]*hook$/,
  /^pager\./,
  /^filter\..*\.(clean|smudge|process)$/s,
  /^diff\..*\.(command|textconv)$/s,
  /^merge\..*\.driver$/s,
  /^(mergetool|difftool|man|browser|guitool|tar|trailer|hook)\..*\.(cmd|path|command)$/s,
  /^credential\.(.*\.)?helper$/s,
  /^gpg\.(.*\.)?(program|defaultkeycommand)$/s,
  /^(include|includeif\..*)\.path$/s,
  /^url\..*\.(insteadof|pushinsteadof)$/s,
  /^remote\..*\.(uploadpack|receivepack|vcs|proxy)$/s,
  /^lfs\.(.*\.)?(path|args|standalonetransferagent)$/s,
  /^protocol\.(.*\.)?allow$/s,
  /^sendemail\.(.*\.)?(smtpserver|sendmailcmd|tocmd|cccmd|headercmd)$/s,
]

function runs(key: string, value: string): boolean {
  if (running.some((pattern) => pattern.test(key))) return true
  if (key.startsWith('alias.') || /^submodule\..*\.update$/s.test(key)) return value.trimStart().startsWith('!')
  // What runs a program in place of an address, and what looks like an option to one.
  return /^(remote|submodule)\..*\.(url|pushurl)$/s.test(key) && /^(-|[a-z0-9]+::)/i.test(value)
}

/** Of what was there: where a push goes to. */
function leadsElsewhere(key: string): boolean {
  return /^(remote|submodule)\..*\.(url|pushurl|path)$/s.test(key)
}
