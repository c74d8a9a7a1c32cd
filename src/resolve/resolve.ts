// The config with this machine's facts put in. Every default and every policy of sbx is here or in a file beside.

import { statSync } from 'node:fs'
import type { LoadedConfig } from '../model/config.js'
import type { DesiredSandbox, SandboxLabels } from '../model/desired.js'
import type { Diagnostic } from '../model/diagnostic.js'
import { agentHome, homeVolumeName, loginFolder, loginVolumeName } from '../model/names.js'
import type { Policy } from '../model/policy.js'
import type { ContainerSpec, LimitsSpec, RecordSpec, SessionValue } from '../model/spec.js'
import type { AgentDescriptor, ResolvedTemplate } from '../model/template.js'
import { resolveAgentFiles } from './agent-files.js'
import type { RepositoryFacts } from './clone.js'
import { resolveEgress, type ProxyFacts } from './egress.js'
import { resolveEnvironment } from './environment.js'
import { mountsWithGit, type GitFolderFacts } from './git-folder.js'
import { listGrants, nestedWorkspaceGrant } from './grants.js'
import { resolveGit, type GitIdentity } from './git-identity.js'
import type { Host } from './host.js'
import { throwAll } from './mounts.js'
import { resolveNetworks } from './networks.js'
import { diagnosticAt } from './origins.js'
import { isBeneath } from './paths.js'
import { resolvePrepare } from './prepare.js'
import { writablePaths, type Neighbour } from './sources.js'
import { specOrigins } from './spec-origins.js'
import { sshProblems } from './ssh.js'
import { resolveWorkspace } from './workspace.js'

/** Processes and threads: far more than a build needs, far less than a fork bomb. */
const defaultPids = 4096

export type ResolveRequest = {
  readonly loaded: LoadedConfig
  readonly host: Host
  readonly identity: SandboxLabels
  readonly template: ResolvedTemplate
  /** Of the repository that a clone is made of; null where there is none. */
  readonly repository?: RepositoryFacts | null
  /** Of a workspace whose `.git` is a file. */
  readonly gitFolder?: GitFolderFacts
  /** Who the user is to git in the workspace; asked outside of any repository where it is absent. */
  readonly gitIdentity?: GitIdentity | null
  /** Of a network that is limited. */
  readonly proxy?: ProxyFacts
  /** Flags of `sbx run` that stay, by flag: of a sandbox that has no file. What `-e` sets is recorded by name alone. */
  readonly flags?: Readonly<Record<string, readonly string[]>>
  /** Values that an earlier call gave with `-e`, as its record has them; they stay unless this call says otherwise. */
  readonly keptEnv?: Readonly<Record<string, SessionValue>>
  /** The user's own; absent where there is none. */
  readonly policy?: Policy
}

/** Throws a DiagnosticError with all problems at once. What is only missing for a session is a warning of the result. */
export async function resolveSandbox(request: ResolveRequest): Promise<DesiredSandbox> {
  const { loaded, host, identity, template, flags = {}, keptEnv = {}, policy } = request
  const { config, origins } = loaded
  const [{ mounts, problems, unasked, inside }, prepared, laid, environment, git] = await Promise.all([
    mountsWithGit(loaded, identity.workspace, host, { policy, gitFolder: request.gitFolder }),
    resolvePrepare(config, origins, identity.workspace),
    resolveAgentFiles(config, origins, identity.workspace, host, { agent: template.agent, policy }),
    resolveEnvironment({ config, origins, env: host.env, sandboxId: identity.id, digestKey: host.digestKey }),
    resolveGit(config.git ?? 'host', host, request.gitIdentity),
  ])
  const credentials = resolveCredentials(loaded, template)
  const workspace = resolveWorkspace(loaded, identity, { mounts, scope: host.scope, repository: request.repository })
  const joined = resolveNetworks(config, origins, host.scope)
  throwAll([
    ...problems,
    ...workspace.problems,
    ...prepared.problems,
    ...laid.problems,
    ...joined.problems,
    ...sshProblems(config, origins, identity.workspace, host),
    ...missingLogin(loaded, template),
  ])

  const homeVolume = homeVolumeName(host.scope, identity.id)
  const loginVolume = credentials === 'sandbox' ? loginVolumeName(host.scope, identity.agent) : null
  const network = config.network ?? 'open'
  const ports = Object.keys(config.ports ?? {})
  const containerSpec: ContainerSpec = {
    template: template.spec,
    setup: config.setup ?? [],
    workspace: workspace.spec,
    volumes: {
      [agentHome]: homeVolume,
      ...(loginVolume === null ? {} : { [loginFolder]: loginVolume }),
      ...workspace.volumes,
    },
    mounts,
    socket: config.socket ?? 'none',
    credentials,
    network: typeof network === 'string' ? network : 'limited',
    // A profile without a network has the ports of the file below it, and nothing to publish them on.
    ports: network === 'open' ? (config.ports ?? {}) : {},
    ...(typeof config.isolation === 'object' ? { isolation: config.isolation.runtime } : {}),
    ...(config.sudo === false ? { sudo: false } : {}),
    ...workspace.beside,
    ...joined.spec,
    ...(config.ssh === 'agent' ? { ssh: config.ssh } : {}),
  }
  const { env, envFile, secrets, warnings } = environment
  const grants = listGrants({
    config,
    origins,
    home: host.home,
    containerSpec,
    environment,
    agent: identity.agent,
    foreignFiles: laid.foreign,
    unasked,
    isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === false,
  })
  const allEnv = { ...keptEnv, ...env }
  const recordSpec: RecordSpec = {
    agent: {
      name: identity.agent,
      args: config.agent?.args ?? [],
      autonomy: config.agent?.autonomy ?? 'full',
    },
    ...laid.record,
    env: allEnv,
    envFile,
    secrets,
    git,
    resources: limits(config.resources ?? {}),
    grants: Object.fromEntries(grants.map(({ key, value }) => [key, value])),
    flags: withoutValues(flags),
    digestKey: hasDigest({ env: allEnv, envFile, secrets }) ? (await host.digestKey()).id : '',
  }
  return {
    ...identity,
    containerSpec,
    recordSpec,
    image: template.image,
    homeVolume,
    loginVolume,
    ...workspace.desired,
    ...(prepared.steps.length === 0 ? {} : { prepare: prepared.steps }),
    ...rotatingLogin(loginVolume, template.agent, [
      ...Object.keys(allEnv),
      ...Object.keys(secrets),
      ...Object.values(envFile).flatMap(({ values }) => Object.keys(values ?? {})),
    ]),
    grants,
    ...resolveEgress(network, request.proxy),
    ...(network !== 'open' && ports.length > 0 ? { unpublished: ports } : {}),
    ...(policy === undefined ? {} : { policy }),
    ...inside,
    ...(config.sudo === false && isRoots(identity.workspace) ? { isRootInside: true } : {}),
    lifecycle: { ignoreDrift: [], onRecreate: 'ask', ...config.lifecycle },
    origins: specOrigins(config, origins),
    configFile: loaded.file,
    warnings,
  }
}

