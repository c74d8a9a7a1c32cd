// The user's own git, so that its credential helpers, ssh settings and `insteadOf` hold; but with nobody to ask, no hook
// to run, no transport beyond three, and never with a repository's config before it that somebody else can write.

import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { isNotFound, withMemory } from './git-memory.js'
import { DiagnosticError } from '../model/diagnostic.js'

export type GitCall = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The repository to work in, absolute; none where a remote is only asked. */
  readonly repository?: string
  readonly input?: string
  /** In milliseconds; git and all that it started are ended after it. */
  readonly limit: number
  /** Of standard output, in bytes; git is ended behind it. 64 MiB where it is not said. */
  readonly mostOutput?: number
  /** In bytes, of each process; not bounded where it is not said. */
  readonly mostMemory?: number
  readonly signal?: AbortSignal | undefined
}

/** Of a git that ran and failed, or that could not be run. */
export class GitFailure extends Error {
  readonly reason: 'missing' | 'time' | 'aborted' | 'output' | 'failed'
  /** What git printed on standard error. */
  readonly said: string

  constructor(reason: GitFailure['reason'], said: string) {
    super(`git: ${reason}`)
    this.name = 'GitFailure'
    this.reason = reason
    this.said = said
  }
}

/** The oldest that has `fetch --stdin`, `--no-write-fetch-head` and `init --object-format`. */
const oldest = '2.29'

/** Null where what git printed on standard error is not that it does not know something. */
export function tooOld(said: string): DiagnosticError | null {
  const [line] = /^(?:error: unknown (?:option|switch)|fatal: unknown repository extension).*/m.exec(said) ?? []
  if (line === undefined) return null
  const detail = `sbx needs git ${oldest} or newer on this machine. Yours says: ${line.slice(0, 200)}`
  return new DiagnosticError([
    { severity: 'error', code: 'template/git-old', summary: 'git is too old', detail, command: 'git --version' },
  ])
}

/** In bytes: some hundred thousand refs or files. */
const mostListed = 64 * 1024 * 1024

/** In bytes; what git says beyond it is not kept. */
const mostErrors = 1024 * 1024

/** Of every call. */
export const settings = [
  'core.hooksPath=/dev/null',
  'core.askPass=',
  'core.fsmonitor=false',
  'protocol.ext.allow=never',
  'protocol.version=2',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'http.lowSpeedLimit=1',
  'http.lowSpeedTime=30',
].flatMap((setting) => ['-c', setting])

/** What would have git take another repository for its own; set while sbx is called from a hook. */
const repositoryVariables = [
  ...['GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY', 'GIT_NAMESPACE'],
  ...['GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_CONFIG', 'GIT_CONFIG_PARAMETERS', 'GIT_SHALLOW_FILE', 'GIT_PREFIX'],
  ...['GIT_GRAFT_FILE', 'GIT_REPLACE_REF_BASE', 'GIT_TEMPLATE_DIR', 'GIT_EXTERNAL_DIFF', 'LANGUAGE'],
]

/** Gives standard output; throws a GitFailure, and `template/git-old`. */
export async function git(args: readonly string[], call: GitCall): Promise<Buffer> {
  return run([...settings, ...(call.repository === undefined ? [] : [`--git-dir=${call.repository}`]), ...args], {
    ...call,
    env: { ...childEnv(call.env), ...(await sshCommand(args, call)) },
  })
}

/** Of every call: git asks nobody, and finds no repository but the one that it is given. */
export function childEnv(env: GitCall['env']): Record<string, string | undefined> {
  return {
    ...env,
    ...Object.fromEntries(repositoryVariables.map((name) => [name, undefined])),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    // Set and empty: git then asks nobody, while its credential helpers are still asked.
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    SSH_ASKPASS_REQUIRE: 'never',
    GCM_INTERACTIVE: 'never',
    GIT_ALLOW_PROTOCOL: 'https:ssh:file',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    // A git folder that is none, where no repository is named: git looks for no other one.
    GIT_DIR: '/dev/null',
  }
}

/** ssh asks nothing either. A command that is not plain ssh may not know the option; it has no terminal in any case. */
async function sshCommand(args: readonly string[], call: GitCall): Promise<Record<string, string>> {
  if (!args.some((arg) => arg.startsWith('ssh://')) || call.env['GIT_SSH'] !== undefined) return {}
  const command = call.env['GIT_SSH_COMMAND'] ?? (await configured('core.sshCommand', call)) ?? 'ssh'
  const isPlain = basename(command.split(' ', 1)[0] ?? '') === 'ssh'
  return { GIT_SSH_COMMAND: isPlain ? `${command} -o BatchMode=yes -o ConnectTimeout=20` : command }
}

async function configured(name: string, call: GitCall): Promise<string | null> {
  try {
    const value = await run(['config', '--get', name], { ...call, env: childEnv(call.env), limit: 5_000 })
    return value.toString().trim()
  } catch (error) {
    // 1: nothing is set.
    if (error instanceof GitFailure && error.reason === 'failed') return null
    throw error
  }
}

function run(
  args: readonly string[],
  { env, input, limit, mostOutput = mostListed, mostMemory, signal }: GitCall,
): Promise<Buffer> {
  const program = withMemory(args, mostMemory)
  return new Promise((resolve, reject) => {
    // In a session of its own there is no terminal that ssh or a helper could ask at, and one signal ends them all.
    const child = spawn(program.file, program.args, {
      ...{ cwd: '/', env: { ...env, ...program.env } },
      ...{ detached: true, stdio: ['pipe', 'pipe', 'pipe'] },
    })
    const output: Buffer[] = []
    const errors: Buffer[] = []
    let ending: 'time' | 'aborted' | 'output' | undefined
    let left = mostOutput
    let errorsLeft = mostErrors
    const end = (why: 'time' | 'aborted' | 'output'): void => {
      ending = why
      if (child.pid !== undefined) endGroup(child.pid)
    }
    const abort = (): void => {
      end('aborted')
    }
    const timer = setTimeout(() => {
      end('time')
    }, limit)
    if (signal?.aborted === true) abort()
    signal?.addEventListener('abort', abort, { once: true })
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    child.stdout.on('data', (chunk: Buffer) => {
      left -= chunk.length
      if (left >= 0) output.push(chunk)
      else if (ending === undefined) end('output')
    })
    child.stderr.on('data', (chunk: Buffer) => {
      errorsLeft -= chunk.length
      if (errorsLeft >= 0) errors.push(chunk)
    })
    // A git that ends early leaves nobody to read; how it ended says why.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input ?? '')
    child.once('error', (error) => {
      settle()
      const isMissing = 'code' in error && error.code === 'ENOENT'
      reject(isMissing ? new GitFailure('missing', '') : error)
    })
    child.once('close', (exitCode) => {
      settle()
      const said = Buffer.concat(errors).toString()
      if (ending !== undefined) reject(new GitFailure(ending, said))
      else if (exitCode === 0) resolve(Buffer.concat(output))
      else if (isNotFound(mostMemory, exitCode)) reject(new GitFailure('missing', said))
      else reject(tooOld(said) ?? new GitFailure('failed', said))
    })
  })
}

/** git, and all that it started. */
export function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
