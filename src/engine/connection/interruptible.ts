// Long work on an engine whose user may want no more of it.

import type { Readable } from 'node:stream'
import { DiagnosticError } from '../../model/diagnostic.js'

/**
 * Sends an archive with the call it is given, which has to heed the signal that it gets. Aborted before all of the archive
 * was read it throws `engine/interrupted`; after that the engine's answer is waited for, since it has all it needs.
 */
export async function sendUnlessAborted<Result>(
  signal: AbortSignal | undefined,
  archive: Readable,
  send: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const call = new AbortController()
  const end = (): void => {
    if (!archive.readableEnded) call.abort()
  }
  if (signal?.aborted === true) end()
  signal?.addEventListener('abort', end, { once: true })
  try {
    return await send(call.signal)
  } catch (error) {
    throw call.signal.aborted ? interrupted() : error
  } finally {
    signal?.removeEventListener('abort', end)
    archive.destroy()
  }
}

/** Of work that only asks, and so can be left alone. Throws `engine/interrupted`. */
export async function unlessAborted<Result>(signal: AbortSignal | undefined, work: Promise<Result>): Promise<Result> {
  if (signal === undefined) return work
  let end = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    end = () => reject(interrupted())
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', end)
  }
}

function interrupted(): DiagnosticError {
  return new DiagnosticError([{ severity: 'error', code: 'engine/interrupted', summary: 'Interrupted' }], 'interrupted')
}
