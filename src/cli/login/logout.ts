// The shared login of an agent goes from the engine. What sandboxes have copies of goes at their next session, which finds
// that the volume has none any more.

import { DiagnosticError, fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import { usesVolume } from '../../model/live.js'
import type { LoggedOut } from '../../model/login.js'
import { loginVolumeName } from '../../model/names.js'
import { readHost, type Host } from '../../resolve/host.js'
import { loggedOutJson } from '../../ui/login-json.js'
import { loggedOutText } from '../../ui/login-text.js'
import { ask } from '../call/ask.js'
import { callLike } from '../call/call.js'
import { withEngine } from '../call/connect.js'
import { isInteractive, type Invocation, print, printJson } from '../call/invocation.js'
import { loginAgent, type AgentWithLogin } from './login-agent.js'
import { readStatuses } from './login-status.js'
import type { LogoutOptions } from '../call/options.js'

export async function logout(invocation: Invocation, named: string, options: LogoutOptions): Promise<number> {
  const host = await readHost(invocation.env)
  const agent = await loginAgent(invocation, host, named)
  const volume = loginVolumeName(host.scope, agent.agent)
  const done = await withEngine(invocation, host, async (engine) => {
    await refuseWhileInUse(engine, agent, volume)
    if (options.yes !== true) await confirm(invocation, engine, host, agent)
    return engine.clearVolume(volume, invocation.signal)
  })
  const { login, title } = agent
  const hostLogin = 'cannot' in login.host ? null : login.host.file
  const isCopied = login.env === null
  const loggedOut: LoggedOut = { agent: agent.agent, title, volume, done, hostLogin, isCopied }
  if (invocation.options.json === true) printJson(invocation, loggedOutJson(loggedOut))
  else print(invocation, loggedOutText(loggedOut))
  return 0
}

/** A session under way would go on with the login that it has, and may bring it back. */
async function refuseWhileInUse(engine: Engine, { title }: AgentWithLogin, volume: string): Promise<void> {
  const users = (await engine.list()).filter((container) => usesVolume(container, volume))
  if (users.length === 0) return
  const ids = [...new Set(users.map(({ sandbox }) => sandbox.id))]
  fail('login/in-use', 'The login is in use', {
    detail: `The login of ${title} is in sandboxes that run: ${ids.join(', ')}. To stop them first:`,
    command: `sbx stop ${ids.join(' ')}`,
  })
}

async function confirm(invocation: Invocation, engine: Engine, host: Host, agent: AgentWithLogin): Promise<void> {
  const [status] = await readStatuses(engine, host, [agent], null)
  const kinds = status === undefined || status.kinds.length === 0 ? '' : ` (${status.kinds.join(', ')})`
  const question = `Remove the login of ${agent.title}${kinds} that all its sandboxes share?`
  if (isInteractive(invocation) && (await ask(invocation, question))) return
  throw new DiagnosticError(
    [
      {
        severity: 'error',
        code: 'cli/not-confirmed',
        summary: 'Not confirmed',
        detail: 'Nothing was done. To remove it without a question:',
        command: `${callLike(invocation, `sbx logout ${agent.agent}`)} --yes`,
      },
    ],
    'approval',
  )
}
