// What `sbx rm` asks about before anything is removed: sessions that would end, and clones with what may be nowhere else.

import { DiagnosticError, type Diagnostic } from '../../model/diagnostic.js'
import { counted } from '../../ui/quantities.js'
import { approveClones, unfetched, type LostClone } from '../approving/approve-clones.js'
import { ask } from '../call/ask.js'
import { type Invocation, isInteractive } from '../call/invocation.js'

/** A sandbox by name, and how many sessions it has. */
export type OpenIn = { readonly name: string; readonly count: number }

type Missing = { readonly force?: true; readonly discard?: true }

/** Throws with kind `approval` unless a person says yes. Without one all that is missing is named at once. */
export async function approveRemoval(
  invocation: Invocation,
  {
    open,
    lost,
    command,
  }: {
    readonly open: readonly OpenIn[]
    readonly lost: readonly LostClone[]
    /** The call with these flags as well. */
    readonly command: (missing: Missing) => string
  },
): Promise<void> {
  const whole = command({
    ...(open.length > 0 ? { force: true } : {}),
    ...(lost.length > 0 ? { discard: true } : {}),
  })
  const sessions = open.map((each) => openSessions(each, whole))
  if (!isInteractive(invocation)) {
    const problems = [...sessions, ...(lost.length > 0 ? [unfetched(invocation, lost, whole)] : [])]
    if (problems.length > 0) throw new DiagnosticError(problems, 'approval')
    return
  }
  for (const [at, { name, count }] of open.entries()) {
    if (await ask(invocation, `${name} has ${sessionsText(count)}, which will end. Remove it?`)) continue
    throw new DiagnosticError(sessions.slice(at, at + 1), 'approval')
  }
  await approveClones(invocation, lost, command(open.length > 0 ? { force: true } : {}), {})
}

function openSessions({ name, count }: OpenIn, command: string): Diagnostic {
  const detail = `${name} has ${sessionsText(count)}; nothing was done. To end them:`
  return { severity: 'error', code: 'cli/open-sessions', summary: 'Sessions are open', detail, command }
}

function sessionsText(count: number): string {
  return counted(count, 'open session')
}
