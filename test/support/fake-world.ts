// What a fake engine holds, and what happens to it from outside: hands, power cuts, images that move.

import { createHash } from 'node:crypto'
import type { ResolvedSession } from '../../src/model/desired.js'
import type { Egress, StepResult } from '../../src/model/engine.js'
import type { FixedSettings } from '../../src/model/fixed-settings.js'
import type { ContainerState } from '../../src/model/live.js'
import type { ContainerRequest } from '../../src/model/plan.js'
import { limitedNetworkName } from '../../src/model/names.js'
import type { Uncounted } from '../../src/model/risks.js'
import type { LimitsSpec, RecordSpec } from '../../src/model/spec.js'
import type { Process, Usage } from '../../src/model/watching.js'
import type { FakeProxy } from './fake-proxies.js'

declare const holds: unique symbol
/** JSON text, as a label holds it, of a value of one type. */
export type Encoded<Value> = string & { readonly [holds]?: Value }

export type FakeContainer = {
  readonly id: string
  readonly name: string
  /** What its labels say; null where it carries none of ours. */
  readonly request: Encoded<ContainerRequest> | null
  readonly createdAt: number
  readonly imageId: string
  entrypoint: string
  state: ContainerState
  startedAt: string | null
  /** Inode of the folder that its workspace mount leads to. */
  startedOn: string | null
  limits: LimitsSpec
  /** What is the same for every sandbox, as it is now. */
  fixed: FixedSettings
  /** What its entrypoint has said since the last start; looked at while it runs. */
  readiness: 'ready' | 'starting' | 'lost'
  networkIds: readonly string[]
  readonly volumeNames: readonly string[]
  memoryInUse: number
  sessions: number
  changedPaths: readonly string[]
  /** Commands that made the project ready, in order. */
  prepared: readonly string[]
  /** Where it is not said, one for each of them. */
  ownBytes?: number
  uncounted?: Uncounted
  /** Bytes by path; absent where nobody can tell. */
  sizes?: Readonly<Record<string, number>>
}

/** What every container of a fake engine is made with. */
export const fixedAtFirst: FixedSettings = { privileged: false, restartPolicy: 'no', user: '0:0' }

export type FakeVolume = {
  readonly name: string
  readonly holds: 'home' | 'login' | 'record' | 'workspace' | 'own' | 'aside' | 'adoption' | 'unknown'
  /** Of the mark of an adoption: whose home is on its way. */
  readonly adopts?: string
  readonly sandboxId: string | null
  readonly record: Encoded<RecordSpec> | null
  readonly createdAt: string
}

export type FakeNetwork = {
  readonly id: string
  readonly name: string
  /** The open one. */
  readonly isOurs: boolean
  /** Of a limited one. */
  readonly sandboxId?: string
}

export class FakeWorld {
  engineId = 'FAKE:1'
  readonly containers = new Map<string, FakeContainer>()
  readonly volumes = new Map<string, FakeVolume>()
  /** By `volume/path in it`. */
  readonly volumeFiles = new Map<string, { readonly text: string; readonly modifiedAt: number }>()
  /** By image id: texts of the files that it has in the home of `agent`, by path. */
  readonly imageHomes = new Map<string, Readonly<Record<string, string>>>()
  readonly proxies = new Map<string, FakeProxy>()
  /** What archives of containers have: files by `container id + absolute path`. Beneath a volume, see `volumeFiles`. */
  readonly containerFiles = new Map<string, string>()
  /** What a command that is piped to answers with: its output, of its input. By the first word of its argv. */
  readonly piped = new Map<string, (input: Buffer, argv: readonly string[]) => { output: string; exitCode: number }>()
  readonly networks = new Map<string, FakeNetwork>()
  /** Ids of limited networks that are none. */
  readonly leaky = new Set<string>()
  /** Id by reference. */
  readonly images = new Map<string, string>()
  readonly registry = new Map<string, string>()
  /** Sandbox by the reference of the image that was built for its setup. */
  readonly setupImages = new Map<string, string>()
  /** By image id: the files in it beyond those of its template, and when they were taken from a container. */
  readonly snapshots = new Map<
    string,
    { readonly sandboxId: string; readonly files: readonly string[]; readonly takenAt: string }
  >()
  /** Names of volumes that clones were put into. */
  readonly seeded = new Set<string>()
  /** Names of networks by id, also of those that are gone. */
  readonly networkNames = new Map<string, string>()
  /** Names of containers whose entrypoint will fail. */
  readonly neverReady = new Set<string>()
  /** What a container is seen to use, one look after the other; by its id. */
  readonly usages = new Map<string, readonly Usage[]>()
  /** What runs in a container besides its entrypoint, by its id. */
  readonly processes = new Map<string, readonly Process[]>()
  /** By sandbox: what its proxies wrote. */
  readonly egress = new Map<string, readonly Egress[]>()
  readonly attached: ResolvedSession[] = []
  readonly #inodes = new Map<string, string>()
  #clock = 0
  #count = 0

  tick(): void {
    this.#clock += 1
  }

