// A table of which some columns can do without their place: on a narrow screen they are cut, left out or put below their row,
// so that what is to be copied or acted on is whole.

import { textWidth, wrapText } from './characters.js'
import { painted, partText, renderLines, type Line } from './line.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'

/** One that yields nothing is whole, and in its place, however narrow the screen is. */
export type Column = {
  readonly head: string
  readonly cells: readonly string[]
  /** Is cut in the middle, before anything else happens. */
  readonly isCut?: boolean
  /** Is left out; those with the lowest number go first, each only where there is no room otherwise. */
  readonly leaves?: number
  /** Goes on lines of its own where leaving out is not enough, as those do that can be cut where that is not enough either. */
  readonly goesBelow?: boolean
}

const gap = 2
/** Nothing is cut to less, in columns. */
const shortestCut = 18

/** Beyond a terminal all of it, since a program may be reading. */
export function fittedTable(columns: readonly Column[], style: Style): string[] {
  const { shown, below } = style.isTerminal ? arranged(columns, style.columns) : { shown: columns, below: [] }
  const table = {
    style,
    gap,
    columns: style.isTerminal ? Math.max(style.columns, needed(shown)) : 10_000,
    flexible: [...shown.entries()].flatMap(([at, { isCut }]) => (isCut === true ? [at] : [])),
  }
  const rows = (columns[0]?.cells ?? []).map((_, at) => shown.map(({ cells }) => cells[at] ?? ''))
  const [heads = [], ...lines] = tableLines([shown.map(({ head }) => painted('faint', head)), ...rows], table)
  return renderLines([heads, ...lines.flatMap((line, at) => [line, ...belowLines(below, at, style)])], style)
}

type Arranged = { readonly shown: readonly Column[]; readonly below: readonly Column[] }

/** The first that fits; the last where none does. */
function arranged(columns: readonly Column[], room: number): Arranged {
  const orders = [...new Set(columns.flatMap(({ leaves }) => leaves ?? []))].sort((one, other) => one - other)
  const goes: readonly ((column: Column) => boolean)[] = [
    () => false,
    ({ goesBelow }) => goesBelow === true,
    ({ goesBelow, isCut }) => goesBelow === true || isCut === true,
  ]
  let last: Arranged = { shown: columns, below: [] }
  for (const isBelow of goes) {
    for (const left of [0, ...orders]) {
      const kept = columns.filter(({ leaves }) => leaves === undefined || leaves > left)
      last = { shown: kept.filter((column) => !isBelow(column)), below: kept.filter(isBelow) }
      if (needed(last.shown) <= room) return last
    }
  }
  return last
}

function needed(columns: readonly Column[]): number {
  const widths = columns.map(({ head, cells, isCut }) => {
    const widest = Math.max(...[head, ...cells].map((text) => textWidth(partText(text))))
    return isCut === true ? Math.min(widest, shortestCut) : widest
  })
  return widths.reduce((sum, width) => sum + width, gap * Math.max(columns.length - 1, 0))
}

/** On one line where they have room there, else a line each. What a row has nothing of is not named. */
function belowLines(below: readonly Column[], row: number, style: Style): Line[] {
  const margin = 4
  const room = style.columns - margin
  const texts = below.flatMap(({ head, cells }) => {
    const cell = partText(cells[row] ?? '-')
    return cell === '-' || cell === '' ? [] : [`${head.toLowerCase()} ${cell}`]
  })
  const joined = texts.join('   ')
  const lines =
    textWidth(joined) <= room ? texts.slice(0, 1).map(() => joined) : texts.flatMap((t) => wrapText(t, room))
  return lines.map((line): Line => [' '.repeat(margin), line])
}
