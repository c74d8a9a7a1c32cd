// A spec as the engine's create body, and inspect as a spec: both ways side by side, one entry for one key.

import { agentHome, openNetworkName, type Scope } from '../model/names.js'
import type { ContainerRequest } from '../model/plan.js'
import type { ObservedSpec } from '../model/live.js'
import type { ContainerSpec, LimitsSpec, MountSpec, PortSpec } from '../model/spec.js'
import { entrypointCommand } from './entrypoint.js'
import type { EngineFacts } from './facts.js'
import { everySandbox, settingsLabel } from './fixed-settings.js'
import { containerLabels } from './labels.js'

/** The home volume once more: below /home/agent other mounts may be nested, and a recursive chown would follow them. */
export const homeAside = '/run/sbx/home'
export const socketTarget = '/var/run/docker.sock'

const cpuPeriod = 100_000
/** In bytes. The engine takes 0 as "leave as it is" and refuses -1 (20.10), so no limit is one that nothing reaches. */
const noMemoryLimit = 2 ** 50

type EngineMount = {
  readonly Type: string
  readonly Source?: string | undefined
  readonly Target: string
  readonly ReadOnly?: boolean | undefined
  readonly VolumeOptions?: { readonly NoCopy?: boolean } | undefined
}
type PortBindings = Readonly<
  Record<string, readonly { readonly HostIp?: string | undefined; readonly HostPort?: string | undefined }[] | null>
>

type EngineLimits = {
  readonly CpuPeriod?: number | undefined
  readonly CpuQuota?: number | undefined
  readonly NanoCpus?: number | undefined
  readonly Memory?: number | undefined
  readonly MemorySwap?: number | undefined
  readonly PidsLimit?: number | null | undefined
}

/** Of `GET /containers/{id}/json`, what is read here. */
export type InspectedContainer = {
  readonly HostConfig: EngineLimits & {
    readonly Binds?: readonly string[] | null | undefined
    readonly Mounts?: readonly EngineMount[] | null | undefined
    readonly PortBindings?: PortBindings | null | undefined
    readonly NetworkMode?: string | undefined
    readonly Tmpfs?: Readonly<Record<string, string>> | null | undefined
  }
  readonly NetworkSettings: { readonly Networks?: Readonly<Record<string, unknown>> | null }
}

/** What on this engine a request is put into words with. */
export type Surroundings = {
  readonly scope: Scope
  /** Id of the open network; unused where the spec asks for none. */
  readonly openNetworkId: string
  /** Where the engine finds its own socket; unused where the spec does not ask for it. */
  readonly socketSource: string
  readonly facts: EngineFacts
}

export function createBody(request: ContainerRequest, surroundings: Surroundings) {
  const { spec } = request
  const ports = portBindings(spec.ports)
  const body = {
    ...everySandbox,
    Image: request.image,
    WorkingDir: spec.workspace.path,
    ...entrypointCommand(spec.workspace.path, spec.socket === 'host' ? socketTarget : null),
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    HostConfig: {
      ...everySandbox.HostConfig,
      Mounts: engineMounts(spec, surroundings.socketSource),
      NetworkMode: spec.network === 'open' ? surroundings.openNetworkId : 'none',
      PortBindings: ports,
      ...createLimits(request.resources),
    },
  }
  return { ...body, Labels: containerLabels(surroundings.scope, request, settingsLabel(body, surroundings.facts)) }
}

/** `spec` is what the labels say was asked for: where two readings are possible, it says which one was meant. */
export function observedSpec(container: InspectedContainer, spec: ContainerSpec, scope: Scope): ObservedSpec {
  return {
    ...observedMounts(container, spec),
    network: observedNetwork(container, scope),
    ports: observedPorts(container.HostConfig.PortBindings ?? {}),
    resources: observedLimits(container.HostConfig),
  }
}

// mounts ---------------------------------------------------------------------------------------------------------------

/** `Mounts` and never `Binds`, which would make a missing source, as root. */
export function engineMounts(spec: ContainerSpec, socketSource: string): EngineMount[] {
  const { workspace } = spec
  const volumes = Object.entries(spec.volumes).map(([target, name]) => ({
    Type: 'volume',
    Source: name,
    Target: target,
  }))
  const home = spec.volumes[agentHome]
  return [
    { Type: 'bind', Source: workspace.path, Target: workspace.path, ReadOnly: workspace.readonly },
    ...volumes,
    ...(home === undefined
      ? []
      : [{ Type: 'volume', Source: home, Target: homeAside, VolumeOptions: { NoCopy: true } }]),
    ...Object.entries(spec.mounts).map(([target, mount]) => ({
      Type: 'bind',
      Source: mount.source,
      Target: target,
      ReadOnly: mount.readonly,
    })),
    ...(spec.socket === 'host' ? [{ Type: 'bind', Source: socketSource, Target: socketTarget }] : []),
  ]
}

