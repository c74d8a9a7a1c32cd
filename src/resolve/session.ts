// What runs when someone attaches: the agent, or a command beside it, in the same environment.

import { filled, holds, type SessionFacts } from '../model/condition.js'
import type { Origins } from '../model/config.js'
import type { ResolvedSession } from '../model/desired.js'
import { DiagnosticError, type Diagnostic } from '../model/diagnostic.js'
import { agentHome, loginFolder } from '../model/names.js'
import type { ContainerSpec, RecordSpec } from '../model/spec.js'
import type { AgentDescriptor } from '../model/template.js'
import { readSessionValues } from './session-values.js'
import type { Host } from './host.js'

export type SessionRequest = {
  /** The record that is applied. */
  readonly record: RecordSpec
  readonly containerSpec: Pick<ContainerSpec, 'workspace' | 'credentials'>
  readonly agent: AgentDescriptor
  readonly host: Host
  /** The agent with these arguments after `--`, or a command of the user's own. */
  readonly command: { readonly agentArgs: readonly string[] } | { readonly argv: readonly string[] }
  /** This call's `-e`. */
  readonly flagEnv?: Readonly<Record<string, string>>
  /** The host's token for the agent, in credentials mode `host`. */
  readonly hostLogin: string | null
  readonly isTerminal: boolean
  /** Others can look at it, and are told by the agent whether it waits. */
  readonly isKept?: boolean
  /** So that a missing value is told with its file and line. */
  readonly origins?: Origins
}

/**
 * Everything is read at once; whether the session has a login of the agent is known only where it is to run. Throws a
 * DiagnosticError naming every value that this machine lacks.
 */
export async function resolveSession(request: SessionRequest): Promise<(hasLogin: boolean) => ResolvedSession> {
  const {
    record,
    containerSpec,
    agent,
    host,
    command,
    flagEnv = {},
    hostLogin,
    isTerminal,
    isKept = false,
    origins = {},
  } = request
  const workspace = containerSpec.workspace.path
  const values = await readSessionValues({ record, workspace, env: host.env, flagEnv, origins })
  const problems: Diagnostic[] = [...values.problems]
  // A shell or a command in the sandbox should not fail for what only the agent was given.
  if ('agentArgs' in command) problems.push(...values.forgotten.map(forgottenFlag))
  if (containerSpec.credentials === 'host' && hostLogin === null) problems.push(noHostLogin(agent.agent))
  if (problems.length > 0) throw new DiagnosticError(problems)

  const known = {
    ...userVariables,
    ...(isTerminal ? terminalVariables(host.env) : {}),
    ...agent.env,
    ...configVariable(agent),
    ...loginVariables(containerSpec.credentials, agent, hostLogin),
    ...values.env,
  }
  return (hasLogin) => {
    const facts: SessionFacts = { workspace, env: known, autonomy: record.agent.autonomy, hasLogin }
    const parts = agent.session.filter((part) => holds(part.when, facts))
    const ofParts = Object.assign({}, ...parts.map((part) => part.env)) as Readonly<Record<string, string>>
    const env = {
      ...Object.fromEntries(Object.entries(ofParts).map(([name, text]) => [name, filled(text, facts)])),
      ...known,
    }
    const stateArgs = isKept ? (agent.state?.args ?? []) : []
    const partArgs = parts.flatMap((part) => part.args).map((text) => filled(text, facts))
    return {
      argv:
        'argv' in command
          ? command.argv
          : [...agent.command, ...stateArgs, ...partArgs, ...agentArgs(agent, record, command.agentArgs)],
      workingFolder: workspace,
      env: { ...env, ...gitVariables(record.git, workspace, env) },
    }
  }
}

/** IS_SANDBOX lets an agent that would refuse to run freely as root do so: in a sandbox it may, whoever owns the files. */
const userVariables = { HOME: agentHome, USER: 'agent', LOGNAME: 'agent', IS_SANDBOX: '1' }

/**
 * Arguments that begin with an option go behind the default ones, any others take their place. What makes the agent act
 * on its own stays in either case: in front, or behind the word that needs it there.
 */
function agentArgs(agent: AgentDescriptor, record: RecordSpec, args: readonly string[]): readonly string[] {
  const { args: defaults, autonomy } = record.agent
  const isAppended = args[0] === undefined || args[0].startsWith('-')
  const words = isAppended ? [...defaults, ...args] : args
  const { args: inFront, after } = agent.autonomy[autonomy]
  const at = words.findIndex((word) => Object.hasOwn(after, word))
  const word = words[at]
  if (word === undefined) return [...inFront, ...words]
  return [...words.slice(0, at + 1), ...(after[word] ?? []), ...words.slice(at + 1)]
}

/** Terminals that every image's terminal database knows; others are close enough to xterm-256color. */
const knownTerminals = /^(ansi|dumb|linux|rxvt.*|screen.*|tmux.*|vt\d+|xterm|xterm-256color|xterm-color)$/

/** The locale is the one that every image has; one of the host's may not exist inside and makes programs complain. */
export function terminalVariables({ TERM: terminal, COLORTERM: colour }: Host['env']): Record<string, string> {
  return {
    TERM: terminal !== undefined && knownTerminals.test(terminal) ? terminal : 'xterm-256color',
    ...(colour === undefined || colour === '' ? {} : { COLORTERM: colour }),
    LANG: 'C.UTF-8',
  }
}

function configVariable({ config }: AgentDescriptor): Record<string, string> {
  return config === null || config.env === null ? {} : { [config.env]: config.folder }
}

function loginVariables(
  credentials: ContainerSpec['credentials'],
  { login }: AgentDescriptor,
  hostLogin: string | null,
): Record<string, string> {
  if (login === null) return {}
  switch (credentials) {
    case 'none':
      return {}
    case 'sandbox':
      return login.env === null ? {} : { [login.env]: loginFolder }
    case 'host':
      return hostLogin === null || 'cannot' in login.host ? {} : { [login.host.tokenEnv]: hostLogin }
  }
}

/**
 * Git settings that need no file: who commits, and that the workspace is to be trusted although its owner may be another
 * user inside. Settings that the user gives the same way stay, and win.
 */
export function gitVariables(
  git: RecordSpec['git'],
  workspace: string,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const settings: [string, string][] = [['safe.directory', workspace]]
  if (git?.name) settings.push(['user.name', git.name])
  if (git?.email) settings.push(['user.email', git.email])
  const count = Number(env.GIT_CONFIG_COUNT ?? 0)
  // To the first that is not there: the count is a text of the file's, and can be any number.
  for (let index = 0; index < count; index++) {
    const key = env[`GIT_CONFIG_KEY_${index}`]
    if (key === undefined) break
    settings.push([key, env[`GIT_CONFIG_VALUE_${index}`] ?? ''])
  }
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(settings.length)],
    ...settings.flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${index}`, key],
      [`GIT_CONFIG_VALUE_${index}`, value],
    ]),
  ]) as Record<string, string>
}

function forgottenFlag(name: string): Diagnostic {
  return {
    severity: 'error',
    code: 'resolve/forgotten-flag',
    summary: 'A value given with -e is not known any more',
    detail:
      `${name} was set by an earlier call, and sbx keeps no such values. Give it again, or forget all flags of earlier ` +
      'calls with --reset.',
    command: `sbx run -e ${name}=...`,
  }
}

function noHostLogin(agent: string): Diagnostic {
  return {
    severity: 'error',
    code: 'resolve/no-host-login',
    summary: 'There is no login of this agent on the host',
    detail: `"credentials: host" hands over the login of ${agent} on this machine, and none was found. Log in there first.`,
  }
}
