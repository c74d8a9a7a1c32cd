// From a sandbox that runs to a person or a pipe inside it.

import type { Origins } from '../model/config.js'
import type { ResolvedSession } from '../model/desired.js'
import type { Engine, Terminal } from '../model/engine.js'
import type { ContainerSpec, RecordSpec } from '../model/spec.js'
import type { AgentDescriptor, Autonomy } from '../model/template.js'
import type { Host } from '../resolve/host.js'
import { resolveSession, type SessionRequest } from '../resolve/session.js'
import { readSeedFiles, seedFiles, writeSeedFiles } from '../template/seed.js'
import { readHostLogin } from './host-login.js'
import type { Invocation } from './invocation.js'

export type SessionPreparation = {
  readonly containerSpec: ContainerSpec
  readonly record: RecordSpec
  readonly agent: AgentDescriptor
  readonly host: Host
  readonly command: SessionRequest['command']
  readonly flagEnv?: Readonly<Record<string, string>>
  readonly origins?: Origins
}

/** The session with every value in it; before anything is started, so that a missing one starts nothing. */
export async function prepareSession(invocation: Invocation, request: SessionPreparation): Promise<ResolvedSession> {
  const { containerSpec, record, agent, host, command, flagEnv, origins } = request
  return resolveSession({
    record,
    containerSpec,
    agent,
    host,
    command,
    hostLogin: containerSpec.credentials === 'host' ? await readHostLogin(agent, host) : null,
    isTerminal: isTerminal(invocation),
    ...(flagEnv === undefined ? {} : { flagEnv }),
    ...(origins === undefined ? {} : { origins }),
  })
}

/** Answers beforehand, in the agent's own settings, what it would ask at its first start. */
export async function seedSession(
  engine: Engine,
  containerId: string,
  agent: AgentDescriptor,
  session: ResolvedSession,
  autonomy: Autonomy,
): Promise<void> {
  if (agent.seeds.length === 0) return
  const existing = await readSeedFiles(engine, containerId, agent)
  const { workingFolder: workspace, env } = session
  const files = seedFiles(agent, existing, { workspace, env, autonomy, hasLogin: false })
  await writeSeedFiles(engine, containerId, agent, files)
}

/** Gives the exit code of what ran. */
export async function attach(
  invocation: Invocation,
  engine: Engine,
  containerId: string,
  session: ResolvedSession,
): Promise<number> {
  return engine.attach(containerId, session, terminalOf(invocation), invocation.signal)
}

function isTerminal({ input, output }: Invocation): boolean {
  return input.isTTY === true && output.isTTY === true
}

function terminalOf(invocation: Invocation): Terminal {
  const { input, output, errors } = invocation
  return {
    input,
    output,
    errors,
    isTerminal: isTerminal(invocation),
    size: () => ({ columns: output.columns ?? 80, rows: output.rows ?? 24 }),
    onResize(listener) {
      output.on('resize', listener)
      return () => output.removeListener('resize', listener)
    },
    setRawMode(isRaw) {
      input.setRawMode?.(isRaw)
    },
  }
}
