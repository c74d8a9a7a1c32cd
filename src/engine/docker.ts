// Docker, and whatever answers as it does, behind the Engine interface. What each call does is in the file of its subject.

import type { ResolvedSession } from '../model/desired.js'
import { fail } from '../model/diagnostic.js'
import type {
  Cleared,
  Command,
  CommandResult,
  Egress,
  Engine,
  Home,
  Leftovers,
  OnProgress,
  Protection,
  Sink,
  StepResult,
  Terminal,
  VolumeContent,
  VolumeFiles,
} from '../model/engine.js'
import type { ImageHome, ImageHomes } from '../model/home.js'
import type { ListedContainer, LiveSandbox, Survey } from '../model/live.js'
import type { Scope } from '../model/names.js'
import type { Step } from '../model/plan.js'
import type { OpenSession, OwnChanges, OwnContent } from '../model/risks.js'
import { attachSession } from './attach.js'
import { namedBuilder } from './builder.js'
import { openClient, type Client } from './client.js'
import { describeEngine } from './describe.js'
import { runCommand } from './run-command.js'
import type { Environment } from './docker-config.js'
import type { Endpoint } from './endpoint.js'
import { readProtection } from './facts.js'
import { imageDigests } from './images.js'
import { listContainers, observeLeftovers, observeSandbox } from './observe.js'
import { StepPerformer } from './step-performer.js'
import type { RegistryAuth } from './registry-auth.js'
import { listSessions } from './sessions.js'
import { clearVolume } from './volumes.js'
import type { Patience } from './watch.js'

/** Sends nothing yet. `certificates` are the host's own certificate authorities, PEM, for the containers made here. */
export function connectDocker(options: {
  readonly endpoint: Endpoint
  readonly scope: Scope
  readonly certificates?: string | null
  /** What tells this machine from others. Without it what a call that was killed left is known only until the next boot. */
  readonly machine?: string
  /** Without it an engine that never answers is waited for. */
  readonly patience?: Patience
  /** The user's environment: where the docker command's config is, and the builder in SBX_BUILDER. Without it no login. */
  readonly env?: Environment
  /** Without it each connection finds out anew what images have in their homes. */
  readonly imageHomes?: ImageHomes
}): Engine {
  const { endpoint, scope, env = null } = options
  const auth = env === null ? async () => null : lateRegistryAuth(env)
  const client = openClient(endpoint, options.patience ?? null, auth, options.machine, env ?? undefined)
  const builder = namedBuilder(env?.['SBX_BUILDER'])
  const { certificates = null, imageHomes = rememberedHomes() } = options
  return new DockerEngine(client, scope, new StepPerformer(client, scope, { certificates, builder, imageHomes }))
}

function rememberedHomes(): ImageHomes {
  const known = new Map<string, ImageHome>()
  return {
    get: async (imageId) => known.get(imageId) ?? null,
    async put(imageId, home) {
      known.set(imageId, home)
    },
  }
}

/** Most calls ask no registry, and so need not know how logins are found. */
function lateRegistryAuth(env: Environment): RegistryAuth {
  let auth: Promise<RegistryAuth> | undefined
  return async (reference) => {
    auth ??= import('./registry-auth.js').then(({ registryAuth }) => registryAuth(env))
    return (await auth)(reference)
  }
}

class DockerEngine implements Engine {
  readonly endpoint: string
  private readonly client: Client
  private readonly scope: Scope
  private readonly performer: StepPerformer

  constructor(client: Client, scope: Scope, performer: StepPerformer) {
    this.endpoint = client.endpoint.url
    this.client = client
    this.scope = scope
    this.performer = performer
  }

  async describe(): Promise<string> {
    const { kind, version } = await describeEngine(this.client)
    return `${kind} ${version}`
  }

  protection(): Promise<Protection> {
    return readProtection(this.client)
  }

  async id(): Promise<string> {
    const { ID } = (await this.client.call('ask for its id', this.client.docker.info())) as { readonly ID?: unknown }
    if (typeof ID === 'string' && ID !== '') return ID
    return fail('engine/no-engine-id', 'The engine has no id', {
      detail: `What answers at ${this.endpoint} does not say which engine it is.`,
    })
  }

  list(): Promise<readonly ListedContainer[]> {
    return listContainers(this.client, this.scope)
  }

  observe(sandboxId: string, imageReferences: readonly string[]): Promise<LiveSandbox> {
    return observeSandbox(this.client, this.scope, sandboxId, imageReferences)
  }

