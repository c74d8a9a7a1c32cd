// Diagnostics for a person: what is wrong, where, the line itself, and the way out.

import type { Diagnostic, Position } from '../model/diagnostic.js'
import { escapeControls, textWidth, wrapParagraphs, wrapText } from './characters.js'
import { indented, lineWidth, painted, renderLines, type Line } from './line.js'
import { counted, pathText } from './quantities.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'

export type DiagnosticContext = {
  readonly style: Style
  /** Absolute. Paths beneath it are shown relative to it. */
  readonly workingFolder: string
  /** Absolute; shown as `~`. */
  readonly home: string
}

export function diagnosticText(diagnostics: readonly Diagnostic[], context: DiagnosticContext): string[] {
  const blocks = diagnostics.map((diagnostic) => diagnosticLines(diagnostic, context))
  const lines = blocks.flatMap((block, index): Line[] => (index === 0 ? block : [[], ...block]))
  if (diagnostics.length > 1) lines.push([], [countText(diagnostics)])
  return renderLines(lines, context.style)
}

function diagnosticLines(diagnostic: Diagnostic, context: DiagnosticContext): Line[] {
  const { severity, summary, code, at, detail, table = [], command } = diagnostic
  const lines = headLines(severity, capitalised(summary), `[${code}]`, context.style)
  if (at !== undefined) lines.push(...indented(2, positionLines(at, severity, context)))
  if (detail !== undefined) {
    lines.push(
      ...wrapParagraphs(detail, context.style.columns - 2).map((line): Line => (line === '' ? [] : ['  ', line])),
    )
  }
  lines.push(...indented(2, proseTable(table, context.style)))
  if (command !== undefined) lines.push([], ['    ', painted('strong', command)])
  return lines
}

/** Wrapped as the detail is; a code stays whole, to be searched for. */
function headLines(severity: Diagnostic['severity'], summary: string, code: string, { columns }: Style): Line[] {
  const lead = painted(severity === 'error' ? 'removed' : 'changed', `${severity}:`)
  const used = severity.length + 2
  // One that another program wrote can have a word that is longer than a line.
  const lines = wrapText(summary, Math.max(columns - used, 20)).map((text): Line => ['  ', painted('strong', text)])
  const [first = [], ...more] = lines
  const head: Line[] = [[lead, ' ', ...first.slice(1)], ...more]
  const last = head.at(-1) ?? []
  if (lineWidth(last) + 1 + code.length > columns) return [...head, ['  ', painted('faint', code)]]
  return [...head.slice(0, -1), [...last, ' ', painted('faint', code)]]
}

/** The last column is prose: it wraps where the row does not fit. Values are cut only then, and names after them. */
function proseTable(table: Diagnostic['table'] & object, style: Style): Line[] {
  const columns = style.columns - 2
  const valuesOf = (room: number): Line[] =>
    tableLines(
      table.map((row) => [...row.slice(0, -1), '']),
      { style, columns: room, flexible: [1, 3] },
    )
  const wanted = Math.max(0, ...valuesOf(1000).map(lineWidth))
  const room = Math.max(columns - wanted, 24)
  return valuesOf(columns - room).flatMap((values, index): Line[] => {
    const [first = '', ...more] = wrapText(table[index]?.at(-1) ?? '', room)
    const margin = ' '.repeat(lineWidth(values))
    return [[...values, first], ...more.map((line): Line => [margin, line])]
  })
}

/** Stages differ in how they write it. A name keeps its small letter. */
function capitalised(summary: string): string {
  return /^(sbx|sandbox\.yaml)\b/.test(summary) ? summary : summary.slice(0, 1).toUpperCase() + summary.slice(1)
}

function positionLines(at: Position, severity: Diagnostic['severity'], context: DiagnosticContext): Line[] {
  const place: Line = [`${pathText(at.file, context.workingFolder, context.home)}:${at.line}:${at.column}`]
  if (at.sourceLine === undefined) return [place]
  const number = String(at.line)
  const margin = `${number} | `
  const { shown, offset, length } = excerpt(at.sourceLine, at, context.style.columns - 4 - margin.length)
  return [
    place,
    ['  ', painted('faint', margin), shown],
    [
      '  ',
      painted('faint', `${' '.repeat(number.length)} | `),
      ' '.repeat(offset),
      painted(severity === 'error' ? 'removed' : 'changed', '^'.repeat(length)),
    ],
  ]
}

/** The part of a source line around its mark that fits, and where in it the mark stands, in columns. */
function excerpt(sourceLine: string, at: Position, columns: number): { shown: string; offset: number; length: number } {
  const start = Math.min(Math.max(at.column - 1, 0), sourceLine.length)
  // No more than a screen on either side is looked at: the line may be a minified file.
  const end = Math.min(start + Math.max(at.length ?? 1, 1), start + columns, sourceLine.length)
  const before = escapeControls(sourceLine.slice(Math.max(start - columns, 0), start))
  const marked = escapeControls(sourceLine.slice(start, end))
  const after = escapeControls(sourceLine.slice(end, end + columns))
  const offset = textWidth(before)
  const length = Math.max(textWidth(marked), 1)
  const isWhole = start <= columns && end + columns >= sourceLine.length
  if (isWhole && textWidth(before + marked + after) <= columns)
    return { shown: before + marked + after, offset, length }

  const skipped = offset <= columns / 2 && start <= columns ? 0 : Math.max(offset - Math.floor(columns / 3), 0)
  const head = skipped > 0 ? '...' : ''
  const rest = dropColumns(before + marked + after, skipped + head.length)
  const room = columns - head.length
  const shown = head + (textWidth(rest) > room ? `${takeColumns(rest, room - 3)}...` : rest)
  return { shown, offset: offset - skipped, length: Math.max(1, Math.min(length, columns - (offset - skipped))) }
}

function takeColumns(text: string, columns: number): string {
  let taken = ''
  for (const character of text) {
    if (textWidth(taken + character) > columns) break
    taken += character
  }
  return taken
}

/** A wide character that is cut in two leaves a space, so that what follows keeps its column. */
function dropColumns(text: string, columns: number): string {
  const dropped = takeColumns(text, columns)
  const half = columns - textWidth(dropped)
  return half <= 0 ? text.slice(dropped.length) : ' '.repeat(half) + text.slice(dropped.length).replace(/^./su, '')
}

function countText(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length
  const warnings = diagnostics.length - errors
  return [errors > 0 ? counted(errors, 'error') : '', warnings > 0 ? counted(warnings, 'warning') : '']
    .filter((part) => part !== '')
    .join(', ')
    .concat('.')
}
