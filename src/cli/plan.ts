import { exitCodes } from '../model/diagnostic.js'
import { callLike } from './call.js'
import { connect } from './connect.js'
import { readDeclared } from './declared.js'
import { type Invocation, telling } from './invocation.js'
import type { ChangeOptions } from './options.js'
import { planDeclared } from './planning.js'
import { isChange, showPlan } from './show-plan.js'

/** Reads and shows; the engine is sent nothing but GET and HEAD. */
export async function plan(
  invocation: Invocation,
  options: ChangeOptions & { readonly detailedExitcode?: boolean },
): Promise<number> {
  const declared = await readDeclared(invocation)
  const engine = await connect(invocation, declared.host)
  try {
    const planned = await planDeclared(declared, engine, { ...options, tell: telling(invocation) })
    await showPlan(invocation, planned, engine, { stream: invocation.output, next: callLike(invocation, 'sbx apply') })
    return options.detailedExitcode === true && isChange(planned.plan) ? exitCodes.changes : 0
  } finally {
    engine.close()
  }
}
