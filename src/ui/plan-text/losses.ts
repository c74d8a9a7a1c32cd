// What a recreate or a removal keeps, what it throws away and whom it interrupts.

import { agentHome } from '../../model/names.js'
import { padEnd } from '../characters.js'
import { painted, type Line } from '../line.js'
import { counted, withTilde } from '../quantities.js'
import { tableLines } from '../table.js'
import type { PlanContext, PlannedSandbox } from './context.js'
import { folderCounts, leafCount } from './folders.js'

export function lossLines(planned: PlannedSandbox, context: PlanContext): Line[] {
  const { plan, risks } = planned
  const lines: Line[] = []
  const row = (name: string, text: string): Line => [`    ${padEnd(name, 9)}  ${text}`]

  const request = plan.steps.flatMap((step) => (step.do === 'create-container' ? [step.request] : []))[0]
  if (plan.action === 'recreate' && request !== undefined) {
    const { volumes, workspace } = request.spec
    const made = plan.steps.flatMap((step) => (step.do === 'create-volume' ? [step.name] : []))
    for (const [target, name] of Object.entries(volumes)) {
      if (made.includes(name)) continue
      lines.push(row('kept', `volume ${name} (${target === agentHome ? 'history, settings, caches' : 'login'})`))
    }
    lines.push(row('kept', `${withTilde(workspace.path, context.home)} (your files; never touched)`))
  }
  if (risks === undefined) return lines

  const lost = leafCount(risks.discarded)
  if (lost > 0) {
    lines.push(['    ', painted('removed', 'DISCARDED'), `  ${counted(lost, 'path')} changed outside what is kept`])
    const rows = folderCounts(risks.discarded).map(({ path, count }) => [path, String(count)])
    const options = { style: context.style, columns: context.style.columns - 19, numeric: [1], gap: 3 }
    for (const line of tableLines(rows, options)) lines.push([' '.repeat(17), ...line])
    if (plan.action === 'recreate')
      lines.push([' '.repeat(15), painted('faint', 'what everyone needs belongs in setup: in sandbox.yaml')])
  }
  if (risks.sessions > 0) {
    lines.push(row('session', `${counted(risks.sessions, 'open session')} will be ended`))
  }
  return lines
}
