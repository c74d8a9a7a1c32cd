import { exitCodes } from '../model/diagnostic.js'
import { callLike } from './call.js'
import { connect } from './connect.js'
import { type Invocation, telling } from './invocation.js'
import type { ChangeOptions } from './options.js'
import { planDeclared } from './planning.js'
import { isChange, showPlan } from './show-plan.js'
import { readDeclaredLocked } from './template-lock.js'

/** Reads and shows; the engine is sent nothing but GET and HEAD. */
export async function plan(
  invocation: Invocation,
  options: ChangeOptions & { readonly detailedExitcode?: boolean },
): Promise<number> {
  const declared = await readDeclaredLocked(invocation, options)
  const engine = await connect(invocation, declared.host)
  try {
    const [bare, moved] = await Promise.all([
      planDeclared(declared, engine, { ...options, tell: telling(invocation) }),
      declared.pins.moved(),
    ])
    const planned = { ...bare, plan: { ...bare.plan, notes: [...bare.plan.notes, ...moved] } }
    await showPlan(invocation, planned, engine, { stream: invocation.output, next: callLike(invocation, 'sbx apply') })
    return options.detailedExitcode === true && isChange(planned.plan) ? exitCodes.changes : 0
  } finally {
    engine.close()
  }
}
