// A container engine in memory that refuses what Docker refuses. What people and power cuts do to a real one can be done
// to it through its `world`.

import { Readable } from 'node:stream'
import { chooseEntries } from '../../src/engine/volume/home-choice.js'
import { failOvertaken, standing } from '../../src/engine/container/standing.js'
import type { ArchiveEntry } from '../../src/model/archive.js'
import type { ResolvedSession } from '../../src/model/desired.js'
import { fail } from '../../src/model/diagnostic.js'
import type {
  Egress,
  Engine,
  NetworkOfEngine,
  OnProgress,
  Protection,
  Sink,
  StepResult,
  Terminal,
} from '../../src/model/engine.js'
import type { Cleared, CloneVolume, Home, VolumeContent, VolumeFiles } from '../../src/model/volumes.js'
import type { Command, CommandResult } from '../../src/model/command.js'
import type { Leftovers } from '../../src/model/leftovers.js'
import { hiddenEntries, hiddenFiles, type HomeEntry } from '../../src/model/home.js'
import { canonicalJson, pointer } from '../../src/model/json.js'
import type { OpenSession, OwnChanges, OwnContent } from '../../src/model/risks.js'
import type { ListedContainer, LiveContainer, LiveRecord, LiveSandbox, Survey } from '../../src/model/live.js'
import { adoptionName, adoptionPhases, agentHome, asideVolumeName, snapshotReference } from '../../src/model/names.js'
import type { ContainerTarget, Step } from '../../src/model/plan.js'
import type { PathKind, Process, Usage } from '../../src/model/watching.js'
import { archiveOf, bytesOf, listedVolumes } from './fake-archive.js'
import { isUp, listedProxies, performOnProxy } from './fake-proxies.js'
import { mayHaveIdleSnapshots } from '../../src/model/snapshots.js'
import { decoded, FakeWorld, fixedAtFirst, idOf, type FakeContainer } from './fake-world.js'

export type FakeEngineOptions = {
  readonly world?: FakeWorld
  /** Called before each step; what it throws, the step throws. */
  readonly beforeStep?: (step: Step) => void | Promise<void>
  /** Called after each step took effect: what it throws is an answer that got lost. */
  readonly afterStep?: (step: Step) => void | Promise<void>
  /** Called where it waits for other applies: gives whether to look again. */
  readonly onWait?: () => Promise<boolean>
}

type Settle = Extract<Step, { do: 'settle' }>

export class FakeEngine implements Engine {
  readonly endpoint = 'fake://'
  readonly world: FakeWorld
  /** Every step that was asked for, in order. */
  readonly performed: Step[] = []
  readonly #options: FakeEngineOptions
  /** What this engine's own calls have made, by name. */
  readonly #made = new Map<string, StepResult>()

  constructor(options: FakeEngineOptions = {}) {
    this.world = options.world ?? new FakeWorld()
    this.#options = options
  }

  async describe(): Promise<string> {
    return 'fake 1.0'
  }

  async protection(): Promise<Protection> {
    return { runtimes: ['runc', 'runsc'], hasSyscallFilter: true, isRootless: false }
  }

  async id(): Promise<string> {
    return this.world.engineId
  }

  async list(): Promise<readonly ListedContainer[]> {
    return this.#decoded().map((container) => listed(container))
  }

  async listWithRenamed(): ReturnType<Engine['listWithRenamed']> {
    const renamed = [...this.world.containers.values()].flatMap((container) => {
      const was = container.request === null ? container.name : decoded(container.request).name
      if (was === container.name) return []
      return this.#decode({ ...container, name: was }).map((each) => ({ ...listed(each), name: container.name, was }))
    })
    return { containers: await this.list(), renamed }
  }

