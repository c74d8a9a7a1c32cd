// From a sandbox that runs to a person or a pipe inside it.

import type { Origins } from '../../model/config.js'
import type { ResolvedSession } from '../../model/desired.js'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine, Terminal } from '../../model/engine.js'
import type { ContainerSpec, RecordSpec } from '../../model/spec.js'
import type { AgentDescriptor, Autonomy } from '../../model/template.js'
import type { Host } from '../../resolve/host.js'
import { resolveSession, type SessionRequest } from '../../resolve/session.js'
import type { WorkspaceBefore } from '../../resolve/workspace-report.js'
import type { SessionFile } from '../../template/agent-files.js'
import { returnLogin, takeLogin, type LoginPlace } from '../../template/login-files.js'
import { readSeedFiles, seedFiles, writeSeedFiles } from '../../template/seed.js'
import { readHostLogin } from '../host/host-login.js'
import { type Invocation, tell } from '../call/invocation.js'
import { watchWorkspace } from '../host/workspace-report.js'

export type SessionPreparation = {
  readonly containerSpec: ContainerSpec
  readonly record: RecordSpec
  readonly agent: AgentDescriptor
  readonly host: Host
  readonly command: SessionRequest['command']
  readonly flagEnv?: Readonly<Record<string, string>>
  readonly origins?: Origins
  /** It is to go on when nobody looks at it. */
  readonly isKept?: boolean
  /** What it begins with, where it is the agent's. */
  readonly files?: readonly SessionFile[]
}

/** A session of which all is known but what only the sandbox can tell. */
export type PreparedSession = Pick<SessionPreparation, 'agent' | 'containerSpec' | 'host' | 'files'> & {
  readonly credentials: ContainerSpec['credentials']
  readonly autonomy: Autonomy
  readonly hasHostLogin: boolean
  readonly resolve: (hasLogin: boolean) => ResolvedSession
}

/** With every value in it; before anything is started, so that a missing one starts nothing. */
export async function prepareSession(invocation: Invocation, request: SessionPreparation): Promise<PreparedSession> {
  const { containerSpec, record, agent, host, command, flagEnv, origins, isKept = false, files } = request
  const { credentials } = containerSpec
  const hostLogin = credentials === 'host' ? await readHostLogin(agent, host) : null
  const resolve = await resolveSession({
    record,
    containerSpec,
    agent,
    host,
    command,
    hostLogin,
    // A kept one has a terminal also where this call has none.
    isTerminal: isKept || isAtTerminal(invocation),
    isKept,
    ...(flagEnv === undefined ? {} : { flagEnv }),
    ...(origins === undefined ? {} : { origins }),
  })
  const { autonomy } = record.agent
  const begun = files === undefined ? {} : { files }
  return { agent, containerSpec, host, ...begun, credentials, autonomy, hasHostLogin: hostLogin !== null, resolve }
}

/**
 * Runs a session to its end and gives its exit code. `what` is the agent, which finds in its settings the answers to what it
 * would ask at its first start, or a command beside it.
 */
export async function attach(
  invocation: Invocation,
  engine: Engine,
  containerId: string,
  prepared: PreparedSession,
  what: 'agent' | 'command',
): Promise<number> {
  return inSession(invocation, engine, containerId, prepared, { what }, async (session) =>
    engine.attach(containerId, session, terminalOf(invocation), invocation.signal),
  )
}

/**
 * Does what is to be done with a session. The login is brought up to date before, and what became of it is kept after, and
 * what it changed that this machine would run is told: since what `look` gives, or since now.
 */
