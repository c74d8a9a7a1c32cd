import { approve } from './approve.js'
import { withEngine } from './connect.js'
import { type Invocation, telling } from './invocation.js'
import { performPlans } from './perform.js'
import { checkBeforeStart, planDeclared } from './planning.js'
import type { ApprovalOptions, ChangeOptions } from './options.js'
import { isChange, showPlan } from './show-plan.js'
import { readDeclaredLocked } from './template-lock.js'

export async function apply(invocation: Invocation, options: ChangeOptions & ApprovalOptions): Promise<number> {
  const declared = await readDeclaredLocked(invocation, options)
  return withEngine(invocation, declared.host, async (engine) => {
    const planned = await planDeclared(declared, engine, { ...options, tell: telling(invocation) })
    // With --json the output is events alone: what was planned is what `plan --json` shows.
    if (invocation.options.json !== true) {
      await showPlan(invocation, planned, engine, { stream: invocation.output, next: null })
    }
    if (isChange(planned.plan)) await approve(invocation, planned, { ...options, command: 'sbx apply', mustAsk: true })
    await checkBeforeStart(planned)
    await declared.pins.keep()
    return performPlans(invocation, engine, [planned.plan], 'Applied')
  })
}
