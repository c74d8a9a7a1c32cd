// Which agent a login command is about: the one named in the call, else that of the current folder's file.

import { DiagnosticError, fail } from '../../model/diagnostic.js'
import type { LoadedConfig } from '../../model/config.js'
import type { AgentDescriptor, AgentLogin } from '../../model/template.js'
import type { Host } from '../../resolve/host.js'
import { builtInTemplates } from '../../template/built-in.js'
import { resolveAgent } from '../../template/resolve.js'
import { loadDeclared } from '../declared/declared.js'
import { type Invocation, tell } from '../call/invocation.js'
import { callPins } from '../declared/pins.js'

export type AgentWithLogin = AgentDescriptor & { readonly login: AgentLogin }

/** Every one that comes with sbx and has a login; no other template may say one. */
export function agentsWithLogin(): readonly AgentWithLogin[] {
  return builtInTemplates()
    .filter(({ name, agent }) => name === agent)
    .flatMap(({ descriptor }) => (hasLogin(descriptor) ? [descriptor] : []))
}

/** Throws where no agent is named or the one that is has no login. */
export async function loginAgent(invocation: Invocation, host: Host, named: string | undefined) {
  const agent = named ?? (await currentFile(invocation, host))?.agent ?? noAgent()
  const found = agentsWithLogin().find((each) => each.agent === agent)
  if (found !== undefined) return found
  return fail('login/no-login', 'This agent has no login of its own', {
    detail: `${agent} has none that sbx knows. Those that have one: ${agentNames()}.`,
  })
}

export type CurrentFile = { readonly agent: string; readonly config: LoadedConfig['config'] }

/** Null where there is none, or it has errors: what is on the engine is worth telling all the same. Uses no network. */
export async function currentFile(invocation: Invocation, host: Host): Promise<CurrentFile | null> {
  const pins = callPins(invocation, host, { offline: true })
  try {
    const { config, file, origins } = await loadDeclared(invocation, host, pins)
    if (file === null) return null
    await pins.open(file)
    const { template, agent } = config
    const descriptor = await resolveAgent({ template, agent: agent?.name, version: agent?.version, origins, pins })
    return { agent: descriptor.agent, config }
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    tell(invocation, ['note: sandbox.yaml has errors, so it is left out here. See: sbx validate'])
    return null
  }
}

function hasLogin(agent: AgentDescriptor): agent is AgentWithLogin {
  return agent.login !== null
}

function agentNames(): string {
  return agentsWithLogin()
    .map(({ agent }) => agent)
    .join(', ')
}

function noAgent(): never {
  return fail('login/no-agent', 'No agent is named', {
    detail: `This folder has no sandbox.yaml that says one. Name one of ${agentNames()}:`,
    command: 'sbx login claude',
  })
}
