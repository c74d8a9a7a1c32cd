// The exit code where it is not the command that decides it.

import type { Readable, Writable } from 'node:stream'
import { exitCodes } from '../../model/diagnostic.js'

/** Of a process that has nothing left to wait for and no exit code yet: something was lost, and that is no success. */
export const lostCode = exitCodes.bug

/**
 * So that a reader who goes away, or a terminal, ends no command in the middle: the stream remembers it, and `outputCode`
 * asks.
 */
export function heeded<Stream extends Readable | Writable>(stream: Stream): Stream {
  if (!stream.listeners('error').includes(remembered)) stream.on('error', remembered)
  return stream
}

function remembered(): void {}

/** Of a command that succeeded, with what became of its output. A reader that goes away, as `head` does, has had enough. */
export function outputCode({ errored }: Writable, errors: Writable): number {
  if (errored === null || ('code' in errored && errored.code === 'EPIPE')) return 0
  errors.write(`error: The output cannot be written: ${errored.message}\n`)
  return exitCodes.failed
}
