// An agent's own login, in a sandbox that is made for it and has nothing but the login volume: what is logged in there is
// logged in in all sandboxes of the agent. Everything else of it is removed on every way out.

import { chown, stat } from 'node:fs/promises'
import type { LoadedConfig } from '../../model/config.js'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import { readHost, type Host } from '../../resolve/host.js'
import { attach, prepareSession } from '../session/attach.js'
import { withEngine } from '../call/connect.js'
import { declare, type Declared } from '../declared/declared.js'
import { type Invocation, tell } from '../call/invocation.js'
import { loginAgent, type AgentWithLogin } from './login-agent.js'
import { readStatuses } from './login-status.js'
import { bringUp } from '../applying/perform.js'
import { callPins } from '../declared/pins.js'
import { planDeclared } from '../planning/planning.js'
import { stillApproved } from '../approving/still-approved.js'
import { inThrowAwayFolder, removeThrowAway } from '../template/throw-away-folder.js'

/**
 * Exit code of the agent's login; where that is its first session, whether it is logged in after it. Throws what a start
 * throws, among it `resolve/login-in-use`.
 */
export async function login(invocation: Invocation, named: string | undefined): Promise<number> {
  const host = await readHost(invocation.env)
  const agent = await loginAgent(invocation, host, named)
  if (invocation.input.isTTY !== true || invocation.output.isTTY !== true) noTerminal(agent)
  return inEmptyFolder(invocation, host, async (folder) => {
    const declared = await declare(alone(agent, folder), host, callPins(invocation, host))
    return withEngine(invocation, host, async (engine) => {
      const code = await logIn(invocation, engine, declared, agent)
      const [status] = await readStatuses(engine, host, [agent], null)
      const kinds = status?.kinds ?? []
      const isDone = kinds.length > 0 && (code === 0 || agent.login.command === null)
      tell(invocation, [
        isDone
          ? `Logged in to ${agent.title} (${kinds.join(', ')}), in all its sandboxes.`
          : `No login was made. ${kinds.length === 0 ? `${agent.title} is not logged in.` : 'The one before stays.'}`,
      ])
      return isDone ? 0 : code === 0 ? 1 : code
    })
  })
}

/** An agent would wait for a code that nobody can paste. */
function noTerminal({ title, keys }: AgentWithLogin): never {
  const way =
    keys.length === 0 ? '' : ` Without one give a key: ${keys.join(' or ')}, in \`secrets\` or with \`run -e\`.`
  fail('login/no-terminal', 'A login needs a terminal', {
    detail: `${title} shows an address there and takes what you bring back from it.${way}`,
  })
}

async function logIn(
  invocation: Invocation,
  engine: Engine,
  declared: Declared,
  agent: AgentWithLogin,
): Promise<number> {
  const { desired, host } = declared
  const planned = await planDeclared(declared, engine, { tell: () => undefined, isThrowAway: true })
  if (planned.risks.widening.length > 0) {
    fail('login/folder-shared', 'The folder for temporary files is in a sandbox', {
      detail: `${desired.workspace} is beneath a folder that a sandbox can write to. Stop that one, or set TMPDIR elsewhere.`,
    })
  }
  const { command } = agent.login
  const prepared = await prepareSession(invocation, {
    containerSpec: desired.containerSpec,
    record: desired.recordSpec,
    agent: declared.template.agent,
    host,
    command: command === null ? { agentArgs: [] } : { argv: command },
  })
  try {
    const containerId = await bringUp(invocation, engine, planned.plan, stillApproved(engine, planned, {}))
    return await attach(invocation, engine, containerId, prepared, 'agent')
  } finally {
    await removeThrowAway(invocation, engine, desired)
  }
}

/** The agent's own template, the network that a login needs, and nothing that is anybody's. */
function alone({ agent }: AgentWithLogin, folder: string): LoadedConfig {
  return {
    config: { name: `login-${agent}`, agent: { name: agent }, credentials: 'sandbox', network: 'open', git: 'none' },
    origins: {},
    file: null,
    directory: folder,
    files: [],
    profile: null,
    profiles: [],
  }
}

/** Of the owner that the working folder has, so that the login is the same user's as in the sandbox of that folder. */
async function inEmptyFolder<T>(invocation: Invocation, host: Host, work: (folder: string) => Promise<T>): Promise<T> {
  return inThrowAwayFolder(invocation, 'login', async (folder) => {
    const { uid, gid } = await stat(invocation.workingFolder)
    if (host.uid === 0) await chown(folder, uid, gid)
    return work(folder)
  })
}
