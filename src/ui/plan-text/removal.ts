import type { SandboxPlan, Step } from '../../model/plan.js'
import { indented, painted, type Line } from '../line.js'
import { shortId } from '../quantities.js'
import type { Style } from '../style.js'
import { tableLines } from '../table.js'

/** What a removal takes, from its steps. */
export function removalLines(plan: SandboxPlan, style: Style): Line[] {
  const table = tableLines(
    plan.steps.flatMap((step) => removedRows(step, plan)),
    {
      style,
      columns: style.columns - 8,
      gap: 3,
    },
  )
  return indented(
    6,
    table.map((line): Line => [painted('removed', '-'), ' ', ...line]),
  )
}

function removedRows(step: Step, { current, steps }: SandboxPlan): (readonly [kind: string, name: string])[] {
  if (step.do === 'remove-record') {
    // One that is there for as long as the apply takes is no news.
    const isPassing = steps.some((each) => each.do === 'create-record' && each.name === step.name)
    return isPassing ? [] : [['record', step.name]]
  }
  if (step.do === 'remove-volume') return [['volume', step.name]]
  if (step.do === 'remove-network') return [['network', shortId(step.id)]]
  if (step.do === 'remove-image') return [['image', step.reference]]
  if (step.do === 'remove-proxy') return [['proxy', 'id' in step.target ? shortId(step.target.id) : step.target.made]]
  if (step.do !== 'remove-container') return []
  if (!('id' in step.target)) return [['container', step.target.made]]
  const isCurrent = current !== null && step.target.id === current.containerId
  return [['container', isCurrent ? `${current.name} (${current.state})` : shortId(step.target.id)]]
}