  async observe(sandboxId: string, imageReferences: readonly string[]): Promise<LiveSandbox> {
    const { world } = this
    const all = this.#decoded()
    const records = [...world.volumes.values()].flatMap((volume) =>
      volume.record !== null && volume.sandboxId === sandboxId
        ? [{ name: volume.name, spec: decoded(volume.record), createdAt: volume.createdAt }]
        : [],
    )
    return {
      id: sandboxId,
      containers: all.filter(({ sandbox }) => sandbox.id === sandboxId),
      records,
      hasHome: [...world.volumes.values()].some((volume) => volume.holds === 'home' && volume.sandboxId === sandboxId),
      ...this.#volumesOf(sandboxId),
      ...this.#adoptionOf(sandboxId),
      images: Object.fromEntries(imageReferences.map((reference) => [reference, world.images.get(reference) ?? null])),
      ...this.#snapshotsOf(
        sandboxId,
        all.filter(({ sandbox }) => sandbox.id === sandboxId),
        records,
      ),
      ...this.#proxiesOf(sandboxId),
      others: all.filter(({ sandbox }) => sandbox.id !== sandboxId).map((container) => listed(container)),
    }
  }

  async survey(imageReferences: readonly string[]): Promise<Survey> {
    const volumes = [...this.world.volumes.values()]
    const proxies = listedProxies(this.world)
    return {
      ...(proxies.length === 0 ? {} : { proxies }),
      containers: this.#decoded().map((container) => ({
        ...listed(container),
        isAsLabelled:
          container.observed.network === container.spec.network &&
          canonicalJson(container.observed.networks ?? {}) === canonicalJson(container.spec.networks ?? {}),
      })),
      records: volumes.flatMap(({ name, record, sandboxId, createdAt }) =>
        record === null || sandboxId === null ? [] : [{ name, spec: decoded(record), createdAt, sandboxId }],
      ),
      ...listedVolumes(volumes),
      homes: new Set(volumes.flatMap(({ holds, sandboxId }) => (holds === 'home' && sandboxId ? [sandboxId] : []))),
      adopting: new Set(
        volumes.flatMap(({ holds, sandboxId }) => (holds === 'adoption' && sandboxId ? [sandboxId] : [])),
      ),
      images: Object.fromEntries(imageReferences.map((each) => [each, this.world.images.get(each) ?? null])),
    }
  }

  async homes(): Promise<readonly Home[]> {
    return [...this.world.volumes.values()].flatMap(({ name, holds, sandboxId, createdAt }) => {
      if (holds !== 'home' || sandboxId === null) return []
      const sandbox = { id: sandboxId, displayName: sandboxId, workspace: '', inode: '', agent: '', profile: null }
      const clone = [...this.world.volumes.values()].find((each) => {
        return each.holds === 'workspace' && each.sandboxId === sandboxId
      })
      return [{ name, sandbox, createdAt, ...(clone === undefined ? {} : { clone: clone.name }) }]
    })
  }

  async clones(): Promise<readonly CloneVolume[]> {
    return [...this.world.volumes.values()].flatMap(({ name, holds, sandboxId, createdAt }) => {
      if (holds !== 'workspace' || sandboxId === null) return []
      const sandbox = { id: sandboxId, displayName: sandboxId, workspace: '', inode: '', agent: '', profile: null }
      return [{ name, sandbox, createdAt }]
    })
  }

  async listLeftovers(): Promise<Leftovers> {
    const volumes = [...this.world.volumes.values()]
    const ofSandbox = (volume: (typeof volumes)[number]): { readonly name: string; readonly sandboxId: string } => ({
      name: volume.name,
      sandboxId: volume.sandboxId ?? '',
    })
    return {
      records: volumes
        .filter((volume) => volume.record !== null)
        .map((volume) => ({ ...ofSandbox(volume), createdAt: volume.createdAt })),
      workspaces: volumes.filter((volume) => volume.holds === 'workspace').map(ofSandbox),
      owns: volumes.filter((volume) => volume.holds === 'own').map(ofSandbox),
      homes: volumes.filter((volume) => volume.holds === 'home').map(ofSandbox),
      adoptions: volumes
        .filter(({ holds }) => holds === 'aside' || holds === 'adoption')
        .sort((one, other) => adoptionOrder(one.name) - adoptionOrder(other.name))
        .map(ofSandbox),
      abandoned: [],
      images: [...this.world.setupImages].map(([reference, sandboxId]) => ({ reference, sandboxId })),
      snapshots: [...this.world.images].flatMap(([reference, id]) => {
        const snapshot = this.world.snapshots.get(id)
        return snapshot === undefined ? [] : [{ reference, sandboxId: snapshot.sandboxId }]
      }),
      networks: [...this.world.networks.values()]
        .filter((network) => network.isOurs || network.sandboxId !== undefined)
        .map(({ id, name, sandboxId }) => ({
          ...{ id, name, inUse: this.#hasRunning(id) },
          ...(sandboxId === undefined ? {} : { sandboxId }),
        })),
      proxies: listedProxies(this.world).map(({ id, name, sandboxId, state }) => ({ id, name, sandboxId, state })),
    }
  }

  async checkNames(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      const kept = step.do === 'create-volume' && ['home', 'workspace', 'own'].includes(step.holds) ? step : null
      if (kept !== null && (this.world.volumes.get(kept.name)?.holds ?? kept.holds) !== kept.holds) {
        fail('engine/volume-taken', 'A volume that is not ours has the name of one', { detail: kept.name })
      }
      if (step.do !== 'create-container' && step.do !== 'create-proxy') continue
      const namesake = [...this.world.containers.values()].find(({ name }) => name === step.request.name)
      const isOwn = step.do === 'create-container' && namesake !== undefined && this.#decode(namesake).length > 0
      if (namesake !== undefined && !isOwn) nameTaken(step.request.name)
    }
  }

  async checkUnused(volumes: readonly string[], except: readonly string[]): Promise<void> {
    for (const { id, name, volumeNames } of this.world.containers.values()) {
      if (except.includes(id) || !volumeNames.some((volume) => volumes.includes(volume))) continue
      fail('engine/volume-held', 'Another container has a volume that is to go', { detail: name })
    }
  }

  async checkPullable(reference: string): Promise<void> {
    if (!this.world.registry.has(reference)) imageMissing(reference)
  }

  async resolveDigest(reference: string): Promise<string | null> {
    return this.world.registry.get(reference) ?? null
  }

  async imageDigests(image: string): Promise<readonly string[]> {
    const { images } = this.world
    const id = images.get(image)
    return id !== undefined ? [id] : [...images.values()].includes(image) ? [image] : []
  }

  async perform(step: Step, _onProgress?: OnProgress, signal?: AbortSignal): Promise<StepResult> {
    await this.#options.beforeStep?.(step)
    this.performed.push(step)
    const isBrokenOff = [
      'snapshot-container',
      'copy-files',
      'compare-homes',
      'refresh-home',
      'verify-network',
    ].includes(step.do)
    if (isBrokenOff && signal?.aborted === true) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
    if (step.do === 'verify-network') await this.#awaitAlone(step)
    const result = step.do === 'settle' ? await this.#settle(step, signal) : this.#perform(step)
    if (result.made !== false) this.#made.set(nameOf(step), result)
    await this.#options.afterStep?.(step)
    return result
  }

  async madeBy(step: Step): Promise<StepResult> {
    const made = this.#made.get(nameOf(step))
    if (made === undefined) return { made: false }
    const { containerId, imageId } = made
    const { volumes, containers, images } = this.world
    const isThere =
      imageId !== undefined
        ? [...images.values()].includes(imageId)
        : containerId === undefined
          ? volumes.has(nameOf(step))
          : containers.has(containerId) || this.world.proxies.has(containerId)
    return isThere ? { ...made, made: true } : { made: false }
  }

  async readVolumes(
    wanted: Readonly<Record<string, readonly string[]>>,
  ): Promise<Readonly<Record<string, VolumeFiles | null>>> {
    const { volumes, volumeFiles } = this.world
    return Object.fromEntries(
      Object.entries(wanted).map(([name, paths]) => {
        const files = paths.map((path) => [path, volumeFiles.get(`${name}/${path}`) ?? null] as const)
        return [name, volumes.has(name) ? Object.fromEntries(files) : null]
      }),
    )
  }

  async clearVolume(name: string): Promise<Cleared> {
    const { containers, volumes, volumeFiles } = this.world
    const users = [...containers.values()].filter(({ volumeNames }) => volumeNames.includes(name))
    if (users.some(({ state }) => state === 'running' || state === 'paused')) {
      fail('engine/volume-in-use', 'A volume is in use', { detail: name })
    }
    for (const path of volumeFiles.keys()) if (path.startsWith(`${name}/`)) volumeFiles.delete(path)
    if (users.length > 0) return 'emptied'
    return volumes.delete(name) ? 'removed' : 'absent'
  }

  async copyVolume(source: string, target: string): Promise<VolumeContent> {
    const { volumes, volumeFiles } = this.world
    if (!volumes.has(source) || !volumes.has(target)) fail('engine/no-volume', 'A volume is gone', { detail: source })
    const files = [...volumeFiles].filter(([path]) => path.startsWith(`${source}/`))
    for (const [path, file] of files) volumeFiles.set(target + path.slice(source.length), file)
    return { files: files.length, bytes: files.reduce((sum, [, { text }]) => sum + text.length, 0) }
  }

  async exportVolume(name: string, folder: string, sink: Sink): Promise<VolumeContent> {
    const files = [...this.world.volumeFiles].filter(([path]) => path.startsWith(`${name}/`))
    for (const [path, { text }] of files) sink.write(`${folder}${path.slice(name.length)}\0${text}\0`)
    await new Promise<void>((resolve) => sink.end(resolve))
    return { files: files.length, bytes: files.reduce((sum, [, { text }]) => sum + text.length, 0) }
  }

  async sessions(containerId: string): Promise<readonly OpenSession[]> {
    const { sessions } = this.#container({ id: containerId })
    return Array.from({ length: sessions }, () => ({ command: 'sh', terminal: null, seconds: 1 }))
  }

  async changes(containerId: string, since: Parameters<Engine['changes']>[1] = 'image'): Promise<OwnChanges> {
    const container = this.#container({ id: containerId })
    const paths = since === 'template' ? this.world.filesOf(container) : container.changedPaths
    return { paths: paths.map((path) => ({ path, kind: 'added' })), uncounted: container.uncounted ?? null }
  }

  async ownContent(containerId: string): Promise<OwnContent> {
    const { ownBytes, changedPaths } = this.#container({ id: containerId })
    return { bytes: ownBytes ?? changedPaths.length, volumes: [] }
  }

  async fileSizes(...[containerId, folders]: Parameters<Engine['fileSizes']>): ReturnType<Engine['fileSizes']> {
    const { sizes } = this.#container({ id: containerId })
    return folders.map(({ files }) =>
      sizes === undefined ? null : { bytes: files.reduce((sum, file) => sum + (sizes[file] ?? 0), 0) },
    )
  }

  async readFiles(): Promise<Readonly<Record<string, string>>> {
    return {}
  }

  async run(containerId: string, _command: Command, signal?: AbortSignal): Promise<CommandResult> {
    this.#running(containerId)
    if (signal?.aborted === true) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
    return { exitCode: 0, stdout: '', stderr: '' }
  }

  async pipe(...[containerId, { argv }, streams, signal]: Parameters<Engine['pipe']>): ReturnType<Engine['pipe']> {
    this.#running(containerId)
    if (signal?.aborted === true) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
    const answer = this.world.piped.get(argv[0] ?? '') ?? (() => ({ output: '', exitCode: 127 }))
    const { output, exitCode } = answer(await bytesOf(streams.input), argv)
    if (signal?.aborted) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
    await new Promise<void>((resolve) => streams.output.end(output, resolve))
    return { exitCode, stderr: exitCode === 0 ? '' : `${argv[0] ?? ''}: failed` }
  }

  async *readArchive(containerId: string, path: string): AsyncIterable<ArchiveEntry> {
    const { request } = this.#container({ id: containerId })
    const volumes = Object.entries(request === null ? {} : decoded(request).spec.volumes)
    const volume = volumes.find(([target]) => path === target || path.startsWith(`${target}/`))
    if (volume !== undefined) yield* this.readVolumeArchive(volume[1], path.slice(volume[0].length + 1))
    else yield* archiveOf(this.world.containerFiles, containerId + path)
  }

  async *readVolumeArchive(name: string, path: string): AsyncIterable<ArchiveEntry> {
    if (!this.world.volumes.has(name)) return
    const files = [...this.world.volumeFiles].map(([at, { text }]) => [at, text] as const)
    yield* archiveOf(new Map(files), path === '' ? name : `${name}/${path}`)
  }

  async writeArchive(containerId: string, folder: string, archive: AsyncIterable<unknown>): Promise<void> {
    const { request } = this.#container({ id: containerId })
    const { workspace, mounts } = decoded(request ?? '').spec
    const closed = [
      ...(workspace.readonly && workspace.mode !== 'clone' ? [workspace.path] : []),
      ...Object.entries(mounts).flatMap(([target, { readonly }]) => (readonly === true ? [target] : [])),
    ]
    if (closed.some((path) => folder === path || folder.startsWith(`${path}/`))) {
      fail('engine/read-only-inside', 'The sandbox may not write there, and neither does a copy', { detail: folder })
    }
    const { extract } = await import('tar-stream')
    const entries = extract()
    Readable.from(archive).pipe(entries)
    for await (const entry of entries) {
      const text = (await bytesOf(entry)).toString()
      if (entry.header.type === 'file') {
        this.world.containerFiles.set(`${containerId}${folder}/${entry.header.name}`, text)
      }
    }
  }

  async networks(): Promise<readonly NetworkOfEngine[]> {
    return [...this.world.networks.values()].map(({ id, name }) => ({ id, name, driver: 'bridge', isInternal: false }))
  }

  async attach(
    containerId: string,
    session: ResolvedSession,
    _terminal: Terminal,
    _signal: AbortSignal,
  ): Promise<number> {
    this.#running(containerId)
    this.world.attached.push(session)
    return 0
  }

  async *proxyLog(sandboxId: string): AsyncIterable<Egress> {
    yield* this.world.egress.get(sandboxId) ?? []
  }

  async *usage(...[containerId, { follow, signal }]: Parameters<Engine['usage']>): AsyncIterable<Usage | null> {
    const container = this.world.containers.get(containerId)
    if (container === undefined) return
    const pidsLimit = container.limits.pids
    const idle = { cpu: 0, memory: 1024, memoryLimit: container.limits.memory ?? null, pids: 3, received: 0, sent: 0 }
    const looks = this.world.usages.get(containerId) ?? [{ at: this.world.secondsNow(), ...idle, pidsLimit }]
    for (const look of follow ? looks : looks.slice(-1)) yield isUp(container) ? look : null
    if (follow && !signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  }

  async processes(containerId: string): Promise<readonly Process[]> {
    this.#running(containerId)
    return this.world.processes.get(containerId) ?? []
  }

  async lookAt(containerId: string, path: string): Promise<PathKind | null> {
    for await (const { kind, target } of this.readArchive(containerId, path)) {
      return { kind: kind === 'hard-link' ? 'file' : kind, target }
    }
    return null
  }

  async inspect(containerId: string): Promise<Readonly<Record<string, unknown>>> {
    return { ...this.#container({ id: containerId }) }
  }

  close(): void {}

  #perform(step: Step): StepResult {
    const { world } = this
    world.tick()
    switch (step.do) {
      case 'pull-image': {
        const id = world.registry.get(step.reference) ?? imageMissing(step.reference)
        world.images.set(step.reference, id)
        return {}
      }
      case 'build-image': {
        const from = /^FROM (\S+)/m.exec(step.context.dockerfile)?.[1]
        if (from !== undefined && from !== 'scratch' && !world.images.has(from)) imageMissing(from)
        for (const tag of [step.tag, ...step.aliases])
          world.images.set(tag, idOf(['image', canonicalJson(step.context.buildArgs), step.tag]))
        return {}
      }
      case 'create-volume': {
        const { name, holds, sandbox, adopts } = step
        const sandboxId = holds === 'login' ? null : sandbox.id
        return world.createVolume({ name, holds, sandboxId, record: null, ...(adopts === undefined ? {} : { adopts }) })
      }
      case 'create-record': {
        const { name, sandbox, spec } = step
        return world.createVolume({ name, holds: 'record', sandboxId: sandbox.id, record: canonicalJson(spec) })
      }
      case 'create-network': {
        if (step.access === 'limited') return world.createLimitedNetwork(step.sandbox.id)
        const there = world.openNetwork() !== undefined
        if (!there) world.createNetwork('sbx-open', true)
        return { made: !there }
      }
      case 'create-container':
        return this.#create(step)
      case 'create-proxy':
      case 'start-proxy':
      case 'stop-proxy':
      case 'remove-proxy':
      case 'verify-network':
        return performOnProxy(world, step)
      case 'seed-workspace':
      case 'prepare':
        throw new Error(`${step.do} is done by whoever does the plan`)
      case 'settle':
        return {}
      case 'start':
        return this.#start(step.target)
      case 'unpause': {
        const container = this.#container(step.target)
        if (container.state !== 'paused') return { made: false }
        container.state = 'running'
        return {}
      }
      case 'stop': {
        const container = this.#find(step.target)
        if (container?.state !== 'running' && container?.state !== 'paused') return { made: false }
        container.state = 'exited'
        container.sessions = 0
        return {}
      }
      case 'await-ready': {
        const container = this.#container(step.target)
        if (container.state !== 'running') {
          fail('engine/start-failed', 'The sandbox ended while it started', { detail: container.name })
        }
        if (world.neverReady.has(container.name)) {
          fail('engine/not-ready', 'The sandbox did not become ready', { detail: container.name })
        }
        container.readiness = 'ready'
        return {}
      }
      case 'snapshot-container':
        return this.#snapshot(step)
      case 'copy-files': {
        const from = this.#container(step.from)
        const to = this.#container(step.target)
        const isLeft = (path: string) => step.except.some((each) => path === each || path.startsWith(`${each}/`))
        const files = world.filesOf(from).filter((path) => !isLeft(path))
        to.changedPaths = [...new Set([...to.changedPaths, ...files])]
        return {}
      }
      case 'compare-homes': {
        const [from, to] = [this.#imageHome(step.from), this.#imageHome(step.to)]
        const hidden = hiddenFiles(from, to)
        return hidden === null || hidden.count === 0 ? {} : { home: { hidden } }
      }
      case 'refresh-home':
        return this.#refresh(step)
      case 'update-limits': {
        const container = this.#container(step.target)
        const { memory } = step.limits
        if (memory !== undefined && memory < container.memoryInUse) {
          fail('engine/limit-refused', 'The engine refused a limit', { detail: `${memory} bytes are in use already.` })
        }
        // There is no way to lift a memory limit of a container that has one.
        const kept =
          memory === undefined && container.limits.memory !== undefined ? { memory: container.limits.memory } : {}
        container.limits = { ...step.limits, ...kept }
        return {}
      }
      case 'reset-restart-policy': {
        const container = this.#container(step.target)
        container.fixed = { ...container.fixed, restartPolicy: 'no' }
        return {}
      }
      case 'remove-container': {
        const container = this.#find(step.target)
        if (container === undefined) return { made: false }
        if (container.state === 'running' || container.state === 'paused') conflict(`${container.name} is running.`)
        world.containers.delete(container.id)
        return {}
      }
      case 'remove-record':
      case 'remove-volume': {
        if (!world.volumes.has(step.name)) return { made: false }
        const isUsed = [...world.containers.values()].some((each) => each.volumeNames.includes(step.name))
        if (isUsed) conflict(`The volume ${step.name} is in use.`)
        world.volumes.delete(step.name)
        world.seeded.delete(step.name)
        for (const path of world.volumeFiles.keys()) {
          if (path.startsWith(`${step.name}/`)) world.volumeFiles.delete(path)
        }
        return {}
      }
      case 'remove-network': {
        const ours = [...world.networks.values()].filter(({ isOurs, sandboxId }) => isOurs || sandboxId !== undefined)
        const network = ours.find(({ id, name }) => id === step.id || name === step.id)
        if (network === undefined) return { made: false }
        if (this.#hasRunning(network.id)) conflict(`The network ${network.name} has active endpoints.`)
        world.networks.delete(network.id)
        return {}
      }
      case 'remove-image': {
        const id = world.images.get(step.reference) ?? step.reference
        const names = [...world.images].flatMap(([name, each]) => (each === step.reference ? [name] : []))
        if (!world.images.has(step.reference) && names.length === 0) return { made: false }
        const isUsed = [...world.containers.values()].some((container) => container.imageId === id)
        if (isUsed) conflict(`The image ${step.reference} is in use.`)
        for (const name of [step.reference, ...names]) {
          world.images.delete(name)
          world.setupImages.delete(name)
        }
        return { made: true }
      }
    }
  }

  #imageHome(image: string): HomeEntry[] {
    return entriesOf(this.world.imageHomes.get(this.#imageIdOf(image) ?? image) ?? {})
  }

  #refresh({ from, to, target, except }: Extract<Step, { do: 'refresh-home' }>): StepResult {
    const { volumeFiles } = this.world
    const { name, request } = this.#container(target)
    const volume = request === null ? undefined : decoded(request).spec.volumes[agentHome]
    const others = [...this.world.containers.values()]
    if (volume === undefined || others.some((each) => isUp(each) && each.volumeNames.includes(volume))) {
      fail('engine/home-in-use', 'A container runs whose home is to be refreshed', { detail: name })
    }
    const there = [...volumeFiles].flatMap(([path, { text }]) =>
      path.startsWith(`${volume}/`) ? [[path.slice(volume.length + 1), text] as const] : [],
    )
    const found = new Map(
      entriesOf(Object.fromEntries(there)).map((entry) => [entry.path, { ...entry, owner: 0 }] as const),
    )
    const [before, after] = [this.#imageHome(from), this.#imageHome(to)]
    const isLeft = (path: string) =>
      except.some((each) => `${agentHome}/${path}` === each || `${agentHome}/${path}`.startsWith(`${each}/`))
    const wanted = hiddenEntries(before, after).filter(({ path }) => !isLeft(path))
    const { brought, left } = chooseEntries(wanted, before, after, found)
    for (const { path } of brought) {
      const text = this.world.imageHomes.get(this.#imageIdOf(to) ?? to)?.[path] ?? ''
      volumeFiles.set(`${volume}/${path}`, { text, modifiedAt: 0 })
    }
    return { home: { brought: brought.length, left } }
  }

  #create({ request }: Extract<Step, { do: 'create-container' }>): StepResult {
    const { world } = this
    const namesake = [...world.containers.values()].find((container) => container.name === request.name)
    if (namesake !== undefined) {
      if (this.#decode(namesake).length === 0) nameTaken(request.name)
      return { containerId: namesake.id, made: false }
    }
    const imageId = this.#imageIdOf(request.image) ?? imageMissing(request.image)
    const access = request.spec.network
    // Made where somebody has removed it in the meantime.
    if (access === 'limited') world.createLimitedNetwork(request.sandbox.id)
    if (access === 'open' && world.openNetwork() === undefined) world.createNetwork('sbx-open', true)
    const network = access === 'limited' ? world.limitedNetwork(request.sandbox.id) : world.openNetwork()
    const joined = Object.keys(request.spec.networks ?? {})
      .sort()
      .map((name) => [...world.networks.values()].find((each) => each.name === name) ?? networkMissing(name))
    const volumeNames = Object.values(request.spec.volumes)
    // The engine makes a named volume that is missing, and knows no labels for it.
    for (const name of volumeNames) world.createVolume({ name, holds: 'unknown', sandboxId: null, record: null })
    const home = request.spec.volumes[agentHome]
    if (home !== undefined) world.fillHome(home, imageId)
    return {
      made: true,
      containerId: world.addContainer({
        name: request.name,
        request: canonicalJson(request),
        imageId,
        limits: request.resources,
        networkIds: [...(network === undefined || access === 'none' ? [] : [network]), ...joined].map(({ id }) => id),
        volumeNames,
      }),
    }
  }

  /** What a container was made from stays by its id. */
  #imageIdOf(reference: string): string | undefined {
    const { images, containers } = this.world
    const isUsed = [...containers.values()].some(({ imageId }) => imageId === reference)
    return images.get(reference) ?? (isUsed ? reference : undefined)
  }

  /** One that is there is taken where the container has not run since. */
  #snapshot({ target, image, sandboxId }: Extract<Step, { do: 'snapshot-container' }>): StepResult {
    const { world } = this
    const container = this.#container(target)
    if (container.state === 'running' || container.state === 'paused') {
      fail('engine/snapshot-running', 'A container runs whose files are to be kept', { detail: container.name })
    }
    const before = world.images.get(image) ?? ''
    const takenAt = world.snapshots.get(before)?.takenAt
    if (takenAt !== undefined && takenAt >= (container.startedAt ?? '')) return { made: false }
    const id = idOf(['snapshot', String(world.nextNumber())])
    world.images.set(image, id)
    world.snapshots.set(id, { sandboxId, files: world.filesOf(container), takenAt: world.now() })
    return { made: true, imageId: id }
  }

  /** What it waits for does not come, unless `onWait` says that something may have. */
  async #settle({ sandboxId, target, expected }: Settle, signal: AbortSignal | undefined): Promise<StepResult> {
    const ownId = 'id' in target ? target.id : ''
    for (let isPatient = true; ;) {
      const contenders = this.#decoded()
        .filter(({ sandbox }) => sandbox.id === sandboxId)
        .map(({ id, name, createdAt, startedAt, state }) => ({
          ...{ id, name, startedAt, createdAt: new Date(createdAt * 1000).toISOString() },
          isRunning: state === 'running' || state === 'paused',
        }))
      let found = standing(ownId, contenders, expected)
      if (found.is === 'open' && signal?.aborted === true) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
      if (found.is === 'open' && !isPatient) found = found.otherwise
      if (found.is === 'ours') return {}
      if (found.is === 'overtaken') return failOvertaken(found.by)
      isPatient = (await this.#options.onWait?.()) === true
    }
  }

  /** Another of the sandbox on its network is one of an apply at once, and about to go. */
  async #awaitAlone({ target, sandboxId }: Extract<Step, { do: 'verify-network' }>): Promise<void> {
    const network = this.world.limitedNetwork(sandboxId)?.id
    const isMet = (): boolean =>
      this.#find(target)?.state === 'running' &&
      this.#decoded().some(
        ({ id, sandbox, state }) =>
          sandbox.id === sandboxId &&
          state === 'running' &&
          !('id' in target && target.id === id) &&
          this.world.containers.get(id)?.networkIds.includes(network ?? '') === true,
      )
    for (let isPatient = true; isPatient && isMet();) isPatient = (await this.#options.onWait?.()) === true
    if (isMet()) fail('engine/network-reachable', 'A limited network lets something through', { detail: sandboxId })
  }

  #start(target: ContainerTarget): StepResult {
    const { world } = this
    const container = this.#container(target)
    if (container.state === 'running') return { made: false }
    if (container.state === 'paused') conflict(`${container.name} is paused.`)
    if (container.state === 'dead' || container.state === 'removing') conflict(`${container.name} is being removed.`)
    if (!container.networkIds.every((id) => world.networks.has(id))) {
      fail('engine/no-network', 'A network is missing', { detail: `${container.name} cannot start without it.` })
    }
    const taken = [...world.containers.values()].filter(({ state }) => state === 'running').flatMap(hostPorts)
    if (hostPorts(container).some((port) => taken.includes(port))) conflict('A port is taken.')
    container.state = 'running'
    container.readiness = 'starting'
    container.startedAt = world.now()
    const request = container.request === null ? null : decoded(container.request)
    // A clone has no folder of this machine.
    const hasFolder = request !== null && request.spec.workspace.mode !== 'clone'
    container.startedOn = hasFolder ? world.inodeOf(request.sandbox.workspace) : null
    return {}
  }

  #decoded(): LiveContainer[] {
    return [...this.world.containers.values()]
      .sort((left, right) => left.createdAt - right.createdAt)
      .flatMap((container) => this.#decode(container))
  }

  /** Nothing where the container is not ours: without our labels, or with labels that name another one. */
  #decode(container: FakeContainer): LiveContainer[] {
    if (container.request === null) return []
    const request = decoded(container.request)
    if (request.name !== container.name) return []
    const { spec, sandbox, replaces, recipe, image } = request
    const { workspace, volumes, mounts, socket, ports, hide, own, ssh } = spec
    const nameOfId = (id: string): string => this.world.networkNames.get(id) ?? ''
    const joined = container.networkIds.filter((id) => Object.hasOwn(spec.networks ?? {}, nameOfId(id)))
    const networks = container.networkIds.filter((id) => !joined.includes(id)).map((id) => this.world.networks.get(id))
    const open = this.world.openNetwork()
    const isOpen = networks.length === 1 && (networks[0] === undefined || networks[0].id === open?.id)
    const names = networks.map((network) => network?.name ?? 'sbx-open').sort()
    const isLimited = networks.length === 1 && networks[0]?.sandboxId === sandbox.id
    const network = networks.length === 0 ? 'none' : isLimited ? 'limited' : isOpen ? 'open' : names.join(',')
    const { id, name, state, createdAt, imageId, startedAt, limits, entrypoint } = container
    return [
      {
        ...{ id, name, sandbox, state, createdAt, spec, replaces, recipe, imageId, startedAt, entrypoint },
        imageReference: image,
        ...(spec.carried === undefined ? {} : { carriedAt: this.world.snapshots.get(imageId)?.takenAt ?? '' }),
        exitCode: 0,
        observed: {
          ...{ workspace, volumes, mounts, socket, ports, network, resources: limits },
          ...(hide === undefined ? {} : { hide }),
          ...(own === undefined ? {} : { own }),
          ...(ssh === undefined ? {} : { ssh }),
          ...(spec.networks === undefined
            ? {}
            : { networks: Object.fromEntries(joined.map((id) => [nameOfId(id), true as const])) }),
        },
        fixed: { applied: fixedAtFirst, observed: container.fixed, isOlder: false },
        readiness: state === 'running' || state === 'paused' ? container.readiness : null,
        ...startabilityOf(container.networkIds, (id) => {
          if (this.world.networks.has(id)) return null
          return joined.includes(id) ? pointer('networks', nameOfId(id)) : pointer('network')
        }),
      },
    ]
  }

  #proxiesOf(sandboxId: string): Pick<LiveSandbox, 'proxies'> {
    const own = listedProxies(this.world).filter((proxy) => proxy.sandboxId === sandboxId)
    return own.length === 0 ? {} : { proxies: own.map(({ sandboxId: _, ...proxy }) => proxy) }
  }

  #snapshotsOf(
    sandboxId: string,
    containers: readonly LiveContainer[],
    records: readonly LiveRecord[],
  ): Pick<LiveSandbox, 'snapshots'> {
    const stopped = containers.filter(({ state }) => state === 'exited')
    const references = stopped.map(({ id, sandbox }) => snapshotReference('', sandbox.id, id))
    const hasHome = [...this.world.volumes.values()].some(
      (volume) => volume.holds === 'home' && volume.sandboxId === sandboxId,
    )
    const there = mayHaveIdleSnapshots(containers, records, hasHome)
      ? this.world.snapshotsOf(sandboxId)
      : references.filter((reference) => this.world.images.has(reference))
    return there.length === 0 ? {} : { snapshots: there }
  }

  #volumesOf(sandboxId: string): Pick<LiveSandbox, 'volumes'> {
    const { volumes = [] } = listedVolumes([...this.world.volumes.values()])
    const own = volumes.filter((volume) => volume.sandboxId === sandboxId).map(({ name }) => name)
    return own.length === 0 ? {} : { volumes: own }
  }

  #adoptionOf(sandboxId: string): Pick<LiveSandbox, 'adoption'> {
    const { volumes } = this.world
    const marks = adoptionPhases.flatMap((phase) => {
      const mark = volumes.get(adoptionName('', sandboxId, phase))
      return mark?.adopts === undefined ? [] : [{ phase, name: mark.name, from: mark.adopts }]
    })
    const last = marks.at(-1)
    if (last === undefined) return {}
    const aside = asideVolumeName('', sandboxId)
    return {
      adoption: {
        ...{ from: last.from, phase: last.phase, aside: volumes.has(aside) ? aside : null },
        marks: Object.fromEntries(marks.map(({ phase, name }) => [phase, name])),
      },
    }
  }

  #find(target: ContainerTarget): FakeContainer | undefined {
    if ('made' in target) return fail('engine/no-id', 'A step names no id', { detail: target.made })
    return this.world.containers.get(target.id)
  }

  #container(target: ContainerTarget): FakeContainer {
    const found = this.#find(target)
    return found ?? fail('engine/no-container', 'A container is gone', { detail: JSON.stringify(target) })
  }

  #running(containerId: string): void {
    const { state, name } = this.#container({ id: containerId })
    if (state !== 'running') conflict(`${name} is not running.`)
  }

  #hasRunning(networkId: string): boolean {
    return [...this.world.containers.values(), ...this.world.proxies.values()].some(
      (each) => isUp(each) && each.networkIds.includes(networkId),
    )
  }
}

