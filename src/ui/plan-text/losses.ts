// What a recreate or a removal keeps, what it throws away and whom it interrupts.

import { agentHome } from '../../model/names.js'
import type { CloneLoss, Losses, OpenSession, Package, Size, Uncounted } from '../../model/risks.js'
import { shellWord } from '../../model/shell-word.js'
import type { ContainerSpec } from '../../model/spec.js'
import { cutText, escapeControls, padEnd, wrapText } from '../characters.js'
import { cloneLossText, isAtRisk } from '../clone-text.js'
import { painted, type Line, type Part } from '../line.js'
import { bytesText, counted, durationText, withTilde } from '../quantities.js'
import { tableLines } from '../table.js'
import type { PlanContext, PlannedSandbox } from './context.js'

type LossContext = Pick<PlanContext, 'style' | 'home' | 'next'>

/** Where what is said of a row begins, and what stands below it. */
const textColumn = 15
const detailColumn = 17

export function lossLines(planned: PlannedSandbox, context: LossContext): Line[] {
  const { plan, risks } = planned
  const lines = keptLines(planned, context)
  if (risks === undefined) return lines
  const { kept, losses, sessions } = risks
  if (kept !== null) {
    const how = plan.keeps === 'copy' ? 'copied over' : 'taken over in a snapshot'
    lines.push(...wrappedRow('kept', `${amountText(kept)} written outside kept paths, ${how}`, context))
    lines.push(...contentLines(kept, context))
  }
  if (losses !== null) {
    const [first = '', ...more] = wrapText(`${amountText(losses)} outside kept paths`, room(context, textColumn))
    lines.push(['    ', painted('removed', 'DISCARDED'), `  ${first}`])
    for (const line of more) lines.push([' '.repeat(textColumn), line])
    lines.push(...contentLines(losses, context))
    if (plan.action === 'recreate') lines.push(adviceLine(planned, context))
  }
  if (risks.clone !== null) lines.push(...cloneLines(planned, risks.clone, context))
  if (sessions.length > 0) lines.push(...sessionLines(sessions, context))
  return lines
}

/** What stays in a volume that no sandbox has. */
function cloneLines({ plan }: PlannedSandbox, clone: CloneLoss, context: LossContext): Line[] {
  const [first = '', ...more] = wrapText(
    `the clone, in a volume that no sandbox has: ${cloneLossText(clone)}`,
    room(context, textColumn),
  )
  const way = `into your repository: sbx fetch ${shellWord(plan.name)}${clone.uncommitted === 0 ? '' : ' --wip'}`
  return [
    ['    ', painted(isAtRisk(clone) ? 'removed' : 'changed', 'LEFT'), `       ${first}`],
    ...more.map((line): Line => [' '.repeat(textColumn), line]),
    ...(clone.branches.length === 0 && clone.uncommitted === 0
      ? []
      : [[' '.repeat(textColumn), painted('faint', way)]]),
  ]
}

function keptLines({ plan }: PlannedSandbox, context: LossContext): Line[] {
  const request = plan.steps.flatMap((step) => (step.do === 'create-container' ? [step.request] : []))[0]
  if (plan.action !== 'recreate' || request === undefined) return []
  const { spec } = request
  const { volumes, workspace } = spec
  const made = plan.steps.flatMap((step) => (step.do === 'create-volume' ? [step.name] : []))
  const isClone = workspace.mode === 'clone'
  const volumeRows = Object.entries(volumes)
    .filter(([, name]) => !made.includes(name))
    .map(([target, name]) => row('kept', `volume ${name} (${contentOf(target, spec)})`))
  const place = withTilde(workspace.path, context.home)
  return [...volumeRows, row('kept', `${place} (your files; ${isClone ? 'not in it' : 'never touched'})`)]
}

function contentOf(target: string, { workspace, own = {} }: ContainerSpec): string {
  if (target === agentHome) return 'history, settings, caches'
  if (target === workspace.path) return 'the clone'
  const path = Object.keys(own).find((each) => target === `${workspace.path}/${each}`)
  return path === undefined ? 'login' : escapeControls(`${path}/`)
}

/**
 * `3009 files, 150 MB`, and what else there is where there are no files. The size has the engine's and sbx's own few files
 * in it, and is told where these do not matter.
 */
export function amountText(losses: Losses): string {
  if (losses.uncounted === 'too-many') return 'too many files to count'
  const unknown = losses.uncounted === undefined ? [] : ['an unknown number of files that were kept before']
  const isMore = unknown.length > 0 && countOf(losses) === 0
  return [...(isMore ? [] : [knownAmount(losses)]), ...unknown].join(', and ')
}

function countOf({ files, deleted, packages, volumes }: Losses): number {
  return files.count + deleted + packages.length + volumes.length
}

function knownAmount({ files, deleted, bytes, packages, volumes }: Losses): string {
  const amounts = [
    ...(files.count === 0 ? [] : [counted(files.count, 'file')]),
    ...(files.count === 0 && packages.length > 0 ? packageCounts(packages).map(({ text }) => text) : []),
    ...(files.count + packages.length === 0 && deleted > 0 ? [counted(deleted, 'deletion')] : []),
    ...(files.count + packages.length + deleted === 0 ? [counted(volumes.length, 'volume')] : []),
    ...(bytes === null || bytes < 1e6 || files.count + packages.length === 0 ? [] : [bytesText(bytes)]),
  ]
  return amounts.join(', ')
}

