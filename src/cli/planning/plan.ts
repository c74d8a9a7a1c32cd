import { resolve } from 'node:path'
import { exitCodes, fail } from '../../model/diagnostic.js'
import { shellWord } from '../../model/shell-word.js'
import { callLike } from '../call/call.js'
import { changeFlags } from '../call/change-flags.js'
import { connect } from '../call/connect.js'
import { type Invocation, telling } from '../call/invocation.js'
import type { PlanChoices } from '../call/options.js'
import { planDeclared } from './planning.js'
import { isChange, showPlan } from './show-plan.js'
import { readDeclaredHere } from '../declared/no-file.js'

/** Reads and shows; the engine is sent nothing but GET and HEAD. */
export async function plan(
  invocation: Invocation,
  options: PlanChoices & { readonly detailedExitcode?: boolean; readonly out?: string },
): Promise<number> {
  const { out } = options
  if (out === undefined) refuseForApply(options)
  if (out !== undefined) {
    const { checkPlanPlace } = await import('./saved-plan-file.js')
    await checkPlanPlace(resolve(invocation.workingFolder, out))
  }
  const declared = await readDeclaredHere(invocation, options)
  const engine = await connect(invocation, declared.host)
  try {
    const [bare, moved] = await Promise.all([
      planDeclared(declared, engine, { ...options, tell: telling(invocation) }),
      declared.pins.moved(),
    ])
    const planned = { ...bare, plan: { ...bare.plan, notes: [...bare.plan.notes, ...moved] } }
    const next =
      out === undefined
        ? callLike(invocation, ['sbx apply', ...changeFlags(options)].join(' '))
        : applyCall(invocation, out)
    await showPlan(invocation, planned, engine, { stream: invocation.output, next })
    if (out !== undefined) {
      const { savePlan } = await import('./save-plan.js')
      await savePlan(invocation, planned, engine, options, { file: out, next })
    }
    return options.detailedExitcode === true && isChange(planned.plan) ? exitCodes.changes : 0
  } finally {
    engine.close()
  }
}

/** A plan that is not kept ends nobody's work, and so waits for nobody. */
export function refuseForApply({ force, wait }: PlanChoices): void {
  const given = [...(force === true ? ['--force'] : []), ...(wait === true ? ['--wait'] : [])]
  if (given.length === 0) return
  fail(
    'plan/only-saved',
    'The flag is for a plan that is saved',
    {
      detail: `${given.join(' and ')} says what applying the plan may do. Save it with -o FILE, or give it to sbx apply.`,
    },
    'usage',
  )
}

/** What the plan is of, it says itself; on which engine to do it, the call does. */
function applyCall(invocation: Invocation, file: string): string {
  const { config: _, profile: __, ...options } = invocation.options
  return callLike({ options }, `sbx apply ${shellWord(file)}`)
}
