// The sandbox that the files and flags of this call declare: the first half of plan, apply and run.

import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { RunFlags } from '../../config/flags.js'
import { loadConfig } from '../../config/load.js'
import type { LoadedConfig } from '../../model/config.js'
import { fail } from '../../model/diagnostic.js'
import type { DesiredSandbox } from '../../model/desired.js'
import type { ResolvedTemplate } from '../../model/template.js'
import type { SessionValue } from '../../model/spec.js'
import { type Host, readHost } from '../../resolve/host.js'
import { sandboxIdentity } from '../../resolve/identity.js'
import { resolveSandbox, type ResolveRequest } from '../../resolve/resolve.js'
import { resolveAgent, resolveTemplate } from '../../template/resolve.js'
import type { Invocation } from '../call/invocation.js'
import { callPins, type CallPins, type PinOptions } from './pins.js'
import { userPolicy } from './policy.js'
import { sbxVersion } from '../call/version.js'

export type Declared = {
  readonly loaded: LoadedConfig
  readonly host: Host
  readonly pins: CallPins
  readonly template: ResolvedTemplate
  readonly desired: DesiredSandbox
}

export async function loadDeclared(
  invocation: Invocation,
  host: Host,
  pins: CallPins,
  over: {
    readonly flags?: RunFlags
    /** In place of the one that the call names; null for none. */
    readonly profile?: string | null
    /** In place of what the project's file says. */
    readonly draft?: { readonly file: string; readonly text: string }
  } = {},
): Promise<LoadedConfig> {
  const { config: explicitFile } = invocation.options
  const { flags, profile = invocation.options.profile ?? null, draft } = over
  return loadConfig({
    workingFolder: invocation.workingFolder,
    home: host.home,
    configFolder: host.configFolder,
    uid: host.uid,
    sbxVersion,
    readRemoteBase: pins.readRemoteBase,
    ...(explicitFile === undefined ? {} : { explicitFile }),
    ...(profile === null ? {} : { profile }),
    ...(flags === undefined ? {} : { flags }),
    ...(draft === undefined ? {} : { draft }),
  })
}

/**
 * Asks no engine; may have git fetch what is pinned. Throws everything that is wrong with the files and with what they
 * name on this machine.
 */
export async function declare(
  loaded: LoadedConfig,
  host: Host,
  /** Those that loaded it, so that nothing is asked twice. */
  pins: CallPins,
  kept: {
    readonly flags?: Readonly<Record<string, readonly string[]>>
    readonly keptEnv?: Readonly<Record<string, SessionValue>>
  } = {},
): Promise<Declared> {
  const { origins } = loaded
  await pins.open(loaded.file)
  const { template: templateText, agent: agentConfig, setup = [] } = loaded.config
  const descriptor = await resolveAgent({
    template: templateText,
    agent: agentConfig?.name,
    version: agentConfig?.version,
    origins,
    pins,
  })
  const named: LoadedConfig = {
    ...loaded,
    config: { ...loaded.config, agent: { ...agentConfig, name: descriptor.agent } },
  }
  const identity = await sandboxIdentity(named, host)
  const template = await resolveTemplate({
    template: templateText,
    agent: descriptor.agent,
    version: agentConfig?.version,
    origins,
    pins,
    setup,
    certificates: await host.certificates(),
    scope: host.scope,
    sandboxId: identity.id,
  })
  const policy = userPolicy(host)
  const ofUser = policy === null ? {} : { policy }
  const proxy = await proxyOf(loaded.config, descriptor.agent)
  const repository = await repositoryOf(loaded.config, identity.workspace, host)
  const gitFolder = await gitFolderOf(loaded.config, identity.workspace)
  const git = await gitIdentityOf(loaded.config, identity.workspace, host)
  const ofMachine = { ...repository, ...gitFolder, ...git, ...proxy, ...ofUser }
  const desired = await resolveSandbox({ loaded: named, host, identity, template, ...ofMachine, ...kept })
  return { loaded: named, host, pins, template, desired }
}

/** Only a clone pays for it. */
async function repositoryOf(
  { workspace = {} }: LoadedConfig['config'],
  path: string,
  host: Host,
): Promise<Pick<ResolveRequest, 'repository'>> {
  if (workspace.mode !== 'clone') return {}
  const { repositoryFacts } = await import('../host/repository-facts.js')
  return { repository: await repositoryFacts(path, Object.keys(workspace.hide ?? {}), host) }
}

/** Only a work tree and a submodule pay for more than a look. */
async function gitFolderOf(
  { workspace = {} }: LoadedConfig['config'],
  path: string,
): Promise<Pick<ResolveRequest, 'gitFolder'>> {
  if (workspace.mode === 'clone' || workspace.hide?.['.git'] === true) return {}
  if (lstatSync(join(path, '.git'), { throwIfNoEntry: false })?.isFile() !== true) return {}
  const { gitFolderFacts } = await import('../host/git-folder-facts.js')
  return { gitFolder: await gitFolderFacts(path) }
}

/** Only what has a repository pays for it. */
async function gitIdentityOf(
  { git = 'host' }: LoadedConfig['config'],
  path: string,
  host: Host,
): Promise<Pick<ResolveRequest, 'gitIdentity'>> {
  if (git !== 'host' || lstatSync(join(path, '.git'), { throwIfNoEntry: false }) === undefined) return {}
  const { repositoryIdentity } = await import('../host/repository-identity.js')
  const gitIdentity = await repositoryIdentity(path, host)
  return gitIdentity === undefined ? {} : { gitIdentity }
}

/** Only what limits its network pays for it. */
async function proxyOf({ network }: LoadedConfig['config'], agent: string): Promise<Pick<ResolveRequest, 'proxy'>> {
  if (typeof network !== 'object') return {}
  const { agentHosts, proxyImage } = await import('../../template/proxy-image.js')
  return { proxy: { agentHosts: agentHosts(agent), image: proxyImage() } }
}

/** What the file declares; without one there is nothing to plan. */
export async function readDeclared(invocation: Invocation, options: PinOptions = {}): Promise<Declared> {
  const host = await readHost(invocation.env)
  const pins = callPins(invocation, host, options)
  const loaded = await loadDeclared(invocation, host, pins)
  requireFile(loaded)
  return declare(loaded, host, pins)
}

export function requireFile({ file, directory }: LoadedConfig): void {
  if (file !== null) return
  fail('cli/no-file', 'There is no sandbox.yaml', {
    detail: `None was found in ${directory} or above it. To write one:`,
    command: 'sbx init',
  })
}
