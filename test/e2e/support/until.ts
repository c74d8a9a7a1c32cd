// Waiting for a condition: as long as it takes, and no longer.

import { setTimeout as delay } from 'node:timers/promises'

const limitInMilliseconds = 90_000

/**
 * The first value that is neither null nor false. Throws with what `otherwise` says where none comes. `pause` between two
 * looks is in milliseconds.
 */
export async function until<T>(
  look: () => Promise<T | null | false>,
  otherwise: () => string | Promise<string>,
  pause = 50,
): Promise<T> {
  const deadline = Date.now() + limitInMilliseconds
  for (;;) {
    const found = await look()
    if (found !== null && found !== false) return found
    if (Date.now() > deadline) throw new Error(`it did not come to pass: ${await otherwise()}`)
    await delay(pause)
  }
}
