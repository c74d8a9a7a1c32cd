// What a sandbox reaches beyond its baseline, and what of it nobody on this machine has said yes to.

import type { DesiredSandbox } from '../model/desired.js'
import { widens } from '../model/grant.js'
import type { LiveContainer, LiveSandbox } from '../model/live.js'
import type { PlannedGrant } from '../model/plan.js'
import { allowingRule } from '../model/policy.js'
import type { RecordSpec } from '../model/spec.js'
import { isNothingNew, lastReach, openedGrants } from './opened-grants.js'
import type { PlanOptions } from './situation.js'

/**
 * `applied` counts only where this machine remembers nothing of the sandbox: it is on the engine, where others than the
 * user can put things.
 */
export function plannedGrants(
  desired: DesiredSandbox,
  { others }: Pick<LiveSandbox, 'others'>,
  current: LiveContainer | null,
  applied: RecordSpec | null,
  { approved = applied?.grants ?? {}, reach }: Pick<PlanOptions, 'approved' | 'reach'>,
): readonly PlannedGrant[] {
  const was = lastReach(desired, current, others, reach)
  return [...desired.grants, ...openedGrants(desired, was)].map((grant): PlannedGrant => {
    if (!widens(grant.value, approved[grant.key]) || isNothingNew(grant, was)) return { ...grant, widens: false }
    if (allowingRule(desired.policy, grant) !== undefined) return { ...grant, widens: false, by: 'policy' }
    return { ...grant, widens: true }
  })
}
