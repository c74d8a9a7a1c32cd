// The volumes of a sandbox that hold its work: a clone, and folders of its own. They stay while containers come and go.

import type { DesiredSandbox, SandboxLabels } from '../model/desired.js'
import { pointer } from '../model/json.js'
import type { LiveContainer, LiveSandbox } from '../model/live.js'
import type { FieldChange, Step } from '../model/plan.js'

type Wanted = Pick<DesiredSandbox, 'workspaceVolume' | 'ownVolumes'>

/** Steps that make those that are not there. */
export function volumeSteps(
  { workspaceVolume, ownVolumes = {} }: Wanted,
  live: Pick<LiveSandbox, 'volumes'>,
  sandbox: SandboxLabels,
): Step[] {
  const isMissing = (name: string): boolean => live.volumes?.includes(name) !== true
  const owns = Object.values(ownVolumes).filter(isMissing).sort()
  return [
    ...(workspaceVolume !== undefined && isMissing(workspaceVolume)
      ? [{ do: 'create-volume', name: workspaceVolume, holds: 'workspace', sandbox } as const]
      : []),
    ...owns.map((name): Step => ({ do: 'create-volume', name, holds: 'own', sandbox })),
  ]
}

export function hasVolumes({ workspaceVolume, ownVolumes = {} }: Wanted, live: Pick<LiveSandbox, 'volumes'>): boolean {
  const wanted = [...(workspaceVolume === undefined ? [] : [workspaceVolume]), ...Object.values(ownVolumes)]
  return wanted.every((name) => live.volumes?.includes(name) === true)
}

/** Of volumes that a container was made with and that somebody has taken away. */
export function goneVolumes(
  { containerSpec, workspaceVolume, ownVolumes = {} }: Wanted & Pick<DesiredSandbox, 'containerSpec'>,
  live: Pick<LiveSandbox, 'volumes'>,
  current: Pick<LiveContainer, 'spec'>,
): FieldChange[] {
  const wanted = new Set([workspaceVolume, ...Object.values(ownVolumes)])
  return Object.entries(containerSpec.volumes).flatMap(([path, name]): FieldChange[] => {
    const isGone = wanted.has(name) && live.volumes?.includes(name) !== true
    if (!isGone || current.spec.volumes[path] !== name) return []
    const value = { value: name }
    const told = { op: 'add', effect: 'recreate', origin: 'drift' } as const
    return [{ ...told, path: pointer('volumes', path), after: value, lastApplied: value }]
  })
}
