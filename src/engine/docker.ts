// Docker, and whatever answers as it does, behind the Engine interface. What each call does is in the file of its subject.

import type { ArchiveEntry } from '../model/archive.js'
import type { ResolvedSession } from '../model/desired.js'
import { fail } from '../model/diagnostic.js'
import type {
  Egress,
  Engine,
  NetworkOfEngine,
  OnProgress,
  Protection,
  Sink,
  StepResult,
  Terminal,
} from '../model/engine.js'
import type { Cleared, CloneVolume, Home, VolumeContent } from '../model/volumes.js'
import type { Command, CommandResult } from '../model/command.js'
import type { Leftovers } from '../model/leftovers.js'
import type { ImageHomes } from '../model/home.js'
import type { ListedContainer, LiveSandbox, Survey } from '../model/live.js'
import type { Scope } from '../model/names.js'
import type { Step } from '../model/plan.js'
import type { OpenSession, OwnChanges, OwnContent } from '../model/risks.js'
import type { PathKind, Process } from '../model/watching.js'
import { attachSession } from './session/attach.js'
import { namedBuilder } from './image/builder.js'
import { lateRegistryAuth } from './connection/late-registry-auth.js'
import { rememberedHomes } from './volume/remembered-homes.js'
import { openClient, type Client } from './connection/client.js'
import { describeEngine } from './connection/describe.js'
import { runCommand } from './session/run-command.js'
import type { Environment } from './connection/docker-config.js'
import type { Endpoint } from './connection/endpoint.js'
import { readFacts, readProtection } from './connection/facts.js'
import { imageDigests } from './image/images.js'
import { allNetworks } from './network/networks.js'
import { observeLeftovers } from './observe/leftovers.js'
import { listContainers, listWithRenamed, observeSandbox } from './observe/observe.js'
import { StepPerformer } from './step-performer.js'
import { listSessions } from './session/sessions.js'
import { clearVolume } from './volume/volumes.js'
import type { Patience } from './connection/watch.js'

