// Waiting until nobody works in a sandbox any more. Nothing was done so far, and an interruption leaves it at that.

import { setTimeout as delay } from 'node:timers/promises'
import type { Engine } from '../../model/engine.js'
import type { OpenSession } from '../../model/risks.js'
import { waitingText } from '../../ui/prompt-text.js'
import { interruptedError } from '../call/ask.js'
import { type Invocation, tell } from '../call/invocation.js'

/** Between two looks, in milliseconds: at first, and at last. */
const pauses = { first: 100, longest: 1000 } as const

/** Until no session is open in the container, or it has stopped. Says whom it waits for, and again where that changes. */
export async function awaitNoSession(
  invocation: Invocation,
  engine: Engine,
  { name, containerId }: { readonly name: string; readonly containerId: string },
): Promise<void> {
  let told = ''
  for (let pause: number = pauses.first; ; pause = Math.min(pause * 1.5, pauses.longest)) {
    const sessions = await engine.sessions(containerId)
    if (sessions.length === 0) return
    const who = JSON.stringify(sessions.map(withoutTime))
    if (who !== told) tell(invocation, [waitingText(name, sessions)])
    told = who
    try {
      await delay(pause, undefined, { signal: invocation.signal })
    } catch (error) {
      if (!invocation.signal.aborted) throw error
      throw interruptedError()
    }
  }
}

function withoutTime({ command, terminal }: OpenSession): readonly (string | null)[] {
  return [command, terminal]
}
