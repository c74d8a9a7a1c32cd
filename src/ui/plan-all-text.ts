// Many plans for a person: a table of all, then each that changes something in full, then one count.

import { dirname } from 'node:path'
import type { Diagnostic } from '../model/diagnostic.js'
import type { Note } from '../model/note.js'
import type { SandboxPlan } from '../model/plan.js'
import { painted, renderLines, type Line, type Part } from './line.js'
import type { PlanContext, PlannedSandbox } from './plan-text/context.js'
import { isDrift } from './plan-text/drift.js'
import { grantLines } from './plan-text/grants.js'
import { noteLines } from './plan-text/notes.js'
import { countLines, sandboxBlocks, separated } from './plan-text.js'
import { counted, pathText } from './quantities.js'
import { tableLines } from './table.js'

/** What one file declares, and what became of planning it. */
export type PlannedOfFile = { readonly file: string } & (
  { readonly planned: PlannedSandbox } | { readonly diagnostics: readonly Diagnostic[] }
)

type All = readonly PlannedOfFile[]

/** The table and the plans. `planAllEnd` has the rest, behind what is said of those that failed. */
export function planAllText(all: All, context: PlanContext): string[] {
  const planned = all.flatMap((each) => ('planned' in each ? [each.planned] : []))
  const changing = planned.filter(({ plan }) => plan.action !== 'reuse')
  const notes = allNotes(all, context)
  const blocks: Line[][] = [
    [sourceLine(all, context)],
    tableLines([tableHead, ...all.map((each) => tableRow(each, context))], {
      style: context.style.isTerminal ? context.style : { ...context.style, columns: 10_000 },
      flexible: [1, 3],
    }),
    ...changing.flatMap((each) => sandboxBlocks(each, aboutOne(all, each, context))),
    ...revokedBlocks(planned, context),
    ...(notes.length === 0 ? [] : [notes]),
  ]
  return renderLines(separated(blocks), context.style)
}

export function planAllEnd(all: All, context: PlanContext): string[] {
  const planned = all.flatMap((each) => ('planned' in each ? [each.planned] : []))
  const changing = planned.filter(({ plan }) => plan.action !== 'reuse')
  const failed = all.length - planned.length
  const lines = [
    ...(changing.length === 0 ? [[failed === 0 ? 'No changes.' : 'No other changes.']] : countLines(changing, context)),
    ...(failed === 0 ? [] : [[painted('removed', `${counted(failed, 'file')} of ${String(all.length)} failed.`)]]),
  ]
  return renderLines([[], ...lines], context.style)
}

function sourceLine(all: All, { engine, endpoint }: PlanContext): Line {
  return [painted('faint', `${counted(all.length, 'sandbox.yaml', 'files')} against ${engine} (${endpoint})`)]
}

const tableHead: readonly Part[] = ['NAME', 'FOLDER', 'ACTION', 'WHY'].map((head) => painted('faint', head))

function tableRow(each: PlannedOfFile, context: PlanContext): readonly Part[] {
  const folder = pathText(dirname(each.file), context.workingFolder, context.home)
  if (!('planned' in each)) {
    return ['', folder, painted('removed', 'failed'), each.diagnostics[0]?.summary ?? '']
  }
  const { plan } = each.planned
  const action = plan.action === 'reuse' ? 'unchanged' : painted(paints[plan.action], plan.action)
  return [plan.name, folder, action, whyText(plan)]
}

const paints = { create: 'added', start: 'added', update: 'changed', recreate: 'changed', remove: 'removed' } as const

function whyText(plan: SandboxPlan): string {
  const drifted = plan.changes.filter(isDrift).length
  const edited = plan.changes.filter(({ origin }) => origin === 'config').length
  switch (plan.reason) {
    case 'new':
      return 'not there yet'
    case 'missing':
      return 'what was there is gone'
    case 'config_changed':
      return edited === 0 ? 'what was approved changed' : `${counted(edited, 'setting')} changed`
    case 'drifted':
      return `${counted(drifted, 'setting')} changed outside sbx`
    case 'image_moved':
      return 'there is a newer image'
    case 'requested':
      return 'as asked'
    case 'stopped':
      return plan.current?.state === 'paused' ? 'paused' : 'stopped'
    case 'interrupted_apply':
      return 'an apply did not finish'
    case 'unchanged':
      return ''
  }
}

/** What changes nothing and has what nobody on this machine says yes to. */
function revokedBlocks(planned: readonly PlannedSandbox[], context: PlanContext): Line[][] {
  return planned.flatMap(({ plan }): Line[][] => {
    const lines = plan.action === 'reuse' ? grantLines(plan, context) : []
    return lines.length === 0 ? [] : [[['  ', painted('strong', plan.name)], ...lines]]
  })
}

/**
 * What is true of the engine, or of all who share a login, is noted once; and what one of them was before is no orphan to
 * the others, whose home any of them could have.
 */
function allNotes(all: All, context: PlanContext): Line[] {
  const seen = new Set<string>()
  const planned = all.flatMap((each) => ('planned' in each ? [each.planned] : []))
  const claimed = new Set(planned.flatMap(({ plan }) => plan.notes.flatMap((note) => (isClaim(note) ? [note.id] : []))))
  return planned.flatMap((each) => {
    const { plan } = each
    const notes = plan.notes.filter((note) => {
      if (note.kind === 'orphan' && claimed.has(note.id)) return false
      const key = note.kind === 'shared-login' ? `${note.kind} ${note.agent}` : JSON.stringify(note)
      const isNew = !seen.has(key)
      seen.add(key)
      return isNew
    })
    return noteLines({ ...plan, notes }, aboutOne(all, each, context))
  })
}

function isClaim(note: Note): note is Extract<Note, { kind: 'moved-from' | 'renamed-from' | 'profile-gone' }> {
  return note.kind === 'moved-from' || note.kind === 'renamed-from' || note.kind === 'profile-gone'
}

/** Its commands name its file. */
function aboutOne(all: All, planned: PlannedSandbox, context: PlanContext): PlanContext {
  const { command } = context
  const file = all.find((each) => 'planned' in each && each.planned === planned)?.file
  return command === undefined ? context : { ...context, command: (text) => command(text, file) }
}
