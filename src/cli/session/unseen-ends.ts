// Sessions that ended when nobody looked. What one changed that this machine would run is told by whoever meets its end, and
// here by the next call about its sandbox: what it is compared with lies on this machine, and only that a session still runs
// is believed of the sandbox, which shows it as open then.

import { listKept } from '../../engine/session/kept-session.js'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { ListedContainer } from '../../model/live.js'
import type { KeptSession } from '../../model/session.js'
import { isRunning } from '../../plan/in-use.js'
import type { Host } from '../../resolve/host.js'
import { keptBefores } from '../../resolve/kept-before.js'
import { type Invocation, tell } from '../call/invocation.js'
import { forgetBefore, readKept } from './kept-before.js'
import { isApart, tellSince } from '../host/workspace-report.js'

type Place = Pick<Host, 'stateFolder'>

/** In milliseconds: to be told how its sessions are, and from the look at a workspace to the session that it was for. */
const limits = { ask: 2_000, begin: 60_000 } as const

/** `container` is the one in use; null for a sandbox that has none any more. */
type Left = {
  readonly sandboxId: string
  readonly spec: ListedContainer['spec']
  readonly container: Pick<ListedContainer, 'id' | 'state'> | null
}

/** Tells it of all that are over, once. Nothing where there is none, which costs no engine call. */
export async function tellUnseenEnds(
  invocation: Invocation,
  engine: Pick<Engine, 'run'>,
  host: Host,
  { sandboxId, spec, container }: Left,
): Promise<void> {
  if (invocation.options.quiet === true || invocation.signal.aborted || isApart(spec)) return
  const kept = await keptBefores(host.stateFolder, sandboxId)
  if (kept.length === 0) return
  const known =
    container !== null && isRunning(container) ? await ask(engine, container.id, invocation.signal) : 'stopped'
  const over = kept.filter((id) => isOver(id, known))
  const [first, ...others] = over
  if (first === undefined) return
  // All of the others began later.
  const before = await readKept(host, spec, { sandboxId, sessionId: first })
  const which = others.length === 0 ? first : `${first} and ${String(others.length)} more`
  if (before !== null) {
    const since = `session ${which} began, which ended when nobody looked`
    await tellSince(invocation, host, before, { isWhole: true, since })
  }
  // One that does not say how its sessions are may have some that go on.
  if (known === null || invocation.signal.aborted) return
  for (const sessionId of over) await forgetBefore(invocation, host, { sandboxId, sessionId })
}

/** Of these sandboxes, that there is something to be told. Reads this machine's own files alone. */
export async function noteUnseenEnds(
  invocation: Invocation,
  host: Place,
  sandboxes: readonly ListedContainer[],
  sessions: ReadonlyMap<string, readonly KeptSession[] | null>,
): Promise<void> {
  for (const { id, sandbox, spec } of sandboxes) {
    if (isApart(spec)) continue
    const known = sessions.get(id) ?? (sessions.has(id) ? null : 'stopped')
    const over = (await keptBefores(host.stateFolder, sandbox.id)).filter((each) => isOver(each, known))
    if (over.length === 0) continue
    const what = over.length === 1 ? `Session ${over[0] ?? ''}` : `${String(over.length)} sessions`
    tell(invocation, [
      `note: ${what} of ${sandbox.id} ended when nobody looked. What changed here that this machine would run: sbx logs ${sandbox.id}`,
    ])
  }
}

/** Null where it does not say. One that nothing is known of may be about to begin, where anything can. */
type Known = readonly KeptSession[] | 'stopped' | null

function isOver(id: string, known: Known): boolean {
  if (known === 'stopped') return true
  const session = known?.find((each) => each.id === id)
  if (session !== undefined) return session.state !== 'running'
  return Date.now() - Number.parseInt(id.slice(0, 8), 16) * 1000 > limits.begin
}

async function ask(
  engine: Pick<Engine, 'run'>,
  containerId: string,
  signal: AbortSignal,
): Promise<readonly KeptSession[] | null> {
  try {
    return await listKept(engine, containerId, { limit: limits.ask, signal })
  } catch (error) {
    if (!(error instanceof DiagnosticError) || signal.aborted) throw error
    return null
  }
}
