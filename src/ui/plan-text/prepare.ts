// What makes the project ready, a command a row.

import type { PrepareStep, SandboxPlan } from '../../model/plan.js'
import { cutText, escapeControls } from '../characters.js'
import { indented, painted, type Line, type Part } from '../line.js'
import { oneLine } from '../step-text.js'
import { tableLines } from '../table.js'
import type { PlanContext } from './context.js'

export function isPrepare({ path }: { readonly path: string }): boolean {
  return path.startsWith('/prepare/')
}

export function prepareSteps({ steps }: Pick<SandboxPlan, 'steps'>): PrepareStep[] {
  return steps.filter((step) => step.do === 'prepare')
}

const signs = {
  new: painted('added', '+'),
  changed: painted('changed', '~'),
  requested: painted('changed', '~'),
} as const satisfies Record<PrepareStep['why'], Part>

/** Of the workspace, where the sandbox gets a clone of it. */
export const stays = 'what is not committed, or ignored, stays here'

/** Of one that an apply did not come to, or that was cut off; and of one that is taken up again. */
export function seedLines({ action, steps }: SandboxPlan): Line[] {
  const seed = steps.find((step) => step.do === 'seed-workspace')
  if (seed === undefined || action === 'create') return []
  // Not of one that an apply was killed over: that is in a container that there is, and goes on there.
  if (seed.isThere === true && action === 'recreate') return [['      ', signs.new, ' clone  as it was left']]
  const text = ` clone  to be filled, branch ${escapeControls(seed.branch)} from ${seed.head.slice(0, 7)}`
  // Of one that goes on in the container that there is nothing of this machine's folder is left behind now.
  if (action !== 'recreate') return [['      ', signs.new, text]]
  return [
    ['      ', signs.new, text],
    [' '.repeat(15), painted('faint', stays)],
  ]
}

/** Each with why it runs, where that is not that all of them do. */
export function prepareLines(plan: SandboxPlan, { style }: Pick<PlanContext, 'style'>): Line[] {
  const steps = prepareSteps(plan)
  const rows = steps.map((step): readonly Part[] => {
    return [commandText(step), painted('faint', plan.action === 'recreate' ? '' : whyText(step))]
  })
  const lines = tableLines(rows, { style, columns: style.columns - '      + prepare  '.length })
  return indented(
    6,
    lines.map((line, at) => [signs[steps[at]?.why ?? 'new'], ' prepare  ', ...line]),
  )
}

/** The first line of a command, as short as a row has room for. */
export function commandText({ run }: Pick<PrepareStep, 'run'>): string {
  return cutText(escapeControls(oneLine(run)), 60)
}

function whyText({ why, files }: PrepareStep): string {
  switch (why) {
    case 'new':
      return '# not done yet'
    case 'changed':
      return `# ${files.join(' or ')} changed`
    case 'requested':
      return '# once more'
  }
}