function observedMounts(
  container: InspectedContainer,
  spec: ContainerSpec,
): Pick<ObservedSpec, 'workspace' | 'volumes' | 'mounts' | 'socket'> {
  const { Mounts, Binds, Tmpfs } = container.HostConfig
  const temporary = Object.keys(Tmpfs ?? {}).map((Target) => ({ Type: 'tmpfs', Source: 'tmpfs', Target }))
  const found: readonly EngineMount[] = [...(Mounts ?? []), ...(Binds ?? []).map(parseBind), ...temporary]
  let workspace: ObservedSpec['workspace'] = { path: '', readonly: false }
  let socket: ObservedSpec['socket'] = 'none'
  const volumes: Record<string, string> = {}
  const mounts: Record<string, MountSpec> = {}
  for (const { Type, Source = '', Target, ReadOnly = false } of found) {
    if (Type === 'volume') {
      if (Target !== homeAside || Source !== spec.volumes[agentHome]) volumes[Target] = Source
    } else if (Target === spec.workspace.path) {
      workspace = { path: Source, readonly: ReadOnly }
    } else if (Target === socketTarget && spec.mounts[socketTarget] === undefined) {
      socket = 'host'
    } else {
      mounts[Target] = { source: Source, readonly: ReadOnly }
    }
  }
  return { workspace, volumes, mounts, socket }
}

/** `source:target[:options]`; sbx makes none, so what is found here was made by another hand. */
function parseBind(bind: string): EngineMount {
  const [source = '', target = '', options = ''] = bind.split(':')
  return {
    Type: source.startsWith('/') ? 'bind' : 'volume',
    Source: source,
    Target: target,
    ReadOnly: options.split(',').includes('ro'),
  }
}

// network and ports ----------------------------------------------------------------------------------------------------

/** `NetworkMode` stays what it was at creation when somebody connects or disconnects a container: not read here. */
function observedNetwork(container: InspectedContainer, scope: Scope): string {
  const names = Object.keys(container.NetworkSettings.Networks ?? {}).sort()
  const [only = ''] = names
  if (names.length === 1 && only === openNetworkName(scope)) return 'open'
  if (names.length === 1 && only === 'none') return 'none'
  return names.join(',')
}

function portBindings(ports: ContainerSpec['ports']): Record<string, { HostIp: string; HostPort: string }[]> {
  return Object.fromEntries(
    Object.entries(ports).map(([port, { address, hostPort }]) => [
      port,
      [{ HostIp: address, HostPort: hostPort === null ? '' : String(hostPort) }],
    ]),
  )
}

function observedPorts(bindings: PortBindings): ContainerSpec['ports'] {
  const ports: Record<string, PortSpec> = {}
  for (const [port, published] of Object.entries(bindings)) {
    for (const [index, { HostIp = '', HostPort = '' }] of (published ?? []).entries()) {
      const hostPort = Number(HostPort)
      // sbx publishes none twice: more of one was another hand's.
      const name = index === 0 ? port : `${port} (${String(index + 1)})`
      ports[name] = { address: HostIp, hostPort: hostPort === 0 ? null : hostPort }
    }
  }
  return ports
}

// limits ---------------------------------------------------------------------------------------------------------------

/** Memory goes with as much memory and swap: without, the engine grants as much swap again. */
function createLimits(limits: LimitsSpec): EngineLimits {
  return {
    ...(limits.cpus === undefined ? {} : { CpuPeriod: cpuPeriod, CpuQuota: Math.round(limits.cpus * cpuPeriod) }),
    ...(limits.memory === undefined ? {} : { Memory: limits.memory, MemorySwap: limits.memory }),
    PidsLimit: limits.pids,
  }
}

/** An update leaves alone what is not in it, so that here a limit that is gone has to be said. */
export function updateLimits(limits: LimitsSpec): EngineLimits {
  const none = { CpuPeriod: cpuPeriod, CpuQuota: -1, Memory: noMemoryLimit, MemorySwap: noMemoryLimit }
  return { ...none, ...createLimits(limits) }
}

/** CPUs are told to five decimals. */
export function observedLimits(host: EngineLimits): LimitsSpec {
  const { CpuQuota = 0, CpuPeriod = 0, NanoCpus = 0, Memory = 0 } = host
  const cpus = CpuQuota > 0 ? CpuQuota / (CpuPeriod > 0 ? CpuPeriod : cpuPeriod) : NanoCpus / 1e9
  return {
    ...(cpus > 0 ? { cpus } : {}),
    ...(Memory > 0 && Memory < noMemoryLimit ? { memory: Memory } : {}),
    pids: Math.max(host.PidsLimit ?? 0, 0),
  }
}
