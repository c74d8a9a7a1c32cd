import type { Action, SandboxPlan } from '../model/plan.js'

/** How many plans come to what, as a script reads it. */
export function actionCounts(plans: readonly SandboxPlan[]): Readonly<Record<string, number>> {
  const count = (action: Action): number => plans.filter((plan) => plan.action === action).length
  return {
    create: count('create'),
    start: count('start'),
    update: count('update'),
    recreate: count('recreate'),
    remove: count('remove'),
    unchanged: count('reuse'),
  }
}
