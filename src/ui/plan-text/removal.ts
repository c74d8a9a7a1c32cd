import type { SandboxPlan, Step } from '../../model/plan.js'
import { indented, painted, type Line } from '../line.js'
import { shortId } from '../quantities.js'
import { tableLines } from '../table.js'
import type { Style } from '../style.js'

/** What a removal takes, from its steps. */
export function removalLines(plan: SandboxPlan, style: Style): Line[] {
  const rows = plan.steps.flatMap((step): (readonly [string, string])[] => {
    const row = removed(step, plan)
    return row === undefined ? [] : [row]
  })
  const table = tableLines(rows, { style, columns: style.columns - 8, gap: 3 })
  return indented(
    6,
    table.map((line): Line => [painted('removed', '-'), ' ', ...line]),
  )
}

function removed(step: Step, plan: SandboxPlan): readonly [string, string] | undefined {
  switch (step.do) {
    case 'remove-container': {
      if (!('id' in step.target)) return ['container', step.target.made]
      const { current } = plan
      const isCurrent = current !== null && step.target.id === current.containerId
      return ['container', isCurrent ? `${current.name} (${current.state})` : shortId(step.target.id)]
    }
    case 'remove-record':
      return ['record', step.name]
    case 'remove-volume':
      return ['volume', step.name]
    case 'remove-network':
      return ['network', shortId(step.id)]
    case 'remove-image':
      return ['image', step.reference]
    default:
      return undefined
  }
}