export async function inSession(
  invocation: Invocation,
  engine: Engine,
  containerId: string,
  prepared: PreparedSession,
  { what, look }: { readonly what: 'agent' | 'command'; readonly look?: () => Promise<WorkspaceBefore> },
  work: (session: ResolvedSession) => Promise<number>,
): Promise<number> {
  const { agent, credentials, containerSpec, host } = prepared
  const place = { engine, containerId, agent, credentials, signal: invocation.signal }
  const isTaken = await (what === 'agent' ? takeLogin(place) : tryTakeLogin(invocation, place))
  let tellChanges: (() => Promise<void>) | null = null
  try {
    const session = await readySession(place, prepared, what, isTaken)
    // A script may start many commands one after the other, and waits for each.
    const isWhole = what === 'agent' || isAtTerminal(invocation)
    tellChanges = await watchWorkspace(invocation, host, containerSpec, isWhole, look)
    return await work(session)
  } finally {
    await leaveSession(invocation, place, tellChanges)
  }
}

/** What is done before one that nobody stays with. */
export async function beginSession(
  invocation: Invocation,
  engine: Engine,
  containerId: string,
  prepared: PreparedSession,
): Promise<ResolvedSession> {
  const { agent, credentials } = prepared
  const place = { engine, containerId, agent, credentials, signal: invocation.signal }
  return readySession(place, prepared, 'agent', await takeLogin(place))
}

async function readySession(
  place: LoginPlace & { readonly engine: Engine },
  prepared: PreparedSession,
  what: 'agent' | 'command',
  isTaken: boolean,
): Promise<ResolvedSession> {
  const hasLogin = isTaken || prepared.hasHostLogin
  const session = prepared.resolve(hasLogin)
  if (what !== 'agent') return session
  // Before the answers to what it would ask, which may go into the same file.
  if (prepared.files !== undefined) {
    const { putSessionFiles } = await import('../../template/agent-files.js')
    await putSessionFiles(place, prepared.files)
  }
  await seedSession(place, prepared, session, hasLogin)
  return session
}

/** What is done after one, also where it goes on. */
export async function leaveSession(
  invocation: Invocation,
  place: LoginPlace,
  tellChanges: (() => Promise<void>) | null,
): Promise<void> {
  // Also after the interruption that ended the session.
  const { signal: _, ...unstoppable } = place
  await keepLogin(invocation, invocation.signal.aborted ? unstoppable : place)
  await tellChanges?.()
}

/** What is in the way of the login is removed with a command, which must be had for that. */
async function tryTakeLogin(invocation: Invocation, place: LoginPlace): Promise<boolean> {
  try {
    return await takeLogin(place)
  } catch (error) {
    if (!(error instanceof DiagnosticError) || place.signal?.aborted === true) throw error
    const [why] = error.diagnostics
    tell(invocation, [`note: The login is not brought up to date. ${why?.detail ?? ''}`.trimEnd()])
    return false
  }
}

async function seedSession(
  { engine, containerId, signal }: LoginPlace,
  { agent, autonomy }: PreparedSession,
  { workingFolder: workspace, env }: ResolvedSession,
  hasLogin: boolean,
): Promise<void> {
  if (agent.seeds.length === 0) return
  const existing = await readSeedFiles(engine, containerId, agent, signal)
  const files = seedFiles(agent, existing, { workspace, env, autonomy, hasLogin })
  await writeSeedFiles(engine, containerId, agent, files, signal)
}

/** A sandbox that was stopped under its session keeps in its home what could not be taken out, for its next one. */
async function keepLogin(invocation: Invocation, place: LoginPlace): Promise<void> {
  try {
    await returnLogin(place)
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    const [why] = error.diagnostics
    tell(invocation, [`note: The login stays in this sandbox until its next session. ${why?.detail ?? ''}`.trimEnd()])
  }
}

export function isAtTerminal({ input, output }: Invocation): boolean {
  return input.isTTY === true && output.isTTY === true
}

export function terminalOf(invocation: Invocation): Terminal {
  const { input, output, errors } = invocation
  return {
    input,
    output,
    errors,
    isTerminal: isAtTerminal(invocation),
    // One that has no window says that it has no columns.
    size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
    onResize(listener) {
      output.on('resize', listener)
      return () => output.removeListener('resize', listener)
    },
    setRawMode(isRaw) {
      input.setRawMode?.(isRaw)
    },
  }
}