function startabilityOf(
  networkIds: readonly string[],
  missingAs: (id: string) => string | null,
): Pick<LiveContainer, 'startable' | 'missing'> {
  const missing = networkIds.flatMap((id) => missingAs(id) ?? [])
  return missing.length === 0 ? { startable: true } : { startable: false, missing }
}

function listed(container: LiveContainer): ListedContainer {
  const {
    observed: _,
    startedAt: __,
    exitCode: ___,
    startable: ____,
    fixed: _____,
    readiness: ______,
    missing: _______,
    sshSocket: ________,
    ...rest
  } = container
  return rest
}

/** All of one mode, without the folders that they are in. */
function entriesOf(files: Readonly<Record<string, string>>): HomeEntry[] {
  const entry = ([path, text]: readonly [string, string]): HomeEntry => ({
    ...{ path, kind: 'file', mode: 0o644, size: text.length, digest: text },
  })
  return Object.entries(files)
    .map(entry)
    .sort((left, right) => compareTexts(left.path, right.path))
}

function hostPorts({ request }: FakeContainer): string[] {
  if (request === null) return []
  return Object.values(decoded(request).spec.ports).flatMap(({ address, hostPort }) =>
    hostPort === null ? [] : [`${address}:${hostPort}`],
  )
}

/** Of what the step makes; empty where it makes nothing. */
function nameOf(step: Step): string {
  if (step.do === 'create-container' || step.do === 'create-proxy') return step.request.name
  if (step.do === 'snapshot-container') return step.image
  return step.do === 'create-record' || step.do === 'create-volume' ? step.name : ''
}

/** What was set aside goes before the marks. */
function adoptionOrder(name: string): number {
  return adoptionPhases.findIndex((phase) => name.endsWith(`-adopting-${phase}`))
}

function imageMissing(reference: string): never {
  return fail('engine/no-image', 'An image cannot be had', { detail: `${reference} is not here.` })
}

function conflict(detail: string): never {
  return fail('engine/conflict', 'The engine refused', { detail })
}

function networkMissing(name: string): never {
  return fail('engine/unknown-network', 'There is no such network', { detail: name })
}

function nameTaken(name: string): never {
  return fail('engine/name-taken', 'A container that is not ours has the name of one', { detail: name })
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
