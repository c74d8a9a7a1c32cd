// Commands of sbx's own inside a sandbox. They run with the image's programs and among the agent's files: neither is
// trusted to let them end.

import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Exec } from 'dockerode'
import { DiagnosticError, fail } from '../../model/diagnostic.js'
import type { Command, CommandResult } from '../../model/command.js'
import type { Client } from '../connection/client.js'
import { collectors } from './collector.js'
import { asError } from '../connection/errors.js'
import { splitFrames } from '../connection/frames.js'
import { endSessionOptions, execOptions } from './session.js'

/** In milliseconds. That of the end has room for its own waits, of up to 70 seconds where sleep knows no fractions. */
const limits = { command: 60_000, end: 90_000, ask: 2_000 }

/** To its end, without a terminal. */
export async function runCommand(
  client: Client,
  containerId: string,
  command: Command,
  signal?: AbortSignal,
): Promise<CommandResult> {
  const { argv, user, input, doing, limit = limits.command } = command
  const sessionId = randomBytes(8).toString('hex')
  const options = execOptions({
    argv: ['/bin/sh', '-c', forgetScript, sessionId, ...argv],
    user,
    sessionId,
    env: {},
    workingFolder: null,
    isTerminal: false,
    takesInput: input !== undefined,
    size: null,
  })
  const { stop, forget } = stopAfter(limit, signal)
  try {
    return await runToEnd(client, containerId, { options, doing, stop, input })
  } catch (error) {
    const isTooMuch = error instanceof DiagnosticError && error.diagnostics[0]?.code === 'engine/command-output'
    if (!stop.aborted && !isTooMuch) throw error
    const left = await beginEnd(client, containerId, sessionId)
    if (!stop.aborted) throw error
    if (signal?.aborted === true) {
      fail('engine/interrupted', 'Interrupted', left === null ? {} : { detail: left }, 'interrupted')
    }
    return tookTooLong(doing, limit, left)
  } finally {
    forget()
  }
}

/**
 * Aborted after `limit` milliseconds, or with `signal`. Not by AbortSignal.timeout and AbortSignal.any: Node 20 can collect
 * a signal of theirs as garbage while it is waited for, and it is then never aborted.
 */
function stopAfter(limit: number, signal?: AbortSignal): { readonly stop: AbortSignal; readonly forget: () => void } {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const timer = setTimeout(abort, limit)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted === true) abort()
  return {
    stop: controller.signal,
    forget: () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    },
  }
}

/** A command that ends by itself leaves no note of its session. */
export const forgetScript = '"$@"; code=$?; rm -f "/run/sbx/sessions/$0"; exit $code'

function tookTooLong(doing: string, limit: number, left: string | null): never {
  fail('engine/command-timeout', 'A command in the sandbox does not end', {
    detail: [`It was given ${limit / 1000} seconds while sbx was trying to ${doing}.`, left].filter(Boolean).join(' '),
  })
}

/** Without waiting for the end. What was in the way of it, in a sentence; null where nothing was. */
export async function beginEnd(client: Client, containerId: string, sessionId: string): Promise<string | null> {
  const begin = async (): Promise<void> => {
    const exec = await client.docker.getContainer(containerId).exec(endSessionOptions(sessionId))
    const answer = await exec.start({ Detach: true })
    answer.resume()
  }
  const { stop, forget } = stopAfter(limits.ask)
  try {
    await stoppable(begin(), stop)
    return null
  } catch (error) {
    return `It could not be told to end, and may still run: ${asError(error).message.trim()}`
  } finally {
    forget()
  }
}

/** Ends a session inside and waits until it has. Throws `engine/command-timeout`. */
export async function endSession(client: Client, containerId: string, sessionId: string): Promise<void> {
  const { stop, forget } = stopAfter(limits.end)
  const doing = 'end the session'
  try {
    await runToEnd(client, containerId, { options: endSessionOptions(sessionId), doing, stop })
  } catch (error) {
    if (!stop.aborted) throw error
    tookTooLong(doing, limits.end, null)
  } finally {
    forget()
  }
}

type Run = {
  readonly options: ReturnType<typeof execOptions>
  readonly doing: string
  readonly stop: AbortSignal
  readonly input?: string | undefined
}

/** Throws whatever it may once `stop` is aborted; what runs inside runs on then. */
async function runToEnd(
  client: Client,
  containerId: string,
  { options, doing, stop, input }: Run,
): Promise<CommandResult> {
  const exec = await stoppable(client.call(doing, client.docker.getContainer(containerId).exec(options)), stop)
  const stream = await stoppable(client.call(doing, startExec(exec, false)), stop)
  const end = (): void => void stream.destroy()
  stop.addEventListener('abort', end, { once: true })
  const [output, errors] = collectors(doing)
  try {
    stop.throwIfAborted()
    stream.end(input)
    await client.call(doing, splitFrames(stream, output, errors))
    stop.throwIfAborted()
    return { exitCode: await exitCode(client, exec, stop), stdout: output.text(), stderr: errors.text() }
  } finally {
    stop.removeEventListener('abort', end)
    stream.destroy()
  }
}

async function stoppable<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  let end = (): void => undefined
  const stopped = new Promise<never>((_, reject) => {
    end = () => {
      reject(asError(stop.reason))
    }
  })
  stop.addEventListener('abort', end, { once: true })
  if (stop.aborted) end()
  try {
    return await Promise.race([work, stopped])
  } finally {
    stop.removeEventListener('abort', end)
  }
}

/** The raw connection. */
export async function startExec(exec: Exec, isTerminal: boolean): Promise<Duplex> {
  return exec.start({ hijack: true, stdin: true, Tty: isTerminal })
}

/**
 * Output ends before the engine has noted the exit code; a command may also close it and go on. Throws an AbortError once
 * `stop` is aborted.
 */
export async function exitCode(client: Client, exec: Exec, stop?: AbortSignal): Promise<number> {
  for (let pause = 5; ; pause = Math.min(pause * 2, 500)) {
    const { Running, ExitCode } = await client.call('see how the session ended', exec.inspect())
    if (!Running && ExitCode !== null) return ExitCode
    await delay(pause, undefined, stop === undefined ? {} : { signal: stop })
  }
}
