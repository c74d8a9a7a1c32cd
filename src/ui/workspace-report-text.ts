// What a session left in the workspace that this machine would run or trust. All names and values are an agent's.

import type { WorkspaceReport } from '../model/workspace-report.js'
import { cutText, escapeControls, padEnd, textWidth, wrapText } from './characters.js'
import { withTilde } from './quantities.js'

/** A hundred lines would be read by nobody. */
const mostLines = 20

/** Nothing where nothing is to be told. */
export function workspaceReportLines(
  { changes, isCut }: WorkspaceReport,
  { workspace, home, since, columns, hasUnicode }: WorkspaceReportContext,
): readonly string[] {
  const rows = changes.flatMap(({ path, what }) =>
    what.map((each, index) => ({
      path: index === 0 ? escapeControls(withTilde(path, home)) : '',
      what: escapeControls(each),
    })),
  )
  if (rows.length === 0) return []
  const shown = rows.slice(0, mostLines)
  const room = Math.max(columns - 4, 40)
  const width = Math.min(Math.max(...shown.map(({ path }) => textWidth(path))), Math.floor(room / 2))
  const more = rows.length - shown.length
  return [
    `note: Changed in ${escapeControls(withTilde(workspace, home))} since ${since}, and run or trusted on this machine:`,
    ...shown.flatMap(({ path, what }) => {
      const name = padEnd(cutText(path, width, hasUnicode), width)
      const text = linesOf(what, room - width) ?? [cutText(what, room - width, hasUnicode)]
      return text.map((line, index) => `  ${index === 0 ? name : ' '.repeat(width)}  ${line}`)
    }),
    ...(more > 0 ? [`  and ${String(more)} more`] : []),
    ...(isCut ? ['  There are more files than could be looked through.'] : []),
  ]
}

/** Prose wraps; null for a setting with its value, and what an agent made too long for that. */
function linesOf(what: string, columns: number): readonly string[] | null {
  const lines = what.includes(' = ') ? [] : wrapText(what, columns)
  const isFit = lines.length > 0 && lines.length <= 3 && lines.every((line) => textWidth(line) <= columns)
  return isFit ? lines : null
}

export type WorkspaceReportContext = {
  readonly workspace: string
  readonly home: string
  /** What was compared with, as `this session began`. */
  readonly since: string
  readonly columns: number
  readonly hasUnicode: boolean
}
