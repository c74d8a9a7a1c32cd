import { exitCodes } from '../../model/diagnostic.js'
import { readHost } from '../../resolve/host.js'
import { declareAll, planAllDeclared } from './all.js'
import { callLike, commandForAll } from '../call/call.js'
import { changeFlags } from '../call/change-flags.js'
import { withEngine } from '../call/connect.js'
import type { Invocation } from '../call/invocation.js'
import type { PlanChoices } from '../call/options.js'
import { refuseForApply } from '../planning/plan.js'
import { showAll } from './show-all.js'
import { isChange } from '../planning/show-plan.js'

/** Plans every sandbox.yaml below the folders, or the working folder. Exit code 1 where one of them failed. */
export async function planAll(
  invocation: Invocation,
  folders: readonly string[],
  options: PlanChoices & { readonly detailedExitcode?: boolean },
): Promise<number> {
  refuseForApply(options)
  const host = await readHost(invocation.env)
  const all = await declareAll(invocation, host, folders, options)
  return withEngine(invocation, host, async (engine) => {
    const next = callLike(invocation, [commandForAll(folders), ...changeFlags(options)].join(' '))
    const planned = await planAllDeclared(invocation, engine, all, options)
    await showAll(invocation, planned, engine, next)
    if (planned.failed.length > 0) return exitCodes.failed
    const hasChanges = planned.planned.some((each) => isChange(each.planned.plan))
    return options.detailedExitcode === true && hasChanges ? exitCodes.changes : 0
  })
}
