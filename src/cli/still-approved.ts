// Between a plan and the stop of a sandbox lie a person's thinking, a pull, a build. What has begun in the sandbox meanwhile
// nobody has said yes to.

import { DiagnosticError } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import type { Losses } from '../model/risks.js'
import { risks } from '../plan/risks.js'
import { counted } from '../ui/quantities.js'
import { amountText } from '../ui/plan-text/losses.js'
import { type ApprovalRequest, mayDiscard } from './approve.js'
import type { Planned } from './planning.js'
import { riskFacts } from './risk-facts.js'

/** In milliseconds. What an engine looks through for each of thousands of files is not asked of it twice in a row. */
const freshEnough = 2000

/**
 * To be called before the container in use is stopped. Throws `approval/changed` where sessions would end that were not
 * there when it was planned, or more would be lost than was to be then; not where flags, or the file of who said yes,
 * said yes to all such.
 */
export function stillApproved(
  engine: Engine,
  { desired, plan, live, risks: approved, lookedAt }: Planned,
  given: Pick<ApprovalRequest, 'yes' | 'force' | 'discard'>,
): { readonly beforeStop: () => Promise<void> } {
  return {
    async beforeStop() {
      const { current } = plan
      if (current === null) return
      if (given.force !== true) {
        const { length } = await engine.sessions(current.containerId)
        if (length > approved.sessions.length) {
          changed(plan.name, `It has ${counted(length, 'open session')} by now`)
        }
      }
      if (mayDiscard(desired, given) || performance.now() - lookedAt < freshEnough) return
      const { losses } = risks(plan, await riskFacts(plan, live, engine))
      if (losses !== null && isMore(losses, approved.losses)) {
        changed(plan.name, `${amountText(losses)} outside kept paths would be lost by now`)
      }
    },
  }
}

/** Not by size: a log that grows is no other loss. */
function isMore(now: Losses, approved: Losses | null): boolean {
  if (approved === null || now.files.count > approved.files.count || now.deleted > approved.deleted) return true
  if (now.uncounted !== approved.uncounted) return true
  const packages = new Set(approved.packages.map(({ manager, name }) => `${manager} ${name}`))
  return (
    now.packages.some(({ manager, name }) => !packages.has(`${manager} ${name}`)) ||
    now.volumes.some((path) => !approved.volumes.includes(path))
  )
}

function changed(name: string, what: string): never {
  throw new DiagnosticError(
    [
      {
        severity: 'error',
        code: 'approval/changed',
        summary: 'What was approved has changed',
        detail: `${name} has been worked in since it was planned. ${what}. Apply again.`,
      },
    ],
    'approval',
  )
}
