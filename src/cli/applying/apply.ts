import { rememberApplied } from '../approving/approvals.js'
import { approve, isToBeApproved } from '../approving/approve.js'
import { calledAgain } from '../call/change-flags.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, telling } from '../call/invocation.js'
import { performPlans } from './perform.js'
import { readyToDo } from './ready-to-do.js'
import { planDeclared, type Planned } from '../planning/planning.js'
import type { ApprovalOptions, ChangeOptions } from '../call/options.js'
import { showPlan } from '../planning/show-plan.js'
import { readDeclaredHere } from '../declared/no-file.js'

/** `file` is a saved plan, which says all else. */
export async function apply(
  invocation: Invocation,
  file: string | undefined,
  options: ChangeOptions & ApprovalOptions,
): Promise<number> {
  if (file !== undefined) return (await import('./apply-saved.js')).applySaved(invocation, file, options)
  const declared = await readDeclaredHere(invocation, options)
  return withEngine(invocation, declared.host, async (engine) => {
    const planAgain = async (over: ChangeOptions): Promise<Planned> => {
      const planned = await planDeclared(declared, engine, { ...options, ...over, tell: telling(invocation) })
      // With --json the output is events alone: what was planned is what `plan --json` shows.
      if (invocation.options.json !== true) {
        await showPlan(invocation, planned, engine, { stream: invocation.output, next: null })
      }
      return planned
    }
    const first = await planAgain({})
    const request = { ...options, command: 'sbx apply', mustAsk: true, engine, replan: planAgain }
    const planned = isToBeApproved(first) ? await approve(invocation, first, request) : first
    const again = calledAgain(invocation, 'sbx apply', options)
    const doing = await readyToDo(invocation, engine, planned, options, again)
    const exitCode = await performPlans(invocation, engine, [planned.plan], 'Applied', doing)
    await rememberApplied(invocation, engine, planned)
    return exitCode
  })
}
