// The workspace as the sandbox has it: this machine's folder or a clone, and what in it is covered or the sandbox's own.

import type { LoadedConfig } from '../model/config.js'
import type { DesiredSandbox, SandboxLabels } from '../model/desired.js'
import type { Diagnostic } from '../model/diagnostic.js'
import { workspaceVolumeName, type Scope } from '../model/names.js'
import type { ContainerSpec } from '../model/spec.js'
import { resolveClone, type RepositoryFacts } from './clone.js'
import { resolveHidden } from './hidden.js'
import { resolveOwn } from './own.js'

export type Workspace = {
  readonly spec: ContainerSpec['workspace']
  /** By absolute path. */
  readonly volumes: Readonly<Record<string, string>>
  readonly beside: Pick<ContainerSpec, 'hide' | 'own'>
  readonly desired: Pick<DesiredSandbox, 'hidden' | 'workspaceVolume' | 'ownVolumes' | 'clone'>
  readonly problems: readonly Diagnostic[]
}

export function resolveWorkspace(
  { config, origins }: LoadedConfig,
  identity: SandboxLabels,
  facts: {
    readonly mounts: ContainerSpec['mounts']
    readonly scope: Scope
    readonly repository?: RepositoryFacts | null | undefined
  },
): Workspace {
  const { id, workspace: path } = identity
  const { mounts, scope, repository = null } = facts
  const isClone = config.workspace?.mode === 'clone'
  const onHost = isClone ? null : path
  const { hide, problems: unhidden } = resolveHidden(config, origins, { path, onHost }, mounts)
  const own = resolveOwn(config, origins, { path, onHost, scope, id }, mounts)
  const { clone, problems: uncloned } = isClone
    ? resolveClone(config, origins, identity, repository)
    : { clone: undefined, problems: [] }
  const volume = isClone ? workspaceVolumeName(scope, id) : undefined
  const ownPaths = Object.keys(own.volumes)
  const readonly = config.workspace?.readonly ?? false
  return {
    spec: { path, readonly, ...(isClone ? { mode: 'clone' } : {}) },
    volumes: {
      ...(volume === undefined ? {} : { [path]: volume }),
      ...Object.fromEntries(Object.entries(own.volumes).map(([each, name]) => [`${path}/${each}`, name])),
    },
    beside: {
      ...(Object.keys(hide).length > 0 ? { hide } : {}),
      ...(ownPaths.length > 0 ? { own: Object.fromEntries(ownPaths.map((each) => [each, true as const])) } : {}),
    },
    desired: {
      ...(config.workspace?.hide === undefined ? {} : { hidden: Object.keys(config.workspace.hide) }),
      ...(volume === undefined ? {} : { workspaceVolume: volume }),
      ...(ownPaths.length > 0 ? { ownVolumes: own.volumes } : {}),
      ...(clone === undefined ? {} : { clone }),
    },
    problems: [...unhidden, ...own.problems, ...uncloned],
  }
}
