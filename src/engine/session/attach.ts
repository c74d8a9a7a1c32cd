// A session inside, connected to a person's terminal or to pipes.

import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Exec } from 'dockerode'
import type { ResolvedSession } from '../../model/desired.js'
import { fail } from '../../model/diagnostic.js'
import type { Terminal } from '../../model/engine.js'
import type { Client } from '../connection/client.js'
import { asError, rethrow, statusOf } from '../connection/errors.js'
import { copy, splitFrames } from '../connection/frames.js'
import { endSession, exitCode, startExec } from './run-command.js'
import { execOptions } from './session.js'
import { sinkTo } from '../connection/sink.js'

/** Exit code of the session's command. */
export async function attachSession(
  client: Client,
  containerId: string,
  session: ResolvedSession,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  if (signal.aborted) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
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
  const stream = await client.call('start a session', startExec(exec, isTerminal))

  const ending = new Ending(client, containerId, sessionId)
  const end = (): void => ending.begin()
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    await connectStreams(client, exec, stream, terminal, end)
    const code = await exitCode(client, exec)
    await ending.done()
    return code
  } catch (error) {
    // Whatever it was, nothing shall run on inside unseen.
    end()
    await ending.done()
    return rethrow(error, client.endpoint.url, 'keep the session')
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** Until the session's output ends. Where nobody reads it any more, the session is ended. */
async function connectStreams(
  client: Client,
  exec: Exec,
  stream: Duplex,
  terminal: Terminal,
  end: () => void,
): Promise<void> {
  const { input, isTerminal } = terminal
  const sinks = [sinkTo(terminal.output, end), sinkTo(terminal.errors, end)] as const
  // A terminal that went away can be read no more, and nobody is there.
  input.on('error', end)
  const stopSizing = isTerminal ? followSize(client, exec, terminal, stream) : () => undefined
  try {
    if (isTerminal) terminal.setRawMode(true)
    input.pipe(stream)
    await (isTerminal ? copy(stream, sinks[0]) : splitFrames(stream, ...sinks))
    for (const sink of sinks) {
      const failure = sink.failure()
      if (failure !== undefined) throw failure
    }
  } finally {
    stopSizing()
    for (const sink of sinks) sink.forget()
    input.unpipe(stream)
    input.off('error', end)
    input.pause()
    stream.destroy()
    if (isTerminal) terminal.setRawMode(false)
  }
}

/** Ends a session inside, once however often it is asked to. */
class Ending {
  private readonly client: Client
  private readonly containerId: string
  private readonly sessionId: string
  private ended: Promise<{ readonly failure?: unknown }> | null = null

  constructor(client: Client, containerId: string, sessionId: string) {
    this.client = client
    this.containerId = containerId
    this.sessionId = sessionId
  }

  begin(): void {
    const { client, containerId, sessionId } = this
    this.ended ??= endSession(client, containerId, sessionId).then(
      () => ({}),
      (failure: unknown) => ({ failure }),
    )
  }

  /** Throws where it was begun and failed. */
  async done(): Promise<void> {
    const result = await this.ended
    if (result !== null && 'failure' in result) throw asError(result.failure)
  }
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
