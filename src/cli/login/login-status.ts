import type { Engine } from '../../model/engine.js'
import type { LoginStatus } from '../../model/login.js'
import { loginVolumeName } from '../../model/names.js'
import { readHost, type Host } from '../../resolve/host.js'
import { sharedName } from '../../template/login-files.js'
import { loginPart } from '../../template/login-members.js'
import { loginKinds } from '../../template/login-text.js'
import { loginJson } from '../../ui/login-json.js'
import { loginText } from '../../ui/login-text.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, printJson, printRendered } from '../call/invocation.js'
import { agentsWithLogin, currentFile, loginAgent, type AgentWithLogin, type CurrentFile } from './login-agent.js'
import { styleOf } from '../call/style.js'

/** Of one agent or all. Asks the engine and nobody else, and starts nothing. */
export async function loginStatus(invocation: Invocation, named: string | undefined): Promise<number> {
  const host = await readHost(invocation.env)
  const agents = named === undefined ? agentsWithLogin() : [await loginAgent(invocation, host, named)]
  const current = await currentFile(invocation, host)
  const statuses = await withEngine(invocation, host, (engine) => readStatuses(engine, host, agents, current))
  if (invocation.options.json === true) printJson(invocation, loginJson(statuses))
  else
    printRendered(invocation, loginText(statuses, { style: styleOf(invocation, invocation.output), now: new Date() }))
  return 0
}

export async function readStatuses(
  engine: Engine,
  host: Host,
  agents: readonly AgentWithLogin[],
  current: CurrentFile | null,
): Promise<readonly LoginStatus[]> {
  const wanted = agents.map(({ agent, login }) => {
    return [loginVolumeName(host.scope, agent), login.files.map((file) => sharedName(login, file))] as const
  })
  const volumes = await engine.readVolumes(Object.fromEntries(wanted))
  return agents.map(({ agent, title, login, keys }) => {
    const volume = loginVolumeName(host.scope, agent)
    const found = login.files.flatMap((file) => {
      const { text, modifiedAt } = volumes[volume]?.[sharedName(login, file)] ?? { text: '', modifiedAt: 0 }
      const kinds = loginKinds(file, loginPart(file, text) ?? '') ?? []
      return kinds.length === 0 ? [] : [{ kinds, modifiedAt }]
    })
    return {
      ...{ agent, title, volume },
      kinds: [...new Set(found.flatMap(({ kinds }) => kinds))],
      since: found.length === 0 ? null : Math.max(...found.map(({ modifiedAt }) => modifiedAt)),
      keys: keys.map((name) => ({ name, onHost: (host.env[name] ?? '') !== '' })),
      current: current?.agent === agent ? currentOf(current, keys) : null,
    }
  })
}

function currentOf({ config }: CurrentFile, keys: readonly string[]): LoginStatus['current'] {
  const { credentials = 'sandbox', secrets = {}, env = {} } = config
  const given = keys.flatMap((name): (readonly [string, 'secrets' | 'env'])[] => {
    if (Object.hasOwn(secrets, name)) return [[name, 'secrets']]
    return Object.hasOwn(env, name) ? [[name, 'env']] : []
  })
  return { credentials, keys: Object.fromEntries(given) }
}
