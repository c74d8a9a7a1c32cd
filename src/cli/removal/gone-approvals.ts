// Approvals of folders that are gone and of sandboxes that nothing is left of. An approval that is there keeps a record on an
// engine from counting in its place, and limits the others of its folder: so those of a folder go together or stay, and only
// where they are of this engine alone.

import type { Engine } from '../../model/engine.js'
import type { SandboxLabels } from '../../model/desired.js'
import { type Approvals, latestAmong, listApprovals, removeApprovals } from '../../resolve/approvals.js'
import { isOnlyAt } from '../../resolve/engine-places.js'
import { folderState } from '../../resolve/gone-folder.js'
import type { Host } from '../../resolve/host.js'
import { idOf } from '../call/engine-place.js'

type IsNeeded = (sandbox: Pick<SandboxLabels, 'id' | 'workspace'>) => boolean

/** `unknown`: nothing on this engine needs them, but nobody knows of which engines they are. Both sorted by id. */
export type GoneApprovals = { readonly removable: readonly Approvals[]; readonly unknown: readonly Approvals[] }

/** One GET, and none where every folder is there. */
export async function goneApprovals(
  engine: Pick<Engine, 'id'>,
  { stateFolder, scope }: Pick<Host, 'stateFolder' | 'scope'>,
  isNeeded: IsNeeded,
): Promise<GoneApprovals> {
  const all = listApprovals(stateFolder)
  const ofFolder = (folder: string): readonly Approvals[] => all.filter(({ workspace }) => workspace === folder)
  const idle = all.filter(({ workspace }) =>
    ofFolder(workspace).every((each) => folderState(each) === 'gone' && !isNeeded(each)),
  )
  if (idle.length === 0) return { removable: [], unknown: [] }
  const id = await idOf(engine)
  const isRemovable = (each: Approvals): boolean =>
    id !== null && isOnlyAt(each.engines, { id, scope }) && latestAmong(stateFolder, each) !== null
  const removable = idle.filter(({ workspace }) => ofFolder(workspace).every(isRemovable))
  return {
    removable,
    unknown: idle.filter(({ engines }) => engines === undefined || engines.some((one) => one.id === '')),
  }
}

/**
 * Those that went: of a folder that is back none goes, nor where one was written meanwhile. What limits others goes after
 * them, so that a call that is killed leaves none without it.
 */
export async function forgetGone(
  { stateFolder }: Pick<Host, 'stateFolder'>,
  removable: readonly Approvals[],
): Promise<readonly Approvals[]> {
  const forgotten: Approvals[] = []
  const staying = new Set<string>()
  for (const each of inOrder(stateFolder, removable)) {
    const isGone = !staying.has(each.workspace) && folderState(each) === 'gone'
    if (isGone && (await removeApprovals(stateFolder, each))) forgotten.push(each)
    else staying.add(each.workspace)
  }
  return forgotten
}

function inOrder(stateFolder: string, removable: readonly Approvals[]): readonly Approvals[] {
  const limits = new Map(removable.map((each) => [each.id, latestAmong(stateFolder, each) ?? 3]))
  return [...removable].sort((one, other) => (limits.get(one.id) ?? 3) - (limits.get(other.id) ?? 3))
}
