// Until a sandbox that runs already can be used, for what comes beside or after its start.

import type { Engine } from '../../model/engine.js'
import { type Invocation, tell } from '../call/invocation.js'

/** In milliseconds: a start that goes well is over before. */
const unsaid = 2000

/** Told where it takes long: another sbx starts it, a large home changes hands, or what runs there never says that it is ready. */
export async function awaitReady(invocation: Invocation, engine: Engine, id: string, name: string): Promise<void> {
  const timer = setTimeout(() => {
    tell(invocation, [`${name} is not ready yet; waiting for that. Ctrl-C ends the wait.`])
  }, unsaid)
  try {
    await engine.perform({ do: 'await-ready', target: { id } }, undefined, invocation.signal)
  } finally {
    clearTimeout(timer)
  }
}
