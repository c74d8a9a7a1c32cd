// What a person has said yes to, kept on this machine: before anything is done, so that what fails is not asked about twice,
// and once more when all is done, so that what the sandbox no longer has is asked about when it comes back.

import type { Engine } from '../../model/engine.js'
import { widens } from '../../model/grant.js'
import type { PlannedGrant } from '../../model/plan.js'
import { containerInUse } from '../../plan/in-use.js'
import { isOpened, lastReach, reachAfter } from '../../plan/opened-grants.js'
import { type Approval, type Approvals, readApprovals, writeApprovals, writeLatest } from '../../resolve/approvals.js'
import { errorCode } from '../../resolve/read.js'
import { placeOf, placesWith } from '../call/engine-place.js'
import { type Invocation, tell } from '../call/invocation.js'
import type { Planned } from '../planning/planning.js'

type AskedEngine = Pick<Engine, 'id'>

/** To be called once all of the plan is approved. */
export async function rememberApproved(invocation: Invocation, engine: AskedEngine, planned: Planned): Promise<void> {
  const { plan, declared } = planned
  const place = await placeOf(engine, declared.host.scope, approvalsOf(planned), plan.steps.length > 0)
  const before = approvalsOf(planned)
  const given = plan.grants.flatMap((grant): [string, Approval][] => {
    if (isRevoked(planned, before, grant)) return []
    const known = before?.grants[grant.key]
    // A yes to more is still one, until this was done.
    const isKnown = known !== undefined && known.by === grant.by && !widens(grant, known.value)
    return [[grant.key, isKnown ? known : approvalOf(grant)]]
  })
  const reach = before?.reach ?? planned.options.latest?.reach ?? null
  const grants = { ...before?.grants, ...Object.fromEntries(given) }
  await write(invocation, planned, before, { grants, reach, engines: placesWith(before, place) })
}

/** To be called when it was done. What was opened is what it has now, and no grant any more. */
export async function rememberApplied(invocation: Invocation, engine: AskedEngine, planned: Planned): Promise<void> {
  const { plan, declared, desired, live, options } = planned
  const place = await placeOf(engine, declared.host.scope, approvalsOf(planned), false)
  const before = approvalsOf(planned)
  const given = plan.grants.flatMap((grant): [string, Approval][] => {
    if (isOpened(grant.key) || isRevoked(planned, before, grant)) return []
    const known = before?.grants[grant.key]
    return [[grant.key, known?.value === grant.value && known.by === grant.by ? known : approvalOf(grant)]]
  })
  const was = lastReach(desired, containerInUse(live.containers), live.others, options)
  const reach = reachAfter(desired, was)
  const grants = Object.fromEntries(given)
  await write(invocation, planned, before, { grants, reach, engines: placesWith(before, place) })
}

/** As they are now. */
export function approvalsOf({ declared, desired }: Pick<Planned, 'declared' | 'desired'>): Approvals | null {
  return readApprovals(declared.host.stateFolder, desired)
}

/** Since it was planned: what nobody was asked about then is no yes now. */
function isRevoked({ options }: Planned, before: Approvals | null, { key }: PlannedGrant): boolean {
  return options.approved?.[key] !== undefined && before !== null && before.grants[key] === undefined
}

function approvalOf({ value, by }: PlannedGrant): Approval {
  return { value, at: new Date().toISOString(), ...(by === undefined ? {} : { by }) }
}

/** Without this memory the next plan asks again, and nothing else is lost. */
async function write(
  invocation: Invocation,
  { declared, desired }: Planned,
  before: Approvals | null,
  current: Pick<Approvals, 'grants' | 'reach' | 'engines'>,
): Promise<void> {
  const { id, displayName: name, workspace, inode, profile, agent } = desired
  const now: Approvals = { id, name, workspace, inode, profile, agent, ...current }
  const isSame = before !== null && JSON.stringify(sorted(before)) === JSON.stringify(sorted(now))
  const { stateFolder } = declared.host
  try {
    if (!isSame) await writeApprovals(stateFolder, now)
    await writeLatest(stateFolder, desired)
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    tell(invocation, [`note: what was approved cannot be kept in ${stateFolder} (${code}), and will be asked again.`])
  }
}

function sorted({ name, profile, grants, reach, engines }: Approvals): readonly unknown[] {
  const byKey = Object.entries(grants).sort(([left], [right]) => (left < right ? -1 : 1))
  const known = reach === null ? null : Object.entries(reach).sort(([left], [right]) => (left < right ? -1 : 1))
  return [name, profile, byKey.map(([key, { value, at, by }]) => [key, value, at, by]), known, engines ?? null]
}
