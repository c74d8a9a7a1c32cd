// Two gits that talk over a pipe: the user's own here, as the one that asks, and one in the sandbox. That one is the
// agent's to replace: it may say anything, for ever, or nothing at all.

import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { childEnv, endGroup, settings, type GitCall } from './git.js'
import { isNotFound, isTooLarge, mostMemory, withMemory } from './git-memory.js'
import { kept, Watch } from './git-pipe-streams.js'
import { viewEnv } from './git-view.js'

export type Service = 'upload-pack' | 'receive-pack'

/**
 * Runs git's `service` at the far end until it has ended, with its standard input and output; `output` is ended then. A
 * signal that is aborted ends it, and what is thrown then is not looked at.
 */
export type FarEnd = (
  service: Service,
  streams: { readonly input: Readable; readonly output: Writable },
  signal: AbortSignal,
) => Promise<{ readonly exitCode: number; readonly stderr: string }>

export type PipeCall = Pick<GitCall, 'env' | 'signal'> & {
  readonly far: FarEnd
  /** A repository of our own to work in, absolute. */
  readonly repository: string
  readonly service: Service
  /** What to hand to git in front of the address. */
  readonly args: readonly string[]
  /** And behind it. */
  readonly refs: readonly string[]
  /** For git's standard input, where there is more to say than arguments can hold. */
  readonly input?: string
  /** How far git is, in its own words. */
  readonly onProgress?: ((line: string) => void) | undefined
  /** In place of what is usual. */
  readonly limits?: { readonly bytes?: number; readonly memory?: number; readonly silence?: typeof limits.silence }
}

const limits = {
  /** From the far end, in bytes: what it has; or which branches it has, and what became of them. */
  bytes: { 'upload-pack': 8 * 1024 ** 3, 'receive-pack': 64 * 1024 ** 2 },
  /** For git here, in bytes. Objects that it sends are of this machine. */
  memory: { 'upload-pack': mostMemory, 'receive-pack': undefined },
  /** Without a byte either way, in milliseconds. What git here has to say it may look for longer than what it is told. */
  silence: { 'upload-pack': 60_000, 'receive-pack': 600_000 },
  /** Of standard output, in bytes. */
  output: 64 * 1024 ** 2,
}

/** In bytes; what either says of errors beyond it is not kept. */
const mostErrors = 64 * 1024
/** How long the far end may go on when git here has ended, in milliseconds. */
const grace = 2_000

/** `near`: git here would not go on; `far`: the one in the sandbox failed, with this exit code. */
type Reason = 'missing' | 'no-transport' | 'aborted' | 'silence' | 'size' | 'output' | 'near' | 'far'

export class GitPipeFailure extends Error {
  readonly reason: Reason
  /** What git here printed on standard error, lines from the far end among them. */
  readonly said: string
  /** Of the far end; null where it did not come to its end. */
  readonly far: { readonly exitCode: number; readonly stderr: string } | null

  constructor(reason: Reason, said: string, far: GitPipeFailure['far']) {
    super(`git over a pipe: ${reason}`)
    this.name = 'GitPipeFailure'
    this.reason = reason
    this.said = said
    this.far = far
  }
}

/**
 * Gives what git printed. Throws a GitPipeFailure, and what the far end threw where it was not ended from here.
 * Protocol 0: with 2, git keeps the pipe open while it waits for the helper that would close it, and both wait for ever.
 */