/** Sends nothing yet. `certificates` are the host's own certificate authorities, PEM, for the containers made here. */
export function connectDocker(options: {
  readonly endpoint: Endpoint
  readonly scope: Scope
  readonly certificates?: string | null
  /** Real path of the socket of the user's ssh agent. */
  readonly sshSocket?: string | null
  /** What tells this machine from others. Without it what a call that was killed left is known only until the next boot. */
  readonly machine?: string
  /** Without it an engine that never answers is waited for. */
  readonly patience?: Patience
  /** The user's environment: where the docker command's config is, and the builder in SBX_BUILDER. Without it no login. */
  readonly env?: Environment
  /** Without it each connection finds out anew what images have in their homes. */
  readonly imageHomes?: ImageHomes
}): Engine {
  const { endpoint, scope, env = null, certificates = null, sshSocket = null } = options
  const auth = env === null ? async () => null : lateRegistryAuth(env)
  const client = openClient(endpoint, options.patience ?? null, auth, options.machine, env ?? undefined)
  const builder = namedBuilder(env?.['SBX_BUILDER'])
  const { imageHomes = rememberedHomes() } = options
  const performer = new StepPerformer(client, scope, { ofHost: { certificates, sshSocket }, builder, imageHomes })
  return new DockerEngine(client, scope, performer)
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
    const { ID } = await readFacts(this.client)
    if (typeof ID === 'string' && ID !== '') return ID
    return fail('engine/no-engine-id', 'The engine has no id', {
      detail: `What answers at ${this.endpoint} does not say which engine it is.`,
    })
  }

  list(): Promise<readonly ListedContainer[]> {
    return listContainers(this.client, this.scope)
  }

  listWithRenamed(): ReturnType<Engine['listWithRenamed']> {
    return listWithRenamed(this.client, this.scope)
  }

  observe(sandboxId: string, imageReferences: readonly string[]): Promise<LiveSandbox> {
    return observeSandbox(this.client, this.scope, sandboxId, imageReferences)
  }

  async survey(imageReferences: readonly string[]): Promise<Survey> {
    const { surveySandboxes } = await import('./observe/survey.js')
    return surveySandboxes(this.client, this.scope, imageReferences)
  }

  async homes(): Promise<readonly Home[]> {
    const { listHomes } = await import('./volume/homes.js')
    return listHomes(this.client, this.scope)
  }

  async clones(): Promise<readonly CloneVolume[]> {
    const { listClones } = await import('./volume/homes.js')
    return listClones(this.client, this.scope)
  }

  listLeftovers(): Promise<Leftovers> {
    return observeLeftovers(this.client, this.scope)
  }

  async checkNames(steps: readonly Step[]): Promise<void> {
    const { checkNames } = await import('./observe/check-names.js')
    return checkNames(this.client, this.scope, steps)
  }

  async checkUnused(volumes: readonly string[], except: readonly string[]): Promise<void> {
    const { checkUnused } = await import('./observe/check-unused.js')
    return checkUnused(this.client, this.scope, volumes, except)
  }

  async checkPullable(reference: string): Promise<void> {
    const { checkPullable } = await import('./image/pull.js')
    return checkPullable(this.client, reference)
  }

  async resolveDigest(reference: string): Promise<string | null> {
    const { resolveDigest } = await import('./image/pull.js')
    return resolveDigest(this.client, reference)
  }

  imageDigests(image: string): Promise<readonly string[]> {
    return imageDigests(this.client, image)
  }

  perform(step: Step, onProgress: OnProgress = () => undefined, signal?: AbortSignal): Promise<StepResult> {
    return this.performer.perform(step, onProgress, signal)
  }

  async madeBy(step: Step): Promise<StepResult> {
    const { madeBy } = await import('./labels/made.js')
    return madeBy(this.client, step)
  }

  async readVolumes(...call: Parameters<Engine['readVolumes']>): ReturnType<Engine['readVolumes']> {
    const { readVolumes } = await import('./volume/volume-files.js')
    return readVolumes(this.client, this.scope, ...call)
  }

  clearVolume(name: string, signal: AbortSignal): Promise<Cleared> {
    return clearVolume(this.client, this.scope, name, signal)
  }

  async copyVolume(source: string, target: string, signal: AbortSignal): Promise<VolumeContent> {
    const { copyVolume } = await import('./volume/copy-volume.js')
    return copyVolume(this.client, this.scope, source, target, signal)
  }

  async exportVolume(name: string, folder: string, sink: Sink, signal: AbortSignal): Promise<VolumeContent> {
    const { exportVolume } = await import('./volume/copy-volume.js')
    return exportVolume(this.client, this.scope, name, folder, sink, signal)
  }

  sessions(containerId: string): Promise<readonly OpenSession[]> {
    return listSessions(this.client, containerId)
  }

  async changes(containerId: string, since: Parameters<Engine['changes']>[1] = 'image'): Promise<OwnChanges> {
    const { ownChanges } = await import('./content/own-content.js')
    if (since === 'image') return ownChanges(this.client, containerId)
    const { changesSinceKept, changesSinceTemplate } = await import('./content/kept-changes.js')
    const list = since === 'kept' ? changesSinceKept : changesSinceTemplate
    return list(this.client, containerId)
  }

  async ownContent(containerId: string): Promise<OwnContent> {
    const { ownContent } = await import('./content/own-content.js')
    return ownContent(this.client, this.scope, containerId)
  }

  async fileSizes(...asked: Parameters<Engine['fileSizes']>): ReturnType<Engine['fileSizes']> {
    const { fileSizes } = await import('./archive/file-sizes.js')
    return fileSizes(this.client, ...asked)
  }

  async readFiles(...call: Parameters<Engine['readFiles']>): ReturnType<Engine['readFiles']> {
    const { readFiles } = await import('./content/own-content.js')
    return readFiles(this.client, ...call)
  }

  run(containerId: string, command: Command, signal?: AbortSignal): Promise<CommandResult> {
    return runCommand(this.client, containerId, command, signal)
  }

  async pipe(...call: Parameters<Engine['pipe']>): ReturnType<Engine['pipe']> {
    const { pipeCommand } = await import('./session/pipe-command.js')
    return pipeCommand(this.client, ...call)
  }

  async *readArchive(containerId: string, path: string): AsyncIterable<ArchiveEntry> {
    yield* (await import('./content/read-archive.js')).readArchive(this.client, containerId, path)
  }

  async *readVolumeArchive(name: string, path: string): AsyncIterable<ArchiveEntry> {
    yield* (await import('./content/read-archive.js')).readVolumeArchive(this.client, this.scope, name, path)
  }

  async writeArchive(...call: Parameters<Engine['writeArchive']>): Promise<void> {
    const { writeArchive } = await import('./archive/write-archive.js')
    return writeArchive(this.client, ...call)
  }

  networks(): Promise<readonly NetworkOfEngine[]> {
    return allNetworks(this.client)
  }

  attach(containerId: string, session: ResolvedSession, terminal: Terminal, signal: AbortSignal): Promise<number> {
    return attachSession(this.client, containerId, session, terminal, signal)
  }

  async *proxyLog(...call: Parameters<Engine['proxyLog']>): AsyncIterable<Egress> {
    yield* (await import('./egress/proxy-log.js')).proxyLog(this.client, this.scope, ...call)
  }

  async *usage(...call: Parameters<Engine['usage']>): ReturnType<Engine['usage']> {
    yield* (await import('./session/usage.js')).usage(this.client, ...call)
  }

  async processes(containerId: string): Promise<readonly Process[]> {
    return (await import('./session/processes.js')).listProcesses(this.client, containerId)
  }

  async lookAt(containerId: string, path: string): Promise<PathKind | null> {
    return (await import('./archive/look-at.js')).lookAt(this.client, containerId, path)
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