  now(): string {
    return new Date(1_700_000_000_000 + this.#clock).toISOString()
  }

  secondsNow(): number {
    return 1_700_000_000 + this.#clock / 1000
  }

  /** Never the same twice. */
  nextNumber(): number {
    this.#count += 1
    return this.#count
  }

  inodeOf(workspace: string): string {
    return this.#inodes.get(workspace) ?? '0:0:0'
  }

  /** Deletes the folder and makes it again. */
  remakeFolder(workspace: string, inode: string): void {
    this.#inodes.set(workspace, inode)
  }

  addContainer(
    made: Pick<FakeContainer, 'name' | 'request' | 'imageId' | 'limits' | 'networkIds' | 'volumeNames'>,
  ): string {
    const id = idOf(['container', String(this.nextNumber())])
    this.containers.set(id, {
      ...made,
      id,
      createdAt: this.secondsNow(),
      entrypoint: '1',
      state: 'created',
      startedAt: null,
      startedOn: null,
      fixed: fixedAtFirst,
      readiness: 'starting',
      memoryInUse: 0,
      sessions: 0,
      changedPaths: [],
      prepared: [],
    })
    return id
  }

  /** References of the snapshots that there are of a sandbox. */
  snapshotsOf(sandboxId: string): string[] {
    return [...this.images].flatMap(([reference, id]) =>
      this.snapshots.get(id)?.sandboxId === sandboxId ? [reference] : [],
    )
  }

  /** What it has beyond its template's image. */
  filesOf({ imageId, changedPaths }: FakeContainer): readonly string[] {
    return [...new Set([...(this.snapshots.get(imageId)?.files ?? []), ...changedPaths])].sort()
  }

  /** One that is there keeps its labels; the engine gives it back unchanged. */
  createVolume(volume: Omit<FakeVolume, 'createdAt'>): StepResult {
    if (this.volumes.has(volume.name)) return { made: false }
    // Whole seconds, as the engine has it: two records may well be of one age.
    const createdAt = new Date(1_700_000_000_000 + Math.floor(this.#clock / 16) * 1000).toISOString()
    this.volumes.set(volume.name, { ...volume, createdAt })
    return { made: true }
  }

  /** As the engine fills a volume with what the image has there: once, while nothing is in it. */
  fillHome(volume: string, imageId: string): void {
    if ([...this.volumeFiles.keys()].some((path) => path.startsWith(`${volume}/`))) return
    for (const [path, text] of Object.entries(this.imageHomes.get(imageId) ?? {})) {
      this.volumeFiles.set(`${volume}/${path}`, { text, modifiedAt: 0 })
    }
  }

  openNetwork(): { readonly id: string; readonly name: string } | undefined {
    return [...this.networks.values()].find((network) => network.isOurs)
  }

  createNetwork(name: string, isOurs: boolean): string {
    const id = idOf(['network', String(this.nextNumber())])
    this.networks.set(id, { id, name, isOurs })
    this.networkNames.set(id, name)
    return id
  }

  limitedNetwork(sandboxId: string): FakeNetwork | undefined {
    return [...this.networks.values()].find((network) => network.sandboxId === sandboxId)
  }

  createLimitedNetwork(sandboxId: string): StepResult {
    if (this.limitedNetwork(sandboxId) !== undefined) return { made: false }
    const id = idOf(['network', String(this.nextNumber())])
    this.networks.set(id, { id, name: limitedNetworkName('', sandboxId), isOurs: false, sandboxId })
    return { made: true }
  }

  /** Everything stops, nothing is lost. */
  powerOff(): void {
    for (const proxy of this.proxies.values()) if (proxy.state !== 'created') proxy.state = 'exited'
    for (const container of this.containers.values()) {
      if (container.state !== 'running' && container.state !== 'paused') continue
      container.state = 'exited'
      container.sessions = 0
    }
  }

  /** The same world again, so that one history can go on in several ways. */
  clone(): FakeWorld {
    const copy = new FakeWorld()
    copy.engineId = this.engineId
    for (const [id, container] of this.containers) copy.containers.set(id, { ...container })
    for (const [name, volume] of this.volumes) copy.volumes.set(name, volume)
    for (const [path, file] of this.volumeFiles) copy.volumeFiles.set(path, file)
    for (const [id, home] of this.imageHomes) copy.imageHomes.set(id, home)
    for (const [id, proxy] of this.proxies) copy.proxies.set(id, { ...proxy })
    for (const id of this.leaky) copy.leaky.add(id)
    for (const [id, network] of this.networks) copy.networks.set(id, network)
    for (const [reference, id] of this.images) copy.images.set(reference, id)
    for (const [reference, id] of this.registry) copy.registry.set(reference, id)
    for (const [reference, id] of this.setupImages) copy.setupImages.set(reference, id)
    for (const [id, snapshot] of this.snapshots) copy.snapshots.set(id, snapshot)
    for (const name of this.seeded) copy.seeded.add(name)
    for (const [id, name] of this.networkNames) copy.networkNames.set(id, name)
    for (const name of this.neverReady) copy.neverReady.add(name)
    for (const [workspace, inode] of this.#inodes) copy.#inodes.set(workspace, inode)
    copy.#clock = this.#clock
    copy.#count = this.#count
    return copy
  }

  /** All that could be read from outside, as text. */
  text(): string {
    const all = [this.containers, this.volumes, this.networks, this.proxies]
    return JSON.stringify(all.map((each) => [...each.values()]))
  }
}

export function idOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex')
}

export function decoded<Value>(text: Encoded<Value>): Value {
  return JSON.parse(text) as Value
}
