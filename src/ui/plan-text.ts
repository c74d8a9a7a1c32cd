// A plan for a person: what and why first, then each setting, what is lost and who must say yes, then the count.

import type { Action, FieldChange, SandboxPlan } from '../model/plan.js'
import { escapeControls, wrapText } from './characters.js'
import { painted, renderLines, type Line } from './line.js'
import { changeLines } from './plan-text/changes.js'
import type { PlanContext, PlannedSandbox } from './plan-text/context.js'
import { createLines } from './plan-text/create.js'
import { driftLines, hasDriftTable, ignoredLines, isDrift } from './plan-text/drift.js'
import { grantLines } from './plan-text/grants.js'
import { headLines, upToDateLine } from './plan-text/head.js'
import { lossLines } from './plan-text/losses.js'
import { noteLines } from './plan-text/notes.js'
import { isPrepare, prepareLines, seedLines } from './plan-text/prepare.js'
import { removalLines } from './plan-text/removal.js'
import { counted, pathText, shortId } from './quantities.js'

export function planText(planned: readonly PlannedSandbox[], context: PlanContext): string[] {
  return renderLines(planLines(planned, context), context.style)
}

/** The same before it is written, for who keeps it. */
export function planLines(planned: readonly PlannedSandbox[], context: PlanContext): Line[] {
  const changing = planned.filter(({ plan }) => plan.action !== 'reuse')
  const same = planned.filter(({ plan }) => plan.action === 'reuse')
  const notes = planned.flatMap(({ plan }) => noteLines(plan, context))
  const blocks: Line[][] = [
    ...(changing.length === 0 ? [] : [[sourceLine(planned, context)]]),
    ...(same.length === 0 ? [] : [same.map((each) => upToDateLine(each, context))]),
    ...changing.flatMap((each) => sandboxBlocks(each, context)),
    ...(changing.length === 0 ? [] : [countLines(changing, context)]),
  ]
  // Where nothing changes, the two lines that say so come first, as the whole answer.
  if (changing.length === 0) blocks.push([...(blocks.pop() ?? []), ['No changes.']])
  const at = changing.length === 0 ? blocks.length : blocks.length - 1
  const ignored = same.flatMap(({ plan }) => ignoredLines(plan, context))
  const grants = same.flatMap(({ plan }) => grantLines(plan, context))
  blocks.splice(at, 0, ...[ignored, grants, notes].filter((block) => block.length > 0))
  return separated(blocks)
}

function sourceLine(planned: readonly PlannedSandbox[], context: PlanContext): Line {
  const { configFile, workingFolder, home, engine, endpoint } = context
  const isRemoval = planned.every(({ plan }) => plan.action === 'remove')
  const file = configFile === null ? '(no sandbox.yaml)' : pathText(configFile, workingFolder, home)
  return [painted('faint', `${isRemoval ? 'on' : `${file} against`} ${engine} (${endpoint})`)]
}

export function sandboxBlocks(planned: PlannedSandbox, context: PlanContext): Line[][] {
  const { plan } = planned
  const blocks = [headLines(planned, context.style.columns), settingLines(planned, context)]
  blocks.push(lossLines(planned, context))
  blocks.push(grantLines(plan, context))
  return blocks.filter((block) => block.length > 0)
}

function settingLines(planned: PlannedSandbox, context: PlanContext): Line[] {
  const { plan } = planned
  if (plan.action === 'create') return createLines(planned, context)
  if (plan.action === 'remove' || plan.changes.length === 0) {
    const removed = removalLines(plan, context.style)
    if (removed.length > 0 && plan.action !== 'recreate') return [...seedLines(plan), ...removed]
  }
  const changes = plan.changes.filter((change) => !isDrift(change) && !isPrepare(change))
  const lines = changeLines([...changes, ...newId(plan)], plan.action !== 'recreate', context)
  lines.push(...seedLines(plan), ...prepareLines(plan, context))
  if (hasDriftTable(plan)) {
    const isAlone = changes.length === 0 && plan.changes.length > 0
    if (!isAlone) lines.push([], ['      ', painted('changed', 'changed outside sbx:')])
    lines.push(...driftLines(plan, context))
  }
  if (plan.unchanged > 0) {
    lines.push(['        ', painted('faint', `# ${counted(plan.unchanged, 'setting')} unchanged`)])
  }
  return lines
}

/** A recreated container has another id; it is not a setting, but reads as one. */
function newId(plan: SandboxPlan): FieldChange[] {
  if (plan.action !== 'recreate' || plan.current === null) return []
  const before = { value: shortId(plan.current.containerId) }
  return [{ path: '/id', op: 'change', effect: 'live', origin: 'requested', before, after: { unknown: true } }]
}

const countedActions = [
  ['create', 'to create'],
  ['start', 'to start'],
  ['update', 'to update'],
  ['recreate', 'to recreate'],
  ['remove', 'to remove'],
] as const satisfies readonly (readonly [Action, string])[]

export function countLines(changing: readonly PlannedSandbox[], context: PlanContext): Line[] {
  const counts = countedActions
    .map(([action, text]) => ({ action, text, count: changing.filter(({ plan }) => plan.action === action).length }))
    .filter(({ action, count }) => action !== 'start' || count > 0)
    .map(({ count, text }) => `${count} ${text}`)
  const widening = changing.flatMap(({ plan }) => plan.grants.filter((grant) => grant.widens)).length
  const changes = changing.flatMap(({ plan }) => plan.changes)
  const after = [
    changes.length > 0 && changes.every(isDrift) ? '(drift only)' : '',
    widening === 0 ? '' : `${widening} ${widening === 1 ? 'widens' : 'widen'} access.`,
  ].filter((text) => text !== '')
  const lines = wrapText([`Plan: ${counts.join(', ')}.`, ...after].join(' '), context.style.columns).map(
    (line): Line => [line],
  )
  if (context.next !== null) lines.push(['Next: ', painted('strong', escapeControls(context.next))])
  return lines
}

export function separated(blocks: readonly (readonly Line[])[]): Line[] {
  return blocks.flatMap((block, index) => (index === 0 ? block : [[], ...block]))
}
