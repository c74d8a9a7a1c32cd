// Lines of prose that are ready to be written, broken at words where the terminal would break them anywhere.

import { textWidth, wrapText } from './characters.js'
import type { Style } from './style.js'

/** A command at the end of a sentence, which is to be copied. */
const command = /^(?<prose>.*\S:) (?<command>(?:sbx|docker|git|cd|rm|sudo) \S.*)$/

/**
 * Beyond a terminal they stay as they are, and so do those that fit. What is indented stays so, and a command gets a line of
 * its own. Without colours.
 */
export function wrappedLines(lines: readonly string[], { columns, isTerminal }: Style): string[] {
  if (!isTerminal) return [...lines]
  return lines.flatMap((line) => {
    if (textWidth(line) <= columns) return [line]
    const indent = /^ */.exec(line)?.[0] ?? ''
    const text = line.slice(indent.length)
    const parts = command.exec(text)?.groups
    const prose = wrapText(parts?.['prose'] ?? text, Math.max(columns - indent.length, 20))
    const rest = parts?.['command'] === undefined ? [] : [`${indent}    ${parts['command']}`]
    return [...prose.map((each) => indent + each), ...rest]
  })
}
