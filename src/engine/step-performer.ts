// Doing the steps of a plan on Docker. What each call does is in the file of its subject.

import { fail } from '../model/diagnostic.js'
import type { OnProgress, StepResult } from '../model/engine.js'
import type { ImageHomes } from '../model/home.js'
import type { Scope } from '../model/names.js'
import type { ContainerTarget, Step } from '../model/plan.js'
import type { Builder } from './image/build.js'
import type { Client } from './connection/client.js'
import {
  type OfHost,
  createContainer,
  removeContainer,
  startContainer,
  stopContainer,
  unpauseContainer,
} from './container/containers.js'
import type { HomeReader } from './volume/image-home.js'
import { removeImage } from './image/images.js'
import { inspectOrNull } from './connection/inspect.js'
import { recordLabels, volumeLabels } from './labels/labels.js'
import { changeLimits, resetRestartPolicy } from './container/limits.js'
import { ensureOpenNetwork, removeNetwork } from './network/networks.js'
import { awaitReady } from './container/ready.js'
import { settle } from './observe/settle.js'
import { createVolume, removeVolume } from './volume/volumes.js'

/** Of one connection: knows what its steps so far have made. */
export class StepPerformer {
  private readonly client: Client
  private readonly scope: Scope
  private readonly ofHost: OfHost
  private readonly builder: Builder | null
  private readonly imageHomes: ImageHomes
  /** Full ids of the containers that steps so far have made or found, by name. */
  private readonly made = new Map<string, string>()
  /** Those that this connection has made from the beginning to the end. */
  private readonly whole = new Set<string>()

  constructor(
    client: Client,
    scope: Scope,
    {
      ofHost,
      builder,
      imageHomes,
    }: {
      readonly ofHost: OfHost
      readonly builder: Builder | null
      readonly imageHomes: ImageHomes
    },
  ) {
    this.client = client
    this.scope = scope
    this.ofHost = ofHost
    this.builder = builder
    this.imageHomes = imageHomes
  }

  async perform(step: Step, onProgress: OnProgress, signal: AbortSignal | undefined): Promise<StepResult> {
    const { client, scope } = this
    switch (step.do) {
      case 'pull-image': {
        const { pullImage } = await import('./image/pull.js')
        await pullImage(client, step.reference, onProgress)
        return {}
      }
      case 'build-image': {
        const { buildImage } = await import('./image/build.js')
        await buildImage(client, step, this.builder, onProgress)
        return {}
      }
      case 'create-volume':
        return createVolume(client, step.name, volumeLabels(scope, step))
      case 'create-record':
        return createVolume(client, step.name, recordLabels(scope, step.name, step.sandbox, step.spec))
      case 'create-network':
        if (step.access === 'open') await ensureOpenNetwork(client, scope)
        else await (await import('./network/limited-network.js')).ensureLimitedNetwork(client, scope, step.sandbox)
        return {}
      case 'create-proxy': {
        const { createProxy } = await import('./egress/proxy.js')
        const result = await createProxy(client, scope, step.request)
        if (result.containerId !== undefined) this.made.set(step.request.name, result.containerId)
        return result
      }
      case 'start-proxy':
        return (await import('./egress/proxy.js')).startProxy(client, await this.idOf(step.target))
      case 'stop-proxy':
        return (await import('./egress/proxy.js')).stopProxy(client, await this.idOf(step.target))
      case 'remove-proxy':
        return (await import('./egress/proxy.js')).removeProxy(client, await this.idOf(step.target))
      case 'verify-network': {
        const { verifyNetwork } = await import('./egress/verify-network.js')
        return verifyNetwork(client, scope, step, await this.idOf(step.target), signal)
      }
      case 'create-container': {
        const result = await createContainer(client, scope, step.request, this.ofHost)
        if (result.containerId !== undefined) this.made.set(step.request.name, result.containerId)
        if (result.containerId !== undefined && result.made === true) this.whole.add(result.containerId)
        return result
      }
      case 'settle':
        await settle(client, scope, step, await this.idOf(step.target), signal)
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
        const { snapshotContainer } = await import('./content/snapshot.js')
        return snapshotContainer(client, scope, step, await this.idOf(step.target), { onProgress, signal })
      }
      case 'copy-files': {
        const { copyFiles } = await import('./content/copy-files.js')
        await copyFiles(client, step, await this.idOf(step.target), { onProgress, signal })
        return {}
      }
      case 'compare-homes': {
        const { compareHomes } = await import('./volume/refresh-home.js')
        return compareHomes(this.homeReader(step.sandboxId, signal), step)
      }
      case 'refresh-home': {
        const { refreshHome } = await import('./volume/refresh-home.js')
        return refreshHome(this.homeReader(step.sandboxId, signal), step, await this.idOf(step.target), onProgress)
      }
      case 'seed-workspace':
      case 'prepare':
        throw new Error(`${step.do} is done by whoever does the plan`)
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
        return removeNetwork(client, scope, step.id)
      case 'remove-image':
        return removeImage(client, step.reference)
    }
  }

  private homeReader(sandboxId: string, signal: AbortSignal | undefined): HomeReader {
    return { client: this.client, scope: this.scope, sandboxId, known: this.imageHomes, signal }
  }

  private start(id: string): Promise<StepResult> {
    return startContainer(this.client, id, this.ofHost.certificates, this.whole.has(id))
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
