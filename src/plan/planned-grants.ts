// What a sandbox reaches beyond its baseline, and what of it nobody on this machine has said yes to.

import type { DesiredSandbox } from '../model/desired.js'
import { type Grant, widens } from '../model/grant.js'
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
  remembered: Pick<PlanOptions, 'approved' | 'reach' | 'latest' | 'latestOfAgent'>,
): readonly PlannedGrant[] {
  const { approved = applied?.grants ?? {}, latest, latestOfAgent } = remembered
  const was = lastReach(desired, current, others, remembered)
  const isGivenUp = (grant: Grant): boolean => {
    const { key } = grant
    // A login is one agent's alone.
    const since = key === 'login' ? latestOfAgent : latest
    if (since === undefined || (key.startsWith('host:') && since.reach?.network === 'open')) return false
    return widens(grant, since.grants[key])
  }
  const isApproved = (grant: Grant): boolean => !widens(grant, approved[grant.key]) && !isGivenUp(grant)
  return [...desired.grants, ...openedGrants(desired, was)].map((grant): PlannedGrant => {
    if (isApproved(grant) || isNothingNew(grant, was)) return { ...grant, widens: false }
    if (allowingRule(desired.policy, grant) !== undefined) return { ...grant, widens: false, by: 'policy' }
    return { ...grant, widens: true }
  })
}
