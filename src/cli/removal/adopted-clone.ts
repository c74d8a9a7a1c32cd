// What the clone of a sandbox that is adopted has, and the one that adopts it would not have: commits that came after the copy,
// or all of it where there is nothing for it to be in.

import type { DesiredSandbox } from '../../model/desired.js'
import type { Engine } from '../../model/engine.js'
import type { Leftovers } from '../../model/leftovers.js'
import type { LiveSandbox } from '../../model/live.js'
import { workspaceVolumeName } from '../../model/names.js'
import type { Adoption } from '../../plan/adoption.js'
import type { Host } from '../../resolve/host.js'
import { lostClones, type LostClone } from '../approving/approve-clones.js'
import { cloneRefs } from '../clone/clone-refs.js'

/** Of the one that gets it; `adoption` as it was planned. */
export type Adopted = {
  readonly desired: Pick<DesiredSandbox, 'id' | 'workspace'>
  readonly own: Pick<LiveSandbox, 'volumes'>
  readonly adoption: Pick<Adoption, 'make' | 'clone' | 'after'>
  readonly leftovers: Pick<Leftovers, 'workspaces'>
}

export type LookAtClones = (when: 'planned' | 'copied') => Promise<readonly LostClone[]>

/** `planned`: nothing is copied yet that this call is to copy. A copy is whole: what it does not name came later. */
export function cloneOfAdopted(
  engine: Engine,
  host: Pick<Host, 'programEnv' | 'scope'>,
  { desired, own, adoption: { make, clone, after }, leftovers }: Adopted,
  signal: AbortSignal,
): LookAtClones {
  const ofOwn = workspaceVolumeName(host.scope, desired.id)
  const earlier = make === null && own.volumes?.includes(ofOwn) === true ? ofOwn : null
  return async (when) => {
    if (clone !== null && when === 'planned') return []
    const lost = await lostClones(engine, host, [after], leftovers, signal, desired.workspace)
    const copy = clone?.target.name ?? earlier
    if (copy === null || lost.length === 0) return lost
    const { tips } = await cloneRefs((path) => engine.readVolumeArchive(copy, `.git/${path}`))
    const copied = new Set(tips.values())
    return lost.flatMap((each): LostClone[] => {
      const { isUnknown, ...rest } = each.loss
      const branches = rest.branches.filter(({ tip }) => !copied.has(tip))
      // Somebody may have gone on in it since an earlier call; this one has it at rest, so that all of it is in the copy.
      const unknown = isUnknown === true && clone === null ? { isUnknown } : {}
      if (branches.length === 0 && unknown.isUnknown !== true) return []
      return [{ ...each, loss: { ...rest, ...unknown, branches, uncommitted: 0 } }]
    })
  }
}
