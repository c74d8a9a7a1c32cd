// Docker, and whatever answers as it does, behind the Engine interface. What each call does is in the file of its subject.

import type { ResolvedSession } from '../model/desired.js'
import { fail } from '../model/diagnostic.js'
import type {
  Cleared,
  Command,
  CommandResult,
  Engine,
  Home,
  Leftovers,
  OnProgress,
  Sink,
  StepResult,
  Terminal,
  VolumeContent,
  VolumeFiles,
} from '../model/engine.js'
import type { ListedContainer, LiveSandbox, Survey } from '../model/live.js'
import type { Scope } from '../model/names.js'
import type { ContainerTarget, Step } from '../model/plan.js'
import type { OpenSession, OwnContent, PathChange } from '../model/risks.js'
import { attachSession } from './attach.js'
import type { Builder } from './build.js'
import { namedBuilder } from './builder.js'
import { openClient, type Client } from './client.js'
import { runCommand } from './run-command.js'
import {
  createContainer,
  inspectOrNull,
  removeContainer,
  settle,
  startContainer,
  stopContainer,
  unpauseContainer,
} from './containers.js'
import type { Environment } from './docker-config.js'
import type { Endpoint } from './endpoint.js'
import { imageDigests, removeImage } from './images.js'
import { recordLabels, volumeLabels } from './labels.js'
import { changeLimits, resetRestartPolicy } from './limits.js'
import { ensureOpenNetwork, removeNetwork } from './networks.js'
import { listContainers, observeLeftovers, observeSandbox } from './observe.js'
import { awaitReady } from './ready.js'
import type { RegistryAuth } from './registry-auth.js'
import { listSessions } from './sessions.js'
import { clearVolume, createVolume, removeVolume } from './volumes.js'
import type { Patience } from './watch.js'

/** Sends nothing yet. `certificates` are the host's own certificate authorities, PEM, for the containers made here. */
export function connectDocker(options: {
  readonly endpoint: Endpoint
  readonly scope: Scope
  readonly certificates?: string | null
  /** Without it an engine that never answers is waited for. */
  readonly patience?: Patience
  /** The user's environment: where the docker command's config is, and the builder in SBX_BUILDER. Without it no login. */
  readonly env?: Environment
}): Engine {
  const { endpoint, scope, env = null } = options
  const client = openClient(endpoint, options.patience ?? null, env === null ? async () => null : lateRegistryAuth(env))
  return new DockerEngine(client, scope, options.certificates ?? null, namedBuilder(env?.['SBX_BUILDER']))
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
  private readonly certificates: string | null
  private readonly builder: Builder | null
  /** Full ids of the containers that steps so far have made or found, by name. */
  private readonly made = new Map<string, string>()
  /** Those that this connection has made from the beginning to the end. */
  private readonly whole = new Set<string>()

  constructor(client: Client, scope: Scope, certificates: string | null, builder: Builder | null) {
    this.endpoint = client.endpoint.url
    this.client = client
    this.scope = scope
    this.certificates = certificates
    this.builder = builder
  }

  async describe(): Promise<string> {
    const version = await this.client.call('ask for its version', this.client.docker.version())
    const parts = 'Components' in version ? (version.Components as readonly { Name: string }[]) : []
    const isPodman = parts.some(({ Name }) => Name === 'Podman Engine')
    return `${isPodman ? 'podman' : 'docker'} ${version.Version}`
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

  async perform(step: Step, onProgress: OnProgress = () => undefined, signal?: AbortSignal): Promise<StepResult> {
    const { client, scope } = this
    switch (step.do) {
      case 'pull-image': {
        const { pullImage } = await import('./pull.js')
        await pullImage(client, step.reference, onProgress)
        return {}
      }
      case 'build-image': {
        const { buildImage } = await import('./build.js')
        await buildImage(client, step, this.builder, onProgress)
        return {}
      }
      case 'create-volume':
        return createVolume(client, step.name, volumeLabels(scope, step.name, step.holds, step.sandbox))
      case 'create-record':
        return createVolume(client, step.name, recordLabels(scope, step.name, step.sandbox, step.spec))
      case 'create-network':
        await ensureOpenNetwork(client, scope)
        return {}
      case 'create-container': {
        const result = await createContainer(client, scope, step.request, this.certificates)
        if (result.containerId !== undefined) this.made.set(step.request.name, result.containerId)
        if (result.containerId !== undefined && result.made === true) this.whole.add(result.containerId)
        return result
      }
      case 'settle':
        await settle(client, scope, step, await this.idOf(step.target))
        return {}
      case 'start':
        return this.start(await this.idOf(step.target))
      case 'unpause':
        return unpauseContainer(client, await this.idOf(step.target))
      case 'stop':
        return stopContainer(client, await this.idOf(step.target))
      case 'await-ready':
        await awaitReady(client, await this.idOf(step.target), signal)
        return {}
      case 'snapshot-container': {
        const { snapshotContainer } = await import('./snapshot.js')
        return snapshotContainer(client, scope, step, await this.idOf(step.target), onProgress)
      }
      case 'copy-files': {
        const { copyFiles } = await import('./copy-files.js')
        await copyFiles(client, step, await this.idOf(step.target), onProgress)
        return {}
      }
      case 'update-limits':
        return changeLimits(client, await this.idOf(step.target), step.limits)
      case 'reset-restart-policy':
        return resetRestartPolicy(client, await this.idOf(step.target))
      case 'remove-container':
        return removeContainer(client, await this.idOf(step.target))
      case 'remove-record':
      case 'remove-volume':
        return removeVolume(client, step.name)
      case 'remove-network':
        return removeNetwork(client, step.id)
      case 'remove-image':
        return removeImage(client, step.reference)
    }
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

  async changes(containerId: string, since: 'image' | 'template' = 'image'): Promise<readonly PathChange[]> {
    const { listChanges } = await import('./own-content.js')
    if (since === 'image') return listChanges(this.client, containerId)
    const { changesSinceTemplate } = await import('./kept-changes.js')
    return changesSinceTemplate(this.client, containerId)
  }

  async ownContent(containerId: string): Promise<OwnContent> {
    const { ownContent } = await import('./own-content.js')
    return ownContent(this.client, this.scope, containerId)
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

  async inspect(containerId: string): Promise<Readonly<Record<string, unknown>>> {
    return {
      ...(await this.client.call('look at the sandbox', this.client.docker.getContainer(containerId).inspect())),
    }
  }

  close(): void {
    this.client.close()
  }

  private start(id: string): Promise<StepResult> {
    return startContainer(this.client, id, this.certificates, this.whole.has(id))
  }

  /** A name alone could also be the beginning of another container's id, so the answer has to bear it. */
  private async idOf(target: ContainerTarget): Promise<string> {
    if ('id' in target) return target.id
    const made = this.made.get(target.made)
    if (made !== undefined) return made
    const found = await inspectOrNull(this.client, target.made)
    if (found?.Name !== `/${target.made}`) {
      fail('engine/no-container', 'The container is gone', {
        detail: `There is no container ${target.made}.`,
      })
    }
    return found.Id
  }
}
