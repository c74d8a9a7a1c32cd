// Columns that line up and fit: where they do not, the widest are cut first, in the middle.

import { textWidth } from './characters.js'
import { cutPart, partText, type Line, type Part } from './line.js'
import type { Style } from './style.js'

export type TableOptions = {
  readonly style: Style
  /** Columns that the table may fill; the style's, unless something stands before it. */
  readonly columns?: number
  /** Which columns are numbers, so that they end together. */
  readonly numeric?: readonly number[]
  readonly gap?: number
  /** Columns that give way before the others. */
  readonly flexible?: readonly number[]
}

export function tableLines(rows: readonly (readonly Part[])[], options: TableOptions): Line[] {
  const { style, columns = style.columns, numeric = [], gap = 2, flexible = [] } = options
  const count = Math.max(0, ...rows.map((row) => row.length))
  const wanted = Array.from({ length: count }, (_, index) =>
    Math.max(...rows.map((row) => textWidth(partText(row[index] ?? '')))),
  )
  const room = columns - gap * Math.max(count - 1, 0)
  const widths = fittingWidths(shrunk(wanted, room, flexible), room)
  return rows.map((row) =>
    row.flatMap((part, index) => {
      const width = widths[index] ?? 0
      const cell = cutPart(part, width, style)
      const filling = ' '.repeat(Math.max(width - textWidth(partText(cell)), 0))
      const isLast = index === row.length - 1
      const aligned = numeric.includes(index) ? [filling, cell] : isLast ? [cell] : [cell, filling]
      return isLast ? aligned : [...aligned, ' '.repeat(gap)]
    }),
  )
}

/** The flexible columns take what the others leave, but never less than ten columns each. */
function shrunk(wanted: readonly number[], columns: number, flexible: readonly number[]): number[] {
  const rigid = sum(wanted.filter((_, index) => !flexible.includes(index)))
  const fitted = fittingWidths(
    flexible.map((index) => wanted[index] ?? 0),
    Math.max(columns - rigid, flexible.length * 10),
  )
  return wanted.map((width, index) => fitted[flexible.indexOf(index)] ?? width)
}

/** Takes from the widest until all fit, and leaves none with fewer than six columns that wanted more. */
export function fittingWidths(wanted: readonly number[], columns: number): number[] {
  const widths = [...wanted]
  for (let excess = sum(widths) - columns; excess > 0;) {
    const widest = Math.max(...widths)
    if (widest <= 6) break
    const next = Math.max(6, ...widths.filter((width) => width < widest))
    const atWidest = widths.flatMap((width, index) => (width === widest ? [index] : []))
    const each = Math.max(1, Math.min(widest - next, Math.ceil(excess / atWidest.length)))
    for (const index of atWidest) {
      if (excess <= 0) break
      const taken = Math.min(each, excess)
      widths[index] = widest - taken
      excess -= taken
    }
  }
  return widths
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