function contentLines({ files, deleted, packages, volumes }: Losses, context: LossContext): Line[] {
  const rows: (readonly Part[])[] = files.folders.map(({ path, count, size }) => [
    path,
    counted(count, 'file'),
    sizeText(size),
  ])
  if (files.elsewhere > 0) rows.push(['elsewhere', counted(files.elsewhere, 'file'), sizeText(undefined)])
  const options = { style: context.style, columns: room(context, detailColumn), numeric: [1, 2], gap: 3 }
  const table = tableLines(rows, options)
  const named = [
    ...packageCounts(packages).map(({ text, names }) => ({ text, names })),
    ...(volumes.length === 0 ? [] : [{ text: `${counted(volumes.length, 'volume')} of the image`, names: volumes }]),
    ...(deleted === 0 ? [] : [{ text: `${counted(deleted, 'path')} of the image`, names: ['deleted; there again'] }]),
  ]
  const width = Math.max(0, ...named.map(({ text }) => text.length))
  for (const { text, names } of named) {
    const wrapped = wrapText(namesText(names), room(context, detailColumn + width + 3))
    for (const [index, line] of wrapped.entries()) {
      table.push([padEnd(index === 0 ? text : '', width + 3), line])
    }
  }
  return table.map((line) => [' '.repeat(detailColumn), ...line])
}

function sizeText(size: Size | undefined): string {
  if (size === undefined) return 'size not known'
  return `${size.isPart === true ? 'at least ' : ''}${bytesText(size.bytes)}`
}

const managers = { debian: 'Debian', npm: 'npm' } as const satisfies Record<Package['manager'], string>

export function packageCounts(packages: readonly Package[]): { readonly text: string; readonly names: string[] }[] {
  return (['debian', 'npm'] as const).flatMap((manager) => {
    const own = packages.filter((each) => each.manager === manager)
    const names = own.map(({ name, wasThere }) => (wasThere ? `${name} (another version)` : name))
    return own.length === 0 ? [] : [{ text: counted(own.length, `${managers[manager]} package`), names }]
  })
}

const mostNames = 12

function namesText(names: readonly string[]): string {
  // A name may be as long as whoever works in there likes, and have spaces.
  const shown = names.slice(0, mostNames).map((name) => cutText(escapeControls(name), 40))
  return [...shown, ...(names.length > mostNames ? [`${names.length - mostNames} more`] : [])].join(', ')
}

function adviceLine({ plan, risks }: PlannedSandbox, { next }: LossContext): Line {
  const uncounted = risks?.losses?.uncounted
  if (uncounted !== undefined) return [' '.repeat(textColumn), painted('faint', whyUncounted[uncounted])]
  const lasting = (risks?.losses?.packages.length ?? 0) > 0 ? 'for everyone: add them to setup:' : ''
  // What is kept already, but for these, cannot be kept.
  const isSaid = plan.keeps !== undefined || / --(keep|discard)( |$)/.test(next ?? '')
  const now = isSaid ? '' : `for now: ${next === null ? '--keep' : `${next} --keep`}`
  const advice = [lasting, now].filter((text) => text !== '').join('    ')
  return [' '.repeat(textColumn), painted('faint', advice === '' ? 'what everyone needs belongs in setup:' : advice)]
}

const whyUncounted = {
  'kept-list': 'the list of what was kept before is gone, so --keep cannot have it',
  'too-many': 'more than a million paths changed, so --keep cannot have them',
} as const satisfies Record<Uncounted, string>

function sessionLines(sessions: readonly OpenSession[], context: LossContext): Line[] {
  const what = `${counted(sessions.length, 'open session')} will be ended`
  const [only] = sessions
  if (sessions.length === 1 && only !== undefined) {
    const known = sessionText(only)
    return wrappedRow('session', known === '' ? what : `${what} (${known})`, context)
  }
  const known = sessions.map(sessionText).filter((text) => text !== '')
  const shown = known.slice(0, mostNames)
  const more = known.length > shown.length ? [`and ${known.length - shown.length} more`] : []
  return [row('session', what), ...[...shown, ...more].map((text): Line => [' '.repeat(detailColumn), text])]
}

/** Whether any of what would be lost can be carried over, and nobody has chosen to. */
export function isKeepable({ plan, risks }: PlannedSandbox): boolean {
  const losses = risks?.losses ?? null
  if (losses === null || losses.uncounted !== undefined) return false
  if (plan.keeps !== undefined || plan.action !== 'recreate') return false
  return losses.files.count + losses.packages.length + losses.deleted > 0
}

/** `pts/0, claude, open 12 minutes`, as far as it is known; `nobody attached, ...` of one that goes on without. */
export function sessionText({ terminal, command, seconds, id }: OpenSession): string {
  return [
    ...(terminal === null ? [] : [cutText(escapeControls(terminal), 20)]),
    ...(terminal === null && id !== undefined ? ['nobody attached'] : []),
    ...(command === null ? [] : [cutText(escapeControls(command), 30)]),
    ...(seconds === null ? [] : [`open ${durationText(seconds)}`]),
  ].join(', ')
}

function row(name: string, text: string): Line {
  return [`    ${padEnd(name, 9)}  ${text}`]
}

function wrappedRow(name: string, text: string, context: LossContext): Line[] {
  const [first = '', ...more] = wrapText(text, room(context, textColumn))
  return [row(name, first), ...more.map((line): Line => [' '.repeat(textColumn), line])]
}

function room({ style }: LossContext, used: number): number {
  return Math.max(style.columns - used, 20)
}
