// What somebody changed behind our back: three values, because a config edit, a change by hand and both at once differ.

import { canonicalJson } from '../../model/json.js'
import type { FieldChange, ShownValue } from '../../model/plan.js'
import { textWidth } from '../characters.js'
import { indented, lineWidth, painted, type Line } from '../line.js'
import { tableLines } from '../table.js'
import type { PlanContext } from './context.js'
import { settingName, shownText } from './values.js'

/** A folder made anew has three values too, but none that says anything to a person. */
export function isDrift(change: FieldChange): boolean {
  return (change.origin === 'drift' || change.lastApplied !== undefined) && change.path !== workspaceFolder
}

export const workspaceFolder = '/workspace/inode'

/** Drift alone is a live value that left what was applied, and so what the config still says. */
function lastApplied(change: FieldChange): ShownValue | undefined {
  return change.origin === 'drift' ? change.after : (change.lastApplied ?? change.before)
}

export function driftLines(changes: readonly FieldChange[], context: PlanContext): Line[] {
  const heads = ['setting', 'last applied', 'live now', 'config', 'apply does']
  const rows = changes.map((change) => {
    const text = (value: FieldChange['before']): string => shownText(value, change.path, context.home)
    return [
      settingName(change.path, context.home),
      text(lastApplied(change)),
      text(change.before),
      text(change.after),
      doneText(change, text),
    ]
  })
  const widest = Math.max(...rows.flatMap((row) => row.slice(1, 4).map(textWidth)))
  const whole = tableLines([heads, ...rows], { style: { ...context.style, columns: 1000 }, gap: 3 })
  if (widest > 24 || Math.max(...whole.map(lineWidth)) > context.style.columns - 6) {
    return indented(
      6,
      rows.flatMap((row) => stacked(heads, row, context)),
    )
  }
  const table = tableLines([heads.map((head) => painted('faint', head)), ...rows], {
    style: context.style,
    columns: context.style.columns - 6,
    gap: 3,
  })
  return indented(6, table)
}

function doneText(change: FieldChange, text: (value: FieldChange['before']) => string): string {
  const { before, after, effect } = change
  if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after)) {
    return 'nothing (same)'
  }
  if (effect === 'recreate') return '# forces recreate'
  return `${text(before)} -> ${text(after)}`
}

function stacked(heads: readonly string[], row: readonly string[], context: PlanContext): Line[] {
  const [name = '', ...values] = row
  const done = values.at(-1) === '# forces recreate' ? [painted('attention', '   # forces recreate')] : []
  const pairs = heads.slice(1, 4).map((head, index) => [painted('faint', head), values[index] ?? ''])
  const columns = context.style.columns - 10
  return [[name, ...done], ...indented(4, tableLines(pairs, { style: context.style, columns, gap: 3 }))]
}