export async function gitOverPipe(call: PipeCall): Promise<string> {
  const { far, repository, service, args, refs, env, signal } = call
  const { bytes = limits.bytes[service], memory = limits.memory[service], silence = limits.silence } = call.limits ?? {}
  const near = [...settings, '-c', 'protocol.version=0', `--git-dir=${repository}`, ...args, 'fd::3,4', ...refs]
  const program = withMemory(near, memory)
  const child = spawn(program.file, program.args, {
    cwd: '/',
    env: { ...childEnv(viewEnv(env, repository)), GIT_ALLOW_PROTOCOL: 'fd', GIT_PROTOCOL: undefined, ...program.env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
  })
  const [stdin, stdout, stderr, toGit, fromGit] = child.stdio as [Writable, Readable, Readable, Writable, Readable]
  const end = new End(child, () => {
    // What nobody reads any more would keep git's own helper from its end.
    fromGit.unpipe(asked).resume()
    asked.end()
  })
  const watch = new Watch(silence[service], () => end.because('silence'))
  const counted = watch.stream(bytes, () => end.because('size'))
  const asked = watch.stream(Infinity, () => undefined)
  // Either end may be gone before the other is: how they ended says why.
  for (const stream of [stdin, toGit, fromGit, counted, asked]) stream.on('error', () => undefined)
  stdin.end(call.input ?? '')
  counted.pipe(toGit)
  let timer: NodeJS.Timeout | undefined
  child.once('exit', () => {
    // What the far end still has to say would keep it from its end; and it may be the cause, and just about to say so.
    counted.unpipe(toGit).resume()
    // Its own helper reads it to the end.
    toGit.destroy()
    timer = setTimeout(() => end.farAlone(), grace)
  })
  fromGit.pipe(asked)
  const abort = (): void => end.because('aborted')
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted === true) abort()
  const output = kept(stdout, limits.output, () => end.because('output'))
  const said = kept(stderr, mostErrors, () => undefined, call.onProgress)
  try {
    const farEnd = finished(far, service, { input: asked, output: counted }, end.far).finally(() => {
      watch.stop()
      counted.end()
    })
    const [exit, ended] = await Promise.all([exited(child, end), farEnd])
    const isMissing = exit.isMissing || isNotFound(memory, exit.exitCode)
    const found = end.reason ?? reasonOf({ ...exit, isMissing }, ended.result, said())
    if (found === null) return output()
    if (end.reason === undefined && ended.thrown !== undefined) throw ended.thrown
    throw new GitPipeFailure(found, said(), ended.result)
  } finally {
    clearTimeout(timer)
    watch.stop()
    signal?.removeEventListener('abort', abort)
    for (const stream of [toGit, fromGit, counted, asked]) stream.destroy()
  }
}

function reasonOf(near: Near, far: GitPipeFailure['far'], said: string): Reason | null {
  if (near.isMissing) return 'missing'
  if (near.exitCode === 0) return null
  if (/remote-fd' is not a git command|Unable to find remote helper for 'fd'/i.test(said)) return 'no-transport'
  // git here ends with a failure of its own where the other one ends early.
  return far !== null && far.exitCode !== 0 && !isRefused(said) ? 'far' : 'near'
}

/** Whether git here has said why it would have no more of it. */
function isRefused(said: string): boolean {
  return /fsck error|index-pack failed/i.test(said) || isTooLarge(said)
}

/** Ends both, for the first of the reasons. */
class End {
  readonly #child: ChildProcess
  readonly #far = new AbortController()
  readonly #onFar: () => void
  reason: Reason | undefined

  constructor(child: ChildProcess, onFar: () => void) {
    this.#child = child
    this.#onFar = onFar
  }

  get far(): AbortSignal {
    return this.#far.signal
  }

  because(reason: Reason): void {
    this.reason ??= reason
    if (this.#child.pid !== undefined && this.#child.exitCode === null) endGroup(this.#child.pid)
    this.farAlone()
  }

  farAlone(): void {
    if (this.#far.signal.aborted) return
    this.#far.abort()
    this.#onFar()
  }
}

type Near = { readonly exitCode: number | null; readonly isMissing: boolean }

/** When git here has ended and all that it said was read. The far end has no say in when that is. */
function exited(child: ChildProcess, end: End): Promise<Near> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      end.farAlone()
      const isMissing = 'code' in error && error.code === 'ENOENT'
      if (isMissing) resolve({ exitCode: null, isMissing })
      else reject(error)
    })
    child.once('close', (exitCode) => resolve({ exitCode, isMissing: false }))
  })
}

type Finished = { readonly result: GitPipeFailure['far']; readonly thrown?: Error }

async function finished(far: FarEnd, ...[service, streams, signal]: Parameters<FarEnd>): Promise<Finished> {
  try {
    return { result: await far(service, streams, signal) }
  } catch (error) {
    if (signal.aborted) return { result: null }
    return { result: null, thrown: error instanceof Error ? error : new Error(String(error)) }
  }
}
