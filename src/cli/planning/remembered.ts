// What this machine knows of a sandbox before it is planned.

import type { DesiredSandbox } from '../../model/desired.js'
import type { PlanOptions } from '../../plan/situation.js'
import { approvedValues, readApprovals, readLatest } from '../../resolve/approvals.js'
import type { Host } from '../../resolve/host.js'

/** Of the sandbox itself, and of the one that was applied last in its folder where that is another. */
export function rememberedOf(
  { stateFolder }: Pick<Host, 'stateFolder'>,
  desired: DesiredSandbox,
): Pick<PlanOptions, 'approved' | 'reach' | 'latest' | 'latestOfAgent'> {
  const own = readApprovals(stateFolder, desired)
  const latest = readLatest(stateFolder, desired, 'all')
  const latestOfAgent = readLatest(stateFolder, desired, 'agent')
  return {
    ...(own === null ? {} : { approved: approvedValues(own) }),
    ...(own === null || own.reach === null ? {} : { reach: own.reach }),
    ...(latest === null ? {} : { latest: { grants: allowedValues(latest), reach: latest.reach } }),
    ...(latestOfAgent === null
      ? {}
      : { latestOfAgent: { grants: allowedValues(latestOfAgent), reach: latestOfAgent.reach } }),
  }
}

/** Whoever said yes to them. */
function allowedValues({ grants }: NonNullable<ReturnType<typeof readApprovals>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(grants).map(([key, { value }]) => [key, value]))
}
