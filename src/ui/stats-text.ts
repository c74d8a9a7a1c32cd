// `sbx stats`: a sandbox a line, and below them what is about to run out.

import type { Usage, Watched } from '../model/watching.js'
import { textWidth } from './characters.js'
import { cutPart, painted, type Line, type Part, partText, renderLines } from './line.js'
import { statusOf } from './list-json.js'
import { nearLimits, type Limit } from './near-limits.js'
import { bytesText, memoryShort, memoryText } from './quantities.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'

/** Beyond a terminal nothing is cut. */
export function statsText(sandboxes: readonly Watched[], style: Style): string[] {
  const wide = style.isTerminal ? style : { ...style, columns: 10_000 }
  return renderLines(statsLines(sandboxes, wide), wide)
}

/** What fits in so many lines of a terminal, under a line that says what it is where there are three. */
export function statsScreen(
  sandboxes: readonly Watched[],
  { style, rows, now }: { readonly style: Style; readonly rows: number; readonly now: Date },
): string[] {
  const all = statsLines(sandboxes, style)
  const head: readonly Line[] =
    rows < 3 ? [] : [[painted('faint', `sbx stats at ${clockText(now)}; Ctrl-C ends it`)], []]
  const room = Math.max(rows - head.length, 1)
  const more = all.length - room
  const shown =
    more > 0 ? [...all.slice(0, room - 1), [`and ${String(more + 1)} more lines: make the terminal higher`]] : all
  // Beyond the last column one character would stand upon the other.
  const fitted = [...head, ...shown].map((line) =>
    line.length > 1 ? line : line.map((part) => cutPart(part, style.columns, style)),
  )
  return renderLines(fitted, style)
}

/** One look at one sandbox, where there is no terminal to draw on. */
export function statsLine(sandbox: Watched, now: Date): string {
  const near = sandbox.usage === null ? [] : nearLimits(sandbox.usage)
  const warning = near.length === 0 ? [] : [`near its limit: ${near.join(', ')}`]
  return [clockText(now), ...cells(sandbox).map(partText), ...warning].join('  ')
}

function statsLines(sandboxes: readonly Watched[], style: Style): Line[] {
  if (sandboxes.length === 0) return [['No sandbox runs.']]
  const heads = ['NAME', 'CPU', 'MEMORY', 'PIDS', 'IN', 'OUT', 'SESSIONS'].map((head) => painted('faint', head))
  const rows = withoutCut([heads, ...sandboxes.map(cells)], style.columns)
  const numeric = rows[0]?.map((_, index) => index).slice(1) ?? []
  const table = tableLines(rows, { style, flexible: [0], numeric })
  const warnings = sandboxes.flatMap(({ name, usage }) =>
    usage === null ? [] : nearLimits(usage).map((limit) => warningLine(name, usage, limit)),
  )
  return [...table, ...(warnings.length === 0 ? [] : [[]]), ...warnings]
}

/** Columns that a narrow screen does without, the first ones first: half a number is a wrong one. A name can be cut. */
const dispensable: readonly (readonly number[])[] = [[4, 5], [6], [3], [1]]
const narrowestName = 10
const gap = 2

function withoutCut(rows: readonly (readonly Part[])[], columns: number): readonly (readonly Part[])[] {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => textWidth(partText(row[at] ?? ''))))) ?? []
  const shown = new Set(widths.keys())
  const needed = (): number =>
    [...shown].reduce(
      (sum, at) => sum + gap + (at === 0 ? Math.min(widths[0] ?? 0, narrowestName) : (widths[at] ?? 0)),
      -gap,
    )
  for (const dropped of dispensable) {
    if (needed() <= columns) break
    for (const at of dropped) shown.delete(at)
  }
  return rows.map((row) => row.filter((_, at) => shown.has(at)))
}

function cells({ name, state, usage, sessions }: Watched): readonly Part[] {
  if (usage === null)
    return [name, '-', state === 'running' ? '-' : statusOf(state), '-', '-', '-', countText(sessions)]
  const near = nearLimits(usage)
  const marked = (limit: Limit, text: string): Part => (near.includes(limit) ? painted('attention', `! ${text}`) : text)
  const { cpu, memory, memoryLimit, pids, pidsLimit, received, sent } = usage
  return [
    name,
    cpu === null ? '-' : percentText(cpu),
    marked('memory', ofLimit(memoryShort(memory), memoryLimit === null ? null : memoryText(memoryLimit))),
    marked('pids', ofLimit(String(pids), pidsLimit === null ? null : String(pidsLimit))),
    bytesText(received),
    bytesText(sent),
    countText(sessions),
  ]
}

function warningLine(name: string, usage: Usage, limit: Limit): Line {
  const [used, most, key] =
    limit === 'memory'
      ? ([usage.memory, usage.memoryLimit ?? 0, 'memory'] as const)
      : ([usage.pids, usage.pidsLimit ?? 0, 'processes'] as const)
  const share = Math.floor((used / most) * 100)
  const text = `! ${name} uses ${String(share)}% of its ${key}. For more, raise resources.${limit} in sandbox.yaml.`
  return [painted('attention', text)]
}

function ofLimit(used: string, limit: string | null): string {
  return limit === null ? used : `${used} / ${limit}`
}

/** A hundred for each processor. */
function percentText(cpu: number): string {
  const percent = cpu * 100
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : String(Math.round(percent))}%`
}

function countText(count: number | null): string {
  return count === null ? '-' : String(count)
}

function clockText(now: Date): string {
  return now.toTimeString().slice(0, 8)
}
