import type { SandboxPlan } from '../model/plan.js'
import { painted, renderLines, type Line } from './line.js'
import { removalLines } from './plan-text/removal.js'
import { plainStyle, type Style } from './style.js'

/** What `sbx prune` would remove, sandbox by sandbox. */
export function pruneText(plans: readonly SandboxPlan[], style: Style = plainStyle): string[] {
  const lines = plans.flatMap((plan): Line[] => [
    ['  ', painted('strong', plan.name), `  ${reasonText(plan)}`],
    ...removalLines(plan, style),
  ])
  return renderLines(lines, style)
}

function reasonText({ action, reason, current }: SandboxPlan): string {
  if (action === 'update') return 'left by an unfinished apply'
  if (reason === 'missing') return 'an orphan: its workspace is gone'
  return current === null ? 'no sandbox uses it' : 'not needed'
}
