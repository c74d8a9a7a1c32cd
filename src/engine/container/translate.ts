// A spec as the engine's create body, and inspect as a spec: both ways side by side, one entry for one key.

import { limitedNetworkName, openNetworkName, type Scope } from '../../model/names.js'
import type { ContainerRequest } from '../../model/plan.js'
import type { ObservedSpec } from '../../model/live.js'
import type { ContainerSpec, LimitsSpec, PortSpec } from '../../model/spec.js'
import { entrypointCommand } from '../labels/entrypoint.js'
import type { EngineFacts } from '../connection/facts.js'
import { everySandbox, settingsLabel } from './fixed-settings.js'
import { engineMounts, observedMounts, socketTarget, type MountedContainer, type SocketSources } from './mounts.js'
import { nameServer, proxyEnvironment, type Attachment } from '../network/attachment.js'
import { containerLabels } from '../labels/labels.js'

const cpuPeriod = 100_000
/** In bytes. The engine takes 0 as "leave as it is" and refuses -1 (20.10), so no limit is one that nothing reaches. */
const noMemoryLimit = 2 ** 50

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
export type InspectedContainer = MountedContainer & {
  readonly HostConfig: EngineLimits & {
    readonly PortBindings?: PortBindings | null | undefined
    readonly NetworkMode?: string | undefined
  }
  readonly NetworkSettings: { readonly Networks?: Readonly<Record<string, unknown>> | null }
}

/** What on this engine a request is put into words with. */
export type Surroundings = {
  readonly scope: Scope
  readonly network: Attachment
  readonly sockets: SocketSources
  readonly facts: EngineFacts
}

export function createBody(request: ContainerRequest, surroundings: Surroundings) {
  const { spec } = request
  const ports = portBindings(spec.ports)
  const body = {
    ...everySandbox,
    Image: request.image,
    WorkingDir: spec.workspace.path,
    ...entrypointCommand({
      workspace: spec.workspace.path,
      socket: spec.socket === 'host' ? socketTarget : null,
      cloneOwner: spec.workspace.mode === 'clone' ? (request.owner ?? null) : null,
      own: Object.keys(spec.own ?? {}).sort(),
    }),
    ...proxyEnvironment(surroundings.network),
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    HostConfig: {
      ...everySandbox.HostConfig,
      Mounts: engineMounts(spec, surroundings.sockets),
      NetworkMode: surroundings.network.mode,
      ...(spec.isolation === undefined ? {} : { Runtime: spec.isolation }),
      ...(spec.sudo === false ? { SecurityOpt: ['no-new-privileges'] } : {}),
      ...nameServer(surroundings.network),
      PortBindings: ports,
      ...createLimits(request.resources),
    },
  }
  return { ...body, Labels: containerLabels(surroundings.scope, request, settingsLabel(body, surroundings.facts)) }
}

/** `spec` is what the labels say was asked for: where two readings are possible, it says which one was meant. */
export function observedSpec(
  container: InspectedContainer,
  spec: ContainerSpec,
  scope: Scope,
  sandboxId: string,
): ObservedSpec {
  return {
    ...observedMounts(container, spec),
    ...observedNetworks(container, spec, scope, sandboxId),
    ports: observedPorts(container.HostConfig.PortBindings ?? {}),
    resources: observedLimits(container.HostConfig),
  }
}

// network and ports ----------------------------------------------------------------------------------------------------

/**
 * `NetworkMode` stays what it was at creation when somebody connects or disconnects a container: not read here. Of the
 * networks that the spec joins, those that it is on are told by themselves.
 */
function observedNetworks(
  container: InspectedContainer,
  { networks }: ContainerSpec,
  scope: Scope,
  sandboxId: string,
): Pick<ObservedSpec, 'network' | 'networks'> {
  const names = Object.keys(container.NetworkSettings.Networks ?? {}).sort()
  const joined = names.filter((name) => networks !== undefined && Object.hasOwn(networks, name))
  const network = networkOf(
    names.filter((name) => !joined.includes(name)),
    scope,
    sandboxId,
  )
  if (networks === undefined) return { network }
  return { network, networks: Object.fromEntries(joined.map((name) => [name, true as const])) }
}

function networkOf(names: readonly string[], scope: Scope, sandboxId: string): string {
  const [only = ''] = names
  if (names.length === 1 && only === openNetworkName(scope)) return 'open'
  if (names.length === 1 && only === limitedNetworkName(scope, sandboxId)) return 'limited'
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