  async survey(imageReferences: readonly string[]): Promise<Survey> {
    const { surveySandboxes } = await import('./survey.js')
    return surveySandboxes(this.client, this.scope, imageReferences)
  }

  async homes(): Promise<readonly Home[]> {
    const { listHomes } = await import('./homes.js')
    return listHomes(this.client, this.scope)
  }

  listLeftovers(): Promise<Leftovers> {
    return observeLeftovers(this.client, this.scope)
  }

  async checkNames(steps: readonly Step[]): Promise<void> {
    const { checkNames } = await import('./check-names.js')
    return checkNames(this.client, this.scope, steps)
  }

  async checkUnused(volumes: readonly string[], except: readonly string[]): Promise<void> {
    const { checkUnused } = await import('./check-unused.js')
    return checkUnused(this.client, this.scope, volumes, except)
  }

  async checkPullable(reference: string): Promise<void> {
    const { checkPullable } = await import('./pull.js')
    return checkPullable(this.client, reference)
  }

  async resolveDigest(reference: string): Promise<string | null> {
    const { resolveDigest } = await import('./pull.js')
    return resolveDigest(this.client, reference)
  }

  imageDigests(image: string): Promise<readonly string[]> {
    return imageDigests(this.client, image)
  }

  perform(step: Step, onProgress: OnProgress = () => undefined, signal?: AbortSignal): Promise<StepResult> {
    return this.performer.perform(step, onProgress, signal)
  }

  async madeBy(step: Step): Promise<StepResult> {
    const { madeBy } = await import('./made.js')
    return madeBy(this.client, step)
  }

  async readVolumes(
    wanted: Readonly<Record<string, readonly string[]>>,
  ): Promise<Readonly<Record<string, VolumeFiles | null>>> {
    const { readVolumes } = await import('./volume-files.js')
    return readVolumes(this.client, this.scope, wanted)
  }

  clearVolume(name: string, signal: AbortSignal): Promise<Cleared> {
    return clearVolume(this.client, this.scope, name, signal)
  }

  async copyVolume(source: string, target: string, signal: AbortSignal): Promise<VolumeContent> {
    const { copyVolume } = await import('./copy-volume.js')
    return copyVolume(this.client, this.scope, source, target, signal)
  }

  async exportVolume(name: string, folder: string, sink: Sink, signal: AbortSignal): Promise<VolumeContent> {
    const { exportVolume } = await import('./copy-volume.js')
    return exportVolume(this.client, this.scope, name, folder, sink, signal)
  }

  sessions(containerId: string): Promise<readonly OpenSession[]> {
    return listSessions(this.client, containerId)
  }

  async changes(containerId: string, since: Parameters<Engine['changes']>[1] = 'image'): Promise<OwnChanges> {
    const { ownChanges } = await import('./own-content.js')
    if (since === 'image') return ownChanges(this.client, containerId)
    const { changesSinceKept, changesSinceTemplate } = await import('./kept-changes.js')
    const list = since === 'kept' ? changesSinceKept : changesSinceTemplate
    return list(this.client, containerId)
  }

  async ownContent(containerId: string): Promise<OwnContent> {
    const { ownContent } = await import('./own-content.js')
    return ownContent(this.client, this.scope, containerId)
  }

  async fileSizes(...asked: Parameters<Engine['fileSizes']>): ReturnType<Engine['fileSizes']> {
    const { fileSizes } = await import('./file-sizes.js')
    return fileSizes(this.client, ...asked)
  }

  async readFiles(
    containerId: string,
    folder: string,
    names: readonly string[],
  ): Promise<Readonly<Record<string, string>>> {
    const { readFiles } = await import('./own-content.js')
    return readFiles(this.client, containerId, folder, names)
  }

  run(containerId: string, command: Command, signal?: AbortSignal): Promise<CommandResult> {
    return runCommand(this.client, containerId, command, signal)
  }

  attach(containerId: string, session: ResolvedSession, terminal: Terminal, signal: AbortSignal): Promise<number> {
    return attachSession(this.client, containerId, session, terminal, signal)
  }

  async *proxyLog(
    sandboxId: string,
    options: { readonly follow: boolean; readonly signal: AbortSignal },
  ): AsyncIterable<Egress> {
    const { proxyLog } = await import('./proxy-log.js')
    yield* proxyLog(this.client, this.scope, sandboxId, options)
  }

  async inspect(containerId: string): Promise<Readonly<Record<string, unknown>>> {
    return {
      ...(await this.client.call('look at the sandbox', this.client.docker.getContainer(containerId).inspect())),
    }
  }

  close(): void {
    this.client.close()
  }
}
