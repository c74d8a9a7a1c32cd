// What this machine knows of a sandbox before it is planned.

import type { DesiredSandbox } from '../model/desired.js'
import type { LiveSandbox } from '../model/live.js'
import { narrowest } from '../plan/opened-grants.js'
import type { PlanOptions } from '../plan/situation.js'
import { type Approvals, approvedValues, listApprovals, reachesBeside, readApprovals } from '../resolve/approvals.js'
import type { Host } from '../resolve/host.js'

/**
 * What this machine remembers of a sandbox; and of one that it knows nothing of, what it knows of others that this folder
 * had. The list of all is read once in a call.
 */
export async function rememberedOf(
  { stateFolder }: Pick<Host, 'stateFolder'>,
  desired: DesiredSandbox,
  { containers }: Pick<LiveSandbox, 'containers'>,
): Promise<Pick<PlanOptions, 'approved' | 'reach'>> {
  const known = readApprovals(stateFolder, desired)
  const approved = known === null ? {} : { approved: approvedValues(known) }
  const own = known?.reach ?? null
  if (own !== null) return { ...approved, reach: own }
  if (containers.length > 0) return approved
  const all = listed.get(stateFolder) ?? listApprovals(stateFolder)
  listed.set(stateFolder, all)
  const reach = narrowest(reachesBeside(await all, desired))
  return reach === null ? approved : { ...approved, reach }
}

const listed = new Map<string, Promise<readonly Approvals[]>>()
