import { unlessAborted } from '../../engine/connection/interruptible.js'

/** The same values; throws `engine/interrupted` once the signal is aborted, also while nothing comes. */
export async function* untilAborted<Value>(values: AsyncIterable<Value>, signal: AbortSignal): AsyncGenerator<Value> {
  const iterator = values[Symbol.asyncIterator]()
  let isWaiting = false
  try {
    for (;;) {
      isWaiting = true
      const next = await unlessAborted(signal, iterator.next())
      isWaiting = false
      if (next.done === true) return
      yield next.value
    }
  } finally {
    // What is waited for is told nothing before it comes: it ends with the connection.
    if (!isWaiting) await iterator.return?.()
  }
}
