// What is mounted into a sandbox, both ways: as the engine is asked for it, and out of what it tells.

import { agentHome, sshSocketTarget } from '../../model/names.js'
import type { ObservedSpec } from '../../model/live.js'
import type { ContainerSpec, MountSpec } from '../../model/spec.js'

/** The home volume once more: below /home/agent other mounts may be nested, and a recursive chown would follow them. */
export const homeAside = '/run/sbx/home'
export const socketTarget = '/var/run/docker.sock'

export type EngineMount = {
  readonly Type: string
  readonly Source?: string | undefined
  readonly Target: string
  readonly ReadOnly?: boolean | undefined
  readonly VolumeOptions?: { readonly NoCopy?: boolean } | undefined
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number } | undefined
}
/** Of `GET /containers/{id}/json`, what is read here. */
export type MountedContainer = {
  readonly HostConfig: {
    readonly Binds?: readonly string[] | null | undefined
    readonly Mounts?: readonly EngineMount[] | null | undefined
    readonly Tmpfs?: Readonly<Record<string, string>> | null | undefined
  }
}

/** Where sockets of this machine are: the engine's own, and that of the user's ssh agent. Unused where the spec asks for none. */
export type SocketSources = { readonly engine: string; readonly ssh: string }

/** `Mounts` and never `Binds`, which would make a missing source, as root. */
export function engineMounts(spec: ContainerSpec, sockets: SocketSources): EngineMount[] {
  const { workspace } = spec
  const volumes = Object.entries(spec.volumes).map(([target, name]) => ({
    Type: 'volume',
    Source: name,
    Target: target,
    // What an image has there is no part of a project.
    ...(isOfWorkspace(target, spec) ? { VolumeOptions: { NoCopy: true } } : {}),
  }))
  const home = spec.volumes[agentHome]
  return [
    ...(workspace.mode === 'clone'
      ? []
      : [{ Type: 'bind', Source: workspace.path, Target: workspace.path, ReadOnly: workspace.readonly }]),
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
    ...(spec.socket === 'host' ? [{ Type: 'bind', Source: sockets.engine, Target: socketTarget }] : []),
    ...(spec.ssh === 'agent' ? [{ Type: 'bind', Source: sockets.ssh, Target: sshSocketTarget }] : []),
    ...hiddenMounts(spec),
  ]
}

function isOfWorkspace(target: string, { workspace }: ContainerSpec): boolean {
  return target === workspace.path || target.startsWith(`${workspace.path}/`)
}

export function observedMounts(
  container: MountedContainer,
  spec: ContainerSpec,
): Pick<ObservedSpec, 'workspace' | 'volumes' | 'mounts' | 'socket' | 'ssh' | 'hide' | 'own'> {
  const { Mounts, Binds, Tmpfs } = container.HostConfig
  const temporary = Object.keys(Tmpfs ?? {}).map((Target) => ({ Type: 'tmpfs', Source: 'tmpfs', Target }))
  const found: readonly EngineMount[] = [...(Mounts ?? []), ...(Binds ?? []).map(parseBind), ...temporary]
  let workspace: ObservedSpec['workspace'] = { path: '', readonly: false }
  let socket: ObservedSpec['socket'] = 'none'
  let ssh: ObservedSpec['ssh']
  const volumes: Record<string, string> = {}
  const mounts: Record<string, MountSpec> = {}
  const hide: Record<string, 'file' | 'folder'> = {}
  for (const mount of found) {
    const { Type, Source = '', Target, ReadOnly = false } = mount
    const hidden = hiddenPath(mount, spec)
    if (hidden !== null) {
      hide[hidden.path] = hidden.kind
    } else if (Type === 'volume') {
      if (Target !== homeAside || Source !== spec.volumes[agentHome]) volumes[Target] = Source
      if (Target === spec.workspace.path && Source === spec.volumes[Target]) {
        workspace = { path: Target, readonly: ReadOnly, mode: 'clone' }
      }
    } else if (Target === spec.workspace.path) {
      workspace = { path: Source, readonly: ReadOnly }
    } else if (Target === socketTarget && spec.mounts[socketTarget] === undefined) {
      socket = 'host'
    } else if (Target === sshSocketTarget) {
      ssh = 'agent'
    } else {
      mounts[Target] = { source: Source, readonly: ReadOnly }
    }
  }
  const isHidden = spec.hide !== undefined || Object.keys(hide).length > 0
  return {
    ...{ workspace, volumes, mounts, socket },
    ...(ssh === undefined ? {} : { ssh }),
    ...(isHidden ? { hide } : {}),
    ...(spec.own === undefined ? {} : { own: ownAmong(volumes, spec, spec.own) }),
  }
}

/** Those of the folders that are volumes; which ones, the volumes tell. */
function ownAmong(
  volumes: ObservedSpec['volumes'],
  { workspace }: ContainerSpec,
  own: NonNullable<ContainerSpec['own']>,
): NonNullable<ObservedSpec['own']> {
  const there = Object.keys(own).filter((path) => volumes[`${workspace.path}/${path}`] !== undefined)
  return Object.fromEntries(there.map((path) => [path, true as const]))
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

// what is hidden --------------------------------------------------------------------------------------------------------

const nothing = '/dev/null'
/** The engine takes no less. What is written there, which takes root, is in memory. In bytes. */
const leastMemory = 4096

function hiddenMounts(spec: Pick<ContainerSpec, 'workspace' | 'hide'>): EngineMount[] {
  return Object.entries(spec.hide ?? {}).map(([path, kind]) => {
    const Target = `${spec.workspace.path}/${path}`
    return kind === 'file'
      ? { Type: 'bind', Source: nothing, Target, ReadOnly: true }
      : { Type: 'tmpfs', Target, TmpfsOptions: { SizeBytes: leastMemory, Mode: 0o555 } }
  })
}

/** Which path of the workspace a mount covers; null where it is another kind of mount. */
function hiddenPath(
  { Type, Source, Target, ReadOnly = false }: EngineMount,
  { workspace, mounts }: ContainerSpec,
): { readonly path: string; readonly kind: 'file' | 'folder' } | null {
  const prefix = `${workspace.path}/`
  if (!Target.startsWith(prefix) || Object.hasOwn(mounts, Target)) return null
  const path = Target.slice(prefix.length)
  if (Type === 'bind' && Source === nothing && ReadOnly) return { path, kind: 'file' }
  return Type === 'tmpfs' ? { path, kind: 'folder' } : null
}
