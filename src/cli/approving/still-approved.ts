// Between a plan and the stop or start of a sandbox lie a person's thinking, a pull, a build. What has begun in the sandbox
// meanwhile, or came to lie in the way of its mounts, nobody has said yes to.

import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import { widens } from '../../model/grant.js'
import type { ApplyOptions } from '../../plan/apply.js'
import { risks } from '../../plan/risks.js'
import type { Approvals } from '../../resolve/approvals.js'
import { withNeighbours } from '../../resolve/resolve.js'
import { checkSources } from '../../resolve/sources.js'
import { amountText } from '../../ui/plan-text/losses.js'
import { counted } from '../../ui/quantities.js'
import { approvalsOf } from './approvals.js'
import { type ApprovalRequest, mayDiscard } from './approve.js'
import type { Planned } from '../planning/planning.js'
import { riskFacts } from '../planning/risk-facts.js'
import { losesMore } from './same-fate.js'

/** In milliseconds. What an engine looks through for each of thousands of files is not asked of it twice in a row. */
const freshEnough = 2000

/**
 * To be made once all is approved and written down. Before the container in use is stopped it throws `approval/changed`
 * where sessions would end that were not there when it was planned, or more would be lost than was to be then; not where
 * flags, or the file of who said yes, said yes to all such. Before that, and before a start, also where a yes was taken
 * back, and what `checkSources` throws.
 */
export function stillApproved(
  engine: Engine,
  planned: Planned,
  given: Pick<ApprovalRequest, 'yes' | 'force' | 'discard'>,
): Required<Pick<ApplyOptions, 'beforeStop' | 'beforeStart'>> {
  const { desired, plan, live, risks: approved, lookedAt } = planned
  const kept = approvalsOf(planned)
  const beforeStart = async (): Promise<void> => {
    refuseRevoked(planned, kept)
    await checkPlaces(engine, planned)
  }
  return {
    beforeStart,
    async beforeStop() {
      const { current } = plan
      if (current === null) return
      if (plan.steps.some((step) => step.do === 'start')) await beforeStart()
      if (given.force !== true) {
        const { length } = await engine.sessions(current.containerId)
        if (length > approved.sessions.length) {
          worked(plan.name, `It has ${counted(length, 'open session')} by now`)
        }
      }
      if (mayDiscard(desired, given) || performance.now() - lookedAt < freshEnough) return
      const facts = await riskFacts(plan, live, engine)
      const now = risks(plan, facts)
      if (now.losses !== null && losesMore({ risks: now, facts }, planned)) {
        worked(plan.name, `${amountText(now.losses)} outside kept paths would be lost by now`)
      }
    },
  }
}

/** Of what this machine knew of as approved; where it cannot keep that, nothing was taken back either. */
function refuseRevoked(planned: Planned, kept: Approvals | null): void {
  const { plan, options } = planned
  const now = approvalsOf(planned)?.grants ?? {}
  for (const grant of plan.grants) {
    const { key } = grant
    const wasKept = kept !== null && (kept.grants[key] ?? options.approved?.[key]) !== undefined
    if (wasKept && widens(grant, now[key]?.value)) changed(`The yes to ${key} of ${plan.name} was taken back by now`)
  }
}

/** Another sandbox can have come to write where a mount, or the workspace, can be swapped from. */
async function checkPlaces(engine: Engine, { desired, declared }: Planned): Promise<void> {
  const { containerSpec: spec, origins } = desired
  const others = (await engine.list()).filter(({ sandbox }) => sandbox.id !== desired.id)
  await checkSources({ spec, others, origins })
  const { grants } = desired.recordSpec
  for (const { key, value } of withNeighbours(desired, others, declared.host.home).grants) {
    if (grants[key] !== value)
      changed(`${desired.displayName} would reach ${key} ${value}, which nobody was asked about`)
  }
}

function worked(name: string, what: string): never {
  changed(`${name} has been worked in since it was planned. ${what}`)
}

function changed(what: string): never {
  throw new DiagnosticError(
    [
      {
        severity: 'error',
        code: 'approval/changed',
        summary: 'What was approved has changed',
        detail: `${what}. Apply again.`,
      },
    ],
    'approval',
  )
}