/**
 * The same sandbox among its neighbours, which only the engine knows. A workspace beneath a folder that another sandbox can
 * write needs a yes.
 */
export function withNeighbours(desired: DesiredSandbox, others: readonly Neighbour[], home: string): DesiredSandbox {
  // With hundreds of neighbours, and that for each of them, lists of all their paths would be most of the work.
  let outer: string | undefined
  // What nobody's mount leads to cannot be swapped.
  if (desired.containerSpec.workspace.mode === 'clone') return desired
  for (const { spec } of others) {
    for (const path of writablePaths(spec)) {
      if (isBeneath(desired.workspace, path) && (outer === undefined || path < outer)) outer = path
    }
  }
  if (outer === undefined) return desired
  const grant = nestedWorkspaceGrant(outer, home)
  const { recordSpec } = desired
  return {
    ...desired,
    grants: [...desired.grants, grant],
    recordSpec: { ...recordSpec, grants: { ...recordSpec.grants, [grant.key]: grant.value } },
  }
}

/**
 * An agent without a login has none to keep apart, so `sandbox` then means `none`, also when it is written out: a personal
 * file can say it for all projects.
 */
function resolveCredentials({ config }: LoadedConfig, { agent }: ResolvedTemplate): ContainerSpec['credentials'] {
  const wanted = config.credentials ?? 'sandbox'
  return wanted === 'sandbox' && agent.login === null ? 'none' : wanted
}

/** A sandbox that is given a key has no use for the login, so it neither renews it nor loses it. */
function rotatingLogin(
  loginVolume: string | null,
  { login, keys }: AgentDescriptor,
  given: readonly string[],
): Pick<DesiredSandbox, 'rotatingLogin'> {
  if (loginVolume === null || login?.rotates !== true || keys.some((key) => given.includes(key))) return {}
  return { rotatingLogin: { instead: login.instead } }
}

/** Asking for the host's login of an agent that has none is a mistake, and would otherwise silently do nothing. */
function missingLogin({ config, origins }: LoadedConfig, { agent }: ResolvedTemplate): readonly Diagnostic[] {
  if (config.credentials !== 'host') return []
  if (agent.login !== null && !('cannot' in agent.login.host)) return []
  const reason = agent.login?.host ?? { cannot: `${agent.title} has no login.` }
  return [
    diagnosticAt(origins, '/credentials', {
      severity: 'error',
      code: 'resolve/no-login',
      summary: 'This agent has no login that could be handed over',
      detail:
        `${'cannot' in reason ? reason.cannot : ''} Leave "credentials" out` +
        (agent.login === null ? '.' : ', and log in once for all sandboxes:'),
      ...(agent.login === null ? {} : { command: `sbx login ${agent.agent}` }),
    }),
  ]
}

function limits({ cpus, memory, pids }: NonNullable<LoadedConfig['config']['resources']>): LimitsSpec {
  return {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
    pids: pids ?? defaultPids,
  }
}

function isRoots(workspace: string): boolean {
  return statSync(workspace, { throwIfNoEntry: false })?.uid === 0
}

/** `-e NAME=value` as `NAME`. */
function withoutValues(flags: Readonly<Record<string, readonly string[]>>): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(flags).map(([flag, values]) => [
      flag,
      flag === '-e' || flag === '--env' ? values.map((value) => value.split('=', 1)[0] ?? '') : values,
    ]),
  )
}

function hasDigest({ env, envFile, secrets }: Pick<RecordSpec, 'env' | 'envFile' | 'secrets'>): boolean {
  return (
    Object.values(env).some((value) => value.from !== 'file' && value.digest !== null) ||
    Object.values(envFile).some(({ values }) => values !== null) ||
    Object.values(secrets).some(({ digest }) => digest !== null)
  )
}
