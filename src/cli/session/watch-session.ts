// The process that `--notify` leaves behind. Nobody reads what it says.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { lookAtKept, waitForKept } from '../../engine/session/kept-session.js'
import { DiagnosticError, fail } from '../../model/diagnostic.js'
import type { Engine, Terminal } from '../../model/engine.js'
import { type Host, readHost } from '../../resolve/host.js'
import { withEngine } from '../call/connect.js'
import type { Invocation } from '../call/invocation.js'
import { userNotify } from './notify.js'
import { sandboxesOf } from '../declared/sandboxes.js'

/** Waits for the end of a session, and then runs the user's command. */
export async function watchSession(invocation: Invocation, containerId: string, session: string): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, (engine) => watchOn(invocation, engine, host, containerId, session))
}

/** The same, on this engine. */
export async function watchOn(
  { signal }: Pick<Invocation, 'signal'>,
  engine: Pick<Engine, 'list' | 'attach' | 'run'>,
  host: Host,
  containerId: string,
  session: string,
): Promise<number> {
  const sandboxes = sandboxesOf(await engine.list())
  const watched = sandboxes.find(({ id }) => id === containerId)
  if (watched === undefined) return fail('cli/no-such-sandbox', 'There is no such sandbox', { detail: containerId })
  const exitCode = await endOf(engine, containerId, session, signal)
  // Of now, and not of when it began: an agent has worked on meanwhile.
  const { command } = userNotify(host, [watched, ...sandboxesOf(await engine.list())])
  const { id, displayName, workspace } = watched.sandbox
  await runCommand(host, command, {
    SBX_SANDBOX: displayName,
    SBX_ID: id,
    SBX_SESSION: session,
    SBX_EXIT_CODE: exitCode,
    SBX_WORKSPACE: workspace,
  })
  return 0
}

/** Its exit code; empty where it was ended from outside, with its sandbox or its engine. */
async function endOf(
  engine: Pick<Engine, 'attach' | 'run'>,
  containerId: string,
  session: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    await engine.attach(containerId, waitForKept(session), nobody(), signal)
    const look = await lookAtKept(engine, containerId, session, { signal })
    return String(look?.session.exitCode ?? '')
  } catch (error) {
    if (!(error instanceof DiagnosticError) || signal.aborted) throw error
    return ''
  }
}

/** In place of a person's terminal. */
function nobody(): Terminal {
  return {
    input: new PassThrough().end(),
    output: new PassThrough().resume(),
    errors: new PassThrough().resume(),
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    onResize: () => () => undefined,
    setRawMode: () => undefined,
  }
}

/** In the home folder, with this machine's programs alone, and with nothing of what the session is or was. */
async function runCommand(
  host: Host,
  [program, ...args]: readonly [string, ...string[]],
  told: Readonly<Record<string, string>>,
): Promise<void> {
  const env = { ...host.programEnv(), ...told }
  await once(spawn(program, args, { cwd: host.home, env, stdio: 'ignore' }), 'close')
}
