// Ctrl-C and the signals of a closing terminal, as one AbortSignal that the work in flight heeds.

import { setMaxListeners } from 'node:events'
import { exitCodes } from '../../model/diagnostic.js'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What is in flight, and would be left half done. Of the process, as its signals are. */
const inFlight = new Set<() => void>()

/** Until the returned function is called, a second Ctrl-C calls `say` before it ends sbx: what it writes must be out then. */
export function whenAbandoned(say: () => void): () => void {
  inFlight.add(say)
  return () => void inFlight.delete(say)
}

export function sayAbandoned(): void {
  for (const say of inFlight) say()
}

export function interruptions(): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  // Every question that waits for its answer listens, and of many sandboxes many are asked at once.
  setMaxListeners(0, controller.signal)
  const onSignal = (signal: NodeJS.Signals): void => {
    // The first lets the work in flight finish or be undone; who asks again does not want to wait for that. A closing
    // terminal is no asking: it sends SIGHUP once for the shell in it and once for itself.
    if (controller.signal.aborted && signal === 'SIGINT') {
      sayAbandoned()
      // eslint-disable-next-line no-restricted-syntax -- a second Ctrl-C ends sbx wherever it is
      process.exit(exitCodes.interrupted)
    }
    controller.abort()
  }
  for (const signal of signals) process.on(signal, onSignal)
  return {
    signal: controller.signal,
    end() {
      for (const signal of signals) process.removeListener(signal, onSignal)
    },
  }
}
