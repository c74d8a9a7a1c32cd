// A line before it is written: texts and what they mean. What turns it into characters is one function, which escapes
// every text, so that nothing from outside reaches a screen raw whoever built the line.

import { cutText, escapeControls, textWidth } from './characters.js'
import { paint, type Paint, type Style } from './style.js'

export type Part = string | { readonly text: string; readonly paint: Paint }
export type Line = readonly Part[]

export function painted(format: Paint, text: string): Part {
  return { text, paint: format }
}

export function partText(part: Part): string {
  return escapeControls(typeof part === 'string' ? part : part.text)
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, part) => sum + textWidth(partText(part)), 0)
}

/** The part cut in the middle to at most so many columns. */
export function cutPart(part: Part, columns: number, style: Style): Part {
  const text = cutText(partText(part), columns, style.hasUnicode)
  return typeof part === 'string' ? text : { ...part, text }
}

function renderLine(line: Line, style: Style): string {
  const rendered = line.map((part) =>
    typeof part === 'string' ? partText(part) : paint(style, part.paint, partText(part)),
  )
  return rendered.join('').trimEnd()
}

export function renderLines(lines: readonly Line[], style: Style): string[] {
  return lines.map((line) => renderLine(line, style))
}

export function indented(columns: number, lines: readonly Line[]): Line[] {
  return lines.map((line) => (line.length === 0 ? line : [' '.repeat(columns), ...line]))
}
