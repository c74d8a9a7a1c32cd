// The text of one file, and the places in it.

import type { Position } from '../model/diagnostic.js'

/** Offsets are in UTF-16 code units, as JavaScript's strings and the `yaml` package count them. */
export type Range = { readonly start: number; readonly end: number }

export type SourceText = {
  /** Absolute. */
  readonly file: string
  readonly text: string
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[]
}

export function sourceText(file: string, text: string): SourceText {
  const lineStarts = [0]
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) lineStarts.push(index + 1)
  return { file, text, lineStarts }
}

/** The range as a person finds it. One that goes on over several lines is cut at the end of its first. */
export function positionAt(source: SourceText, { start, end }: Range): Position {
  const { file, text, lineStarts } = source
  const offset = Math.min(start, text.length)
  const line = lineIndex(lineStarts, offset)
  const lineStart = lineStarts[line] ?? 0
  const sourceLine = text.slice(lineStart, (lineStarts[line + 1] ?? text.length + 1) - 1).replace(/\r$/, '')
  const column = offset - lineStart
  const length = Math.max(1, Math.min(end - offset, sourceLine.length - column))
  return { file, line: line + 1, column: column + 1, length, sourceLine }
}

/** The last line that starts at or before the offset. */
function lineIndex(lineStarts: readonly number[], offset: number): number {
  let low = 0
  let high = lineStarts.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
