// A command in a container that is one end of a pipe: git's, tar's. It runs for as long as it takes, among the agent's
// programs, and whoever began it decides when it has taken too long.

import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { PipedCommand, PipedStreams } from '../../model/command.js'
import { fail } from '../../model/diagnostic.js'
import type { Client } from '../connection/client.js'
import { rethrow } from '../connection/errors.js'
import { splitFrames } from '../connection/frames.js'
import { beginEnd, exitCode, forgetScript, startExec } from './run-command.js'
import { execOptions } from './session.js'
import { sinkTo, type Sink } from '../connection/sink.js'

/** Of what it says of errors, in bytes. */
const mostErrors = 64 * 1024

/** Throws `engine/interrupted` once the signal is aborted, and what reading the input or writing the output threw. */
export async function pipeCommand(
  client: Client,
  containerId: string,
  command: PipedCommand,
  streams: PipedStreams,
  signal?: AbortSignal,
): Promise<{ readonly exitCode: number; readonly stderr: string }> {
  const { argv, user, env = {}, workingFolder = null, doing } = command
  if (isAborted(signal)) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
  const sessionId = randomBytes(8).toString('hex')
  const options = execOptions({
    argv: ['/bin/sh', '-c', forgetScript, sessionId, ...argv],
    ...{ user, sessionId, env, workingFolder, isTerminal: false, takesInput: streams.input !== undefined, size: null },
  })
  const exec = await client.call(doing, client.docker.getContainer(containerId).exec(options))
  const stream = await client.call(doing, startExec(exec, false))
  const stop = new Stop(stream)
  signal?.addEventListener('abort', stop.now, { once: true })
  if (isAborted(signal)) stop.now()
  try {
    const stderr = await connect(stream, streams, stop)
    return { exitCode: await client.call(doing, exitCode(client, exec, stop.signal)), stderr }
  } catch (error) {
    const left = await beginEnd(client, containerId, sessionId)
    if (isAborted(signal)) {
      fail('engine/interrupted', 'Interrupted', left === null ? {} : { detail: left }, 'interrupted')
    }
    if (stop.cause !== undefined) throw stop.cause
    return rethrow(error, client.endpoint.url, doing)
  } finally {
    signal?.removeEventListener('abort', stop.now)
    stream.destroy()
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

/** Ends the connection from this side, for a cause or without one. */
class Stop {
  readonly #controller = new AbortController()
  readonly #stream: Duplex
  cause: Error | undefined

  constructor(stream: Duplex) {
    this.#stream = stream
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  readonly now = (): void => {
    this.#controller.abort()
    this.#stream.destroy()
  }

  readonly because = (cause: Error): void => {
    this.cause ??= cause
    this.now()
  }
}

/** Until the command's output ends; gives what it said of errors. A reader that goes away is the command's to notice. */
async function connect(stream: Duplex, { input, output }: PipedStreams, stop: Stop): Promise<string> {
  const errors = beginningOf(mostErrors)
  const sink = sinkTo(output, () => {
    const failure = sink.failure()
    if (failure !== undefined) stop.because(failure)
  })
  // One that is closed before its end would leave the command waiting for more.
  const endInput = (): void => void stream.end()
  input?.on('error', stop.because)
  input?.on('close', endInput)
  try {
    if (input === undefined) stream.end()
    else input.pipe(stream)
    await splitFrames(stream, sink, errors)
    stop.signal.throwIfAborted()
    output.end()
    return errors.text()
  } finally {
    sink.forget()
    input?.unpipe(stream)
    input?.off('error', stop.because)
    input?.off('close', endInput)
  }
}

function beginningOf(most: number): Sink & { text(): string } {
  const pieces: Buffer[] = []
  let left = most
  return {
    async write(piece) {
      if (left > 0) pieces.push(piece.subarray(0, left))
      left -= piece.length
    },
    failure: () => undefined,
    forget: () => undefined,
    text: () => Buffer.concat(pieces).toString(),
  }
}
