// What the sandboxes that run say of their sessions. Each is asked once and has little time: it runs the agent's programs.

import { listKept } from '../../engine/session/kept-session.js'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { ListedContainer } from '../../model/live.js'
import type { KeptSession } from '../../model/session.js'
import { sideBySide } from '../call/side-by-side.js'

const atOnce = 8
/** In milliseconds. */
const limit = 2_000

/** By full id of the container, of those that run; null of one that does not tell. Throws only where it is interrupted. */
export async function askSessions(
  engine: Pick<Engine, 'run'>,
  containers: readonly ListedContainer[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly KeptSession[] | null>> {
  const running = containers.filter(({ state }) => state === 'running')
  const answers = await sideBySide(atOnce, running, async ({ id }) => {
    try {
      return [id, await listKept(engine, id, { limit, signal })] as const
    } catch (error) {
      if (!(error instanceof DiagnosticError) || signal.aborted) throw error
      return [id, null] as const
    }
  })
  return new Map(answers)
}
