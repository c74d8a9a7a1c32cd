// Sessions that go on when nobody looks at them: how one is begun, gone on with, and left.

import { basename } from 'node:path'
import { PassThrough } from 'node:stream'
import {
  attachedSession,
  cannotBeKept,
  keptSession,
  lookAtKept,
  newHolder,
  newSessionId,
  type KeptLook,
} from '../../engine/session/kept-session.js'
import { DiagnosticError, exitCodes, fail, hasCode } from '../../model/diagnostic.js'
import type { ResolvedSession } from '../../model/desired.js'
import type { Engine } from '../../model/engine.js'
import type { KeptSession } from '../../model/session.js'
import type { ContainerSpec } from '../../model/spec.js'
import { inTime, limitText } from '../../model/time-limit.js'
import type { AgentDescriptor } from '../../model/template.js'
import type { Host } from '../../resolve/host.js'
import { terminalVariables } from '../../resolve/session.js'
import { lastScreen, programText, starvedText } from '../../ui/session-text.js'
import { beginSession, inSession, leaveSession, terminalOf, type PreparedSession } from './attach.js'
import { callLike } from '../call/call.js'
import { type Invocation, print, tell } from '../call/invocation.js'
import { forgetBefore, lookAndKeep, lookBack } from './kept-before.js'
import { isApart, watchWorkspace } from '../host/workspace-report.js'

/** Where a session is. `id` of its sandbox. */
export type SessionPlace = {
  readonly engine: Engine
  readonly containerId: string
  readonly sandboxId: string
  /** Is called with the id of a session that goes on without this call. */
  readonly whenLeft?: (session: string) => void
}

/** Runs the agent until it ends or is left; gives its exit code, or 0. Where it cannot be kept it ends with this call. */
export async function runKept(invocation: Invocation, place: SessionPlace, prepared: PreparedSession): Promise<number> {
  const { engine, containerId, sandboxId } = place
  const { host, containerSpec } = prepared
  const [id, holder] = [newSessionId(), newHolder()]
  const key = { sandboxId, sessionId: id }
  const look = async () => lookAndKeep(invocation, host, containerSpec, key)
  return inSession(invocation, engine, containerId, prepared, { what: 'agent', look }, async (session) => {
    const terminal = terminalOf(invocation)
    const hint = invocation.options.quiet === true ? null : hintText(session)
    const kept = keptSession(session, { id, holder, size: terminal.size(), hint })
    const code = await engine.attach(containerId, kept, terminal, invocation.signal)
    return leftOrEnded(invocation, place, host, { id, holder, code })
  })
}

/** In milliseconds; it is begun, and not waited for. */
const startLimit = 60_000

/** Begins a session that nobody looks at, and prints its id. Throws `session/not-kept` and `session/not-started`. */
export async function startDetached(
  invocation: Invocation,
  place: SessionPlace,
  prepared: PreparedSession,
  limit = startLimit,
): Promise<number> {
  const { engine, containerId, sandboxId } = place
  const { host, containerSpec } = prepared
  const session = await beginSession(invocation, engine, containerId, prepared)
  const id = newSessionId()
  if (!isApart(containerSpec)) await lookAndKeep(invocation, host, containerSpec, { sandboxId, sessionId: id })
  const size = terminalOf(invocation).size()
  const { argv, env, workingFolder } = keptSession(session, { id, holder: null, size, hint: null })
  const output = new PassThrough().resume()
  const command = { argv, env, workingFolder, user: 'agent', doing: 'start a session' } as const
  const ended = await inTime(limit, invocation.signal, (limited) =>
    engine.pipe(containerId, command, { output }, limited),
  )
  if (ended === null) {
    fail('session/not-started', 'The session did not start', {
      detail: `The tmux in the sandbox has not answered for ${limitText(limit)}.`,
    })
  }
  const { exitCode, stderr } = ended.result
  if (exitCode === cannotBeKept) {
    fail('session/not-kept', 'The session would end with this call', {
      detail: `It goes on in a tmux, and ${stderr.trim()}. From a terminal it runs all the same, as long as that is open:`,
      command: 'sbx run',
    })
  }
  if (exitCode !== 0) fail('session/not-started', 'The session did not start', { detail: stderr.trim() })
  place.whenLeft?.(id)
  print(invocation, [id])
  tell(invocation, [`${nameOf(session)} goes on by itself. To look at it: ${wayBack(invocation, sandboxId)}`])
  return 0
}

