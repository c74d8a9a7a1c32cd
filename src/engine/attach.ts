// A session inside, connected to a person's terminal or to pipes.

import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Exec } from 'dockerode'
import type { ResolvedSession } from '../model/desired.js'
import { fail } from '../model/diagnostic.js'
import type { CommandResult, Engine, Terminal } from '../model/engine.js'
import type { Client } from './client.js'
import { asError, rethrow, statusOf } from './errors.js'
import { copy, splitFrames } from './frames.js'
import { endSessionOptions, execOptions } from './session.js'
import { collector } from './collector.js'

/** Exit code of the session's command. */
export async function attachSession(
  client: Client,
  containerId: string,
  session: ResolvedSession,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  if (signal.aborted) fail('engine/interrupted', 'interrupted', {}, 'interrupted')
  const sessionId = randomBytes(8).toString('hex')
  const { isTerminal } = terminal
  const container = client.docker.getContainer(containerId)
  const options = execOptions({
    ...session,
    user: 'agent',
    sessionId,
    isTerminal,
    takesInput: true,
    size: isTerminal ? terminal.size() : null,
  })
  const exec = await client.call('start a session', container.exec(options))
  const stream = await client.call('start a session', start(exec, isTerminal))

  let ending: Promise<void> = Promise.resolve()
  const end = () => {
    ending = endSession(client, containerId, sessionId)
  }
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  const stopSizing = isTerminal ? followSize(client, exec, terminal, stream) : () => undefined
  try {
    await carry(stream, terminal)
    // Output can end before the session does, as when the terminal is closed: a signal still has to reach it.
    const code = await exitCode(client, exec)
    await ending
    return code
  } catch (error) {
    // Nobody reads any more, or the engine is gone: what runs inside shall not go on unseen.
    await endSession(client, containerId, sessionId)
    if (isReaderGone(error)) return await exitCode(client, exec)
    throw error
  } finally {
    signal.removeEventListener('abort', end)
    stopSizing()
  }
}

/** A pipe whose other end was closed, or a terminal's window. */
function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'EIO')
}

/** Between the terminal and the session until the session's output ends; leaves the terminal as it was. */
async function carry(stream: Duplex, terminal: Terminal): Promise<void> {
  const { input, output, errors, isTerminal } = terminal
  try {
    if (isTerminal) terminal.setRawMode(true)
    input.pipe(stream)
    await (isTerminal ? copy(stream, output) : splitFrames(stream, output, errors))
  } finally {
    input.unpipe(stream)
    input.pause()
    stream.destroy()
    if (isTerminal) terminal.setRawMode(false)
  }
}

/** To its end, without a terminal. */
export async function runCommand(
  client: Client,
  containerId: string,
  command: Parameters<Engine['run']>[1],
): Promise<CommandResult> {
  const { argv, user, input } = command
  const options = execOptions({
    argv,
    user,
    sessionId: null,
    env: {},
    workingFolder: null,
    isTerminal: false,
    takesInput: input !== undefined,
    size: null,
  })
  const { exec, stdout, stderr } = await runToEnd(client, containerId, options, input)
  return { exitCode: await exitCode(client, exec), stdout, stderr }
}

async function runToEnd(
  client: Client,
  containerId: string,
  options: ReturnType<typeof execOptions>,
  input?: string,
): Promise<{ readonly exec: Exec; readonly stdout: string; readonly stderr: string }> {
  const doing = 'run a command in the sandbox'
  const exec = await client.call(doing, client.docker.getContainer(containerId).exec(options))
  const stream = await client.call(doing, start(exec, false))
  const [stdout, stderr] = [collector(), collector()]
  stream.end(input)
  await client.call(doing, splitFrames(stream, stdout, stderr))
  return { exec, stdout: stdout.text(), stderr: stderr.text() }
}

/** The raw connection. */
async function start(exec: Exec, isTerminal: boolean): Promise<Duplex> {
  return exec.start({ hijack: true, stdin: true, Tty: isTerminal })
}

/** Output ends before the engine has noted the exit code; a command may also close it and go on. */
async function exitCode(client: Client, exec: Exec): Promise<number> {
  for (let pause = 5; ; pause = Math.min(pause * 2, 500)) {
    const { Running, ExitCode } = await client.call('see how the session ended', exec.inspect())
    if (!Running && ExitCode !== null) return ExitCode
    await delay(pause)
  }
}

async function endSession(client: Client, containerId: string, sessionId: string): Promise<void> {
  await runToEnd(client, containerId, endSessionOptions(sessionId))
}

/** At once and on every change, until the function that it returns is called. */
function followSize(client: Client, exec: Exec, terminal: Terminal, stream: Duplex): () => void {
  let isOver = false
  stream.once('close', () => (isOver = true))
  // The engine connects before it has started the command, and until then there is nothing to resize.
  const resize = async () => {
    for (let pause = 5; !isOver; pause = Math.min(pause * 2, 200)) {
      const { columns, rows } = terminal.size()
      try {
        await exec.resize({ w: columns, h: rows })
        return
      } catch (error) {
        if (statusOf(error) === undefined) rethrow(error, client.endpoint.url, "set the terminal's size")
      }
      await delay(pause)
    }
  }
  const resizeNow = () => {
    resize().catch((error: unknown) => stream.destroy(asError(error)))
  }
  resizeNow()
  const stop = terminal.onResize(resizeNow)
  return () => {
    isOver = true
    stop()
  }
}
