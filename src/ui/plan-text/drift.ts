// What somebody changed behind our back: three values, because a config edit, a change by hand and both at once differ.

import { canonicalJson, pointerSegments } from '../../model/json.js'
import type { FieldChange, SandboxPlan, ShownValue } from '../../model/plan.js'
import { textWidth, wrapText } from '../characters.js'
import { indented, lineWidth, painted, type Line } from '../line.js'
import { shortId } from '../quantities.js'
import { tableLines } from '../table.js'
import type { PlanContext } from './context.js'
import { settingName, shownText } from './values.js'

/** A folder made anew has three values too, but none that says anything to a person. */
export function isDrift(change: FieldChange): boolean {
  return (change.origin === 'drift' || change.lastApplied !== undefined) && change.path !== workspaceFolder
}

export const workspaceFolder = '/workspace/inode'
export const readiness = '/ready'

/** Whether the plan has a table of them, which then has the image as well where its tag has moved. */
export function hasDriftTable({ action, changes, ignored = [] }: SandboxPlan): boolean {
  return ['start', 'update', 'recreate'].includes(action) && [...changes.filter(isDrift), ...ignored].length > 0
}

/** The ignored ones of a plan that changes nothing, under a line that says so. */
export function ignoredLines(plan: SandboxPlan, context: PlanContext): Line[] {
  if (plan.action !== 'reuse' || plan.ignored === undefined) return []
  const text = `${plan.name} was changed outside sbx; lifecycle.ignoreDrift says to leave that`
  const [first = '', ...more] = wrapText(text, context.style.columns - 6)
  return [
    ['  ', painted('changed', '?'), ' ', first],
    ...indented(
      6,
      more.map((line) => [line]),
    ),
    ...tableOf(plan.ignored.map(ignoredRow(plan, context)), context),
  ]
}

export function driftLines(plan: SandboxPlan, context: PlanContext): Line[] {
  const { changes, ignored = [], notes } = plan
  const drifted = changes.filter((change) => isDrift(change) && !isOfLostRecord(change))
  const rows = [
    ...drifted.map((change) => rowOf(change, doneText(change, context), context)),
    ...ignored.map(ignoredRow(plan, context)),
    ...notes.flatMap((note) => (note.kind === 'tag-moved' ? [tagRow(note, context)] : [])),
  ]
  return [...lostRecordLines(changes, context), ...(rows.length === 0 ? [] : tableOf(rows, context))]
}

/** What a session starts with nobody can change on the engine: it is unknown where the record of it was removed. */
function isOfLostRecord({ origin, effect }: FieldChange): boolean {
  return origin === 'drift' && effect === 'next_session'
}

/** One line for all of it: their values are the file's, and none of them was changed. */
function lostRecordLines(changes: readonly FieldChange[], { style }: PlanContext): Line[] {
  const keys = new Set(changes.filter(isOfLostRecord).map(({ path }) => pointerSegments(path)[0]))
  if (keys.size === 0) return []
  const text = `the record of what a session starts with (${[...keys].join(', ')}) is gone; apply writes it again`
  return indented(
    6,
    wrapText(text, style.columns - 6).map((line) => [line]),
  )
}

type Row = {
  readonly name: string
  readonly values: readonly [applied: string, live: string, config: string]
  readonly done: string
  readonly below?: string
}

const heads = ['setting', 'last applied', 'live now', 'config', 'apply does']
const forcing = '# forces recreate'

function rowOf(change: FieldChange, done: string, context: PlanContext): Row {
  const text = textIn(change, context)
  return {
    name: settingName(change.path, context.home),
    values: [text(lastApplied(change)), text(change.before), text(change.after)],
    done,
  }
}

/** A new container is as the file says, whatever was changed on the old one. */
function ignoredRow({ action }: SandboxPlan, context: PlanContext): (change: FieldChange) => Row {
  return (change) => {
    const text = textIn(change, context)
    return rowOf(
      change,
      action === 'recreate' ? `${text(change.before)} -> ${text(change.after)}` : 'nothing (ignored)',
      context,
    )
  }
}

function tagRow(
  { reference, from, to }: { readonly reference: string; readonly from: string; readonly to: string },
  { command = (text) => text }: PlanContext,
): Row {
  const [old, now] = [shortId(from).slice(0, 8), shortId(to).slice(0, 8)]
  return {
    name: `image ${reference}`,
    values: [old, old, now],
    done: '# tag moved',
    below: `the tag now names a newer image: ${command('sbx apply --upgrade')}`,
  }
}

/** Drift alone is a live value that left what was applied, and so what the config still says. */
function lastApplied(change: FieldChange): ShownValue | undefined {
  return change.origin === 'drift' ? change.after : (change.lastApplied ?? change.before)
}

function textIn({ path }: FieldChange, { home }: PlanContext): (value: ShownValue | undefined) => string {
  return (value) => shownText(value, path, home)
}

function doneText(change: FieldChange, context: PlanContext): string {
  const { before, after, effect, path } = change
  const text = textIn(change, context)
  if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after)) {
    return 'nothing (same)'
  }
  if (effect === 'recreate') return forcing
  if (path === readiness) return effect === 'restart' ? 'a restart' : 'waits for it'
  return `${text(before)} -> ${text(after)}`
}

function tableOf(rows: readonly Row[], context: PlanContext): Line[] {
  const { style } = context
  const cells = rows.map(({ name, values, done }) => [name, ...values, done])
  const widest = Math.max(...rows.flatMap(({ values }) => values.map(textWidth)))
  const whole = tableLines([heads, ...cells], { style: { ...style, columns: 1000 }, gap: 3 })
  if (widest > 24 || Math.max(...whole.map(lineWidth)) > style.columns - 6) {
    return indented(
      6,
      rows.flatMap((row) => stacked(row, context)),
    )
  }
  const [head = [], ...lines] = tableLines([heads.map((name) => painted('faint', name)), ...cells], {
    style,
    columns: style.columns - 6,
    gap: 3,
  })
  return indented(6, [
    head,
    ...lines.flatMap((line, index): Line[] => {
      const { below } = rows[index] ?? {}
      return below === undefined ? [line] : [line, ['  ', painted('faint', below)]]
    }),
  ])
}

function stacked({ name, values, done, below }: Row, { style }: PlanContext): Line[] {
  const isMarked = done.startsWith('#')
  const pairs = [...values, ...(isMarked ? [] : [done])].map((value, index) => [
    painted('faint', heads[index + 1] ?? ''),
    value,
  ])
  return [
    [name, ...(isMarked ? [painted('attention', `   ${done}`)] : [])],
    ...indented(4, tableLines(pairs, { style, columns: style.columns - 10, gap: 3 })),
    ...(below === undefined ? [] : [['    ', painted('faint', below)]]),
  ]
}
