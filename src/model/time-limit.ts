// What a program in a sandbox may take: it is the agent's to replace, by one that never answers.

/**
 * Does the work with a signal that is aborted after so many milliseconds, or with the given one. Null where it was ended for
 * the time; else what it gives, and throws what it throws.
 */
export async function inTime<T>(
  limit: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly result: T } | null> {
  const limited = new AbortController()
  const stop = (): void => limited.abort()
  if (signal?.aborted === true) stop()
  const timer = setTimeout(stop, limit)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return { result: await work(limited.signal) }
  } catch (error) {
    if (signal?.aborted === true || !limited.signal.aborted) throw error
    return null
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** As a person says it. */
export function limitText(milliseconds: number): string {
  const minutes = milliseconds / 60_000
  return minutes === 1 ? 'a minute' : `${String(minutes)} minutes`
}