/** What is needed to go on with a session, or to tell how one ended. */
export type Rejoined = {
  readonly session: KeptSession
  readonly agent: AgentDescriptor
  readonly containerSpec: ContainerSpec
  readonly host: Host
}

/** Goes on with one in the place of whoever is attached to it; of one that has ended, its last screen and its exit code. */
export async function rejoin(invocation: Invocation, place: SessionPlace, rejoined: Rejoined): Promise<number> {
  const { engine, containerId, sandboxId } = place
  const { session, agent, containerSpec, host } = rejoined
  const { id } = session
  const login = { engine, containerId, agent, credentials: containerSpec.credentials, signal: invocation.signal }
  const tellChanges = await watchWorkspace(invocation, host, containerSpec, true, async () =>
    lookBack(host, containerSpec, { sandboxId, sessionId: id }),
  )
  try {
    if (session.state !== 'running') return await leftOrEnded(invocation, place, host, { id, holder: '', code: 0 })
    const holder = newHolder()
    const attached = attachedSession({ id, holder }, { env: terminalVariables(host.env), workingFolder: '/' })
    const code = await engine.attach(containerId, attached, terminalOf(invocation), invocation.signal)
    return await leftOrEnded(invocation, place, host, { id, holder, code })
  } finally {
    await leaveSession(invocation, login, tellChanges)
  }
}

type Left = {
  readonly id: string
  readonly holder: string
  /** Of the command that showed it. */
  readonly code: number
}

/** What became of a session that this call was attached to, told; and the exit code for it. */
async function leftOrEnded(
  invocation: Invocation,
  place: SessionPlace,
  host: Host,
  { id, holder, code }: Left,
): Promise<number> {
  const look = await lookAfter(invocation, place, id)
  const isOver = look === null || look === 'stopped' || look.session.state !== 'running'
  if (isOver) await forgetBefore(invocation, host, { sandboxId: place.sandboxId, sessionId: id })
  // Where it was not kept it has ended with what showed it.
  if (look === null) return code
  if (look === 'stopped') {
    const why = (await hasStarved(place)) ? [`note: ${starvedText('it')}`] : []
    tell(invocation, ['note: the sandbox was stopped, and its sessions have ended with it.', ...why])
    return lostCode(code)
  }
  const { session, screen } = look
  const name = programText(session)
  if (session.isStarved === true) tell(invocation, [`note: ${starvedText('this sandbox')}`])
  switch (session.state) {
    case 'ended':
      invocation.output.write(lastScreen(screen))
      return session.exitCode ?? exitCodes.failed
    case 'lost':
      tell(invocation, [`note: ${name} was ended from outside, so its exit code is not known.`])
      return lostCode(code)
    case 'running':
      place.whenLeft?.(id)
      if (look.holder !== holder) {
        tell(invocation, [
          `Another terminal has taken ${name} over. Back to it: ${wayBack(invocation, place.sandboxId)}`,
        ])
        return 0
      }
      tell(invocation, [`Detached; ${name} goes on. Back to it: ${wayBack(invocation, place.sandboxId)}`])
      return invocation.signal.aborted ? exitCodes.interrupted : 0
  }
}

/** By the engine, of one that is stopped. One that is gone by now tells nothing. */
async function hasStarved({ engine, containerId }: SessionPlace): Promise<boolean> {
  try {
    const { State: state } = await engine.inspect(containerId)
    return typeof state === 'object' && state !== null && 'OOMKilled' in state && state.OOMKilled === true
  } catch (error) {
    if (error instanceof DiagnosticError) return false
    throw error
  }
}

/** What shows a session ends with 0 or 1 itself; anything else is how it was ended, with all that ran there. */
function lostCode(code: number): number {
  return code > 1 ? code : exitCodes.attachFailed
}

async function lookAfter(
  { signal }: Invocation,
  { engine, containerId }: SessionPlace,
  id: string,
): Promise<KeptLook | 'stopped' | null> {
  try {
    return await lookAtKept(engine, containerId, id, { signal: signal.aborted ? undefined : signal })
  } catch (error) {
    if (!hasCode(error, 'engine/not-running', 'session/not-told')) throw error
    return 'stopped'
  }
}

function hintText(session: ResolvedSession): string {
  return `${nameOf(session)} goes on when this terminal goes. To leave it: Ctrl-] d`
}

function nameOf({ argv }: ResolvedSession): string {
  return programText({ program: basename(argv[0] ?? '') })
}

function wayBack(invocation: Invocation, sandboxId: string): string {
  return callLike(invocation, `sbx attach ${sandboxId}`)
}
