// Between a plan and the stop of a sandbox lie a person's thinking, a pull, a build. What has begun in the sandbox meanwhile
// nobody has said yes to.

import { DiagnosticError } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import { risks } from '../plan/risks.js'
import { counted } from '../ui/quantities.js'
import { amountText } from '../ui/plan-text/losses.js'
import type { Planned } from './planning.js'
import { riskFacts } from './risk-facts.js'

/** In milliseconds. What an engine looks through for each of thousands of files is not asked of it twice in a row. */
const freshEnough = 2000

/**
 * To be called before the container in use is stopped. Throws `approval/changed` where sessions would end that were not
 * there when it was planned, or something would be lost and nothing was to be then; not where flags said yes to all such.
 */
export function stillApproved(
  engine: Engine,
  { plan, live, risks: approved, lookedAt }: Planned,
  { force, discard }: { readonly force?: boolean; readonly discard?: boolean },
): { readonly beforeStop: () => Promise<void> } {
  return {
    async beforeStop() {
      const { current } = plan
      if (current === null) return
      if (force !== true) {
        const { length } = await engine.sessions(current.containerId)
        if (length > approved.sessions.length) {
          changed(plan.name, `It has ${counted(length, 'open session')} by now`)
        }
      }
      if (discard === true || approved.losses !== null || performance.now() - lookedAt < freshEnough) return
      const { losses } = risks(plan, await riskFacts(plan, live, engine))
      if (losses !== null) changed(plan.name, `${amountText(losses)} outside kept paths would be lost by now`)
    },
  }
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
