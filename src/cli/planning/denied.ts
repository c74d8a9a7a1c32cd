// What the user's policy denies, to a plan and to a session in what runs already.

import type { DesiredSandbox } from '../../model/desired.js'
import type { ListedContainer, LiveSandbox } from '../../model/live.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { RecordSpec } from '../../model/spec.js'
import { containerInUse } from '../../plan/in-use.js'
import { newestRecord } from '../../plan/live-spec.js'
import { appliedGrants } from '../../resolve/applied-grants.js'
import type { Host } from '../../resolve/host.js'
import { checkPolicy, checkStanding, type Standing } from '../../resolve/policy.js'
import { userPolicy } from '../declared/policy.js'

/** Throws `policy/denied` and `policy/in-reach`. */
export async function checkDenied(
  host: Host,
  desired: DesiredSandbox,
  { grants }: Pick<SandboxPlan, 'grants'>,
  { containers, records, others }: Pick<LiveSandbox, 'containers' | 'records' | 'others'>,
): Promise<void> {
  if (desired.policy === undefined) return
  const current = containerInUse(containers)
  const standing = current === null ? null : await standingOf(host, current, newestRecord(records)?.spec ?? null)
  checkPolicy(desired, grants, others, standing)
}

/** For a session beside the agent: what runs has what it was made with, whatever is denied since. Throws `policy/denied`. */
export async function refuseDenied(
  host: Host,
  container: Pick<ListedContainer, 'sandbox' | 'spec'>,
  record: Pick<RecordSpec, 'grants'>,
): Promise<void> {
  const policy = userPolicy(host)
  if (policy !== null) checkStanding(policy, await standingOf(host, container, record))
}

async function standingOf(
  { home }: Pick<Host, 'home'>,
  { sandbox, spec }: Pick<ListedContainer, 'sandbox' | 'spec'>,
  record: Pick<RecordSpec, 'grants'> | null,
): Promise<Standing> {
  const agentHosts =
    spec.network === 'limited' ? (await import('../../template/proxy-image.js')).agentHosts(sandbox.agent) : []
  return { sandbox, grants: appliedGrants({ sandbox, spec, record }, { home, agentHosts }) }
}
