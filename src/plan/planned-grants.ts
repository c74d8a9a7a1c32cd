// What a sandbox reaches beyond its baseline, and what of it nobody on this machine has said yes to.

import type { DesiredSandbox } from '../model/desired.js'
import { type Grant, type Reach, widens } from '../model/grant.js'
import type { LiveContainer, LiveSandbox } from '../model/live.js'
import type { PlannedGrant } from '../model/plan.js'
import { allowingRule } from '../model/policy.js'
import type { RecordSpec } from '../model/spec.js'
import { isNothingNew, lastReach, openedGrants } from './opened-grants.js'
import type { PlanOptions } from './situation.js'

/**
 * `applied` counts only where this machine remembers nothing of the sandbox: it is on the engine, where others than the
 * user can put things. What another sandbox of the folder gave up since then this one has no yes to any more.
 */
export function plannedGrants(
  desired: DesiredSandbox,
  { others }: Pick<LiveSandbox, 'others'>,
  current: LiveContainer | null,
  applied: RecordSpec | null,
  { approved = applied?.grants ?? {}, reach, latest }: Pick<PlanOptions, 'approved' | 'reach' | 'latest'>,
): readonly PlannedGrant[] {
  const was = lastReach(desired, current, others, { own: reach, latest: latest?.reach ?? null })
  const isGivenUp = ({ key, value }: Grant): boolean =>
    latest !== undefined && widens(value, latest.grants[key]) && !isOfEither(key, latest.reach)
  const isApproved = (grant: Grant): boolean => !widens(grant.value, approved[grant.key]) && !isGivenUp(grant)
  return [...desired.grants, ...openedGrants(desired, was)].map((grant): PlannedGrant => {
    if (isApproved(grant) || isNothingNew(grant, was)) return { ...grant, widens: false }
    if (allowingRule(desired.policy, grant) !== undefined) return { ...grant, widens: false, by: 'policy' }
    return { ...grant, widens: true }
  })
}

/** A login is one agent's alone; and a host is no grant where the other had the open network. */
function isOfEither(key: string, reach: Reach | null): boolean {
  return key === 'login' || (key.startsWith('host:') && reach?.network === 'open')
}
