// Text of anybody's in Markdown, such as a comment under a pull request: it is shown letter by letter and does nothing.

import { cutText, escapeControls } from './characters.js'

/** Columns of one text; it keeps its beginning and its end. */
const longest = 300

/**
 * In a code element, where nobody is mentioned and nothing is linked, with all but letters, digits and spaces as character
 * references, so that nothing is a mark of Markdown, of HTML or of a table. Of one line.
 */
export function markdownCode(text: string): string {
  // What is far too long is not looked at whole.
  const some = text.length > 4 * longest ? text.slice(0, 2 * longest) + text.slice(-2 * longest) : text
  const shown = cutText(escapeControls(some).replaceAll(/\p{M}/gu, escapedMark), longest, true)
  return `<code>${(shown === '' ? '""' : shown).replaceAll(/[^\p{L}\p{N} ]/gu, reference)}</code>`
}

/** Marks can be piled up until they cover what stands above. */
function escapedMark(mark: string): string {
  return `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`
}

function reference(character: string): string {
  return `&#${String(character.codePointAt(0) ?? 0)};`
}

export function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

export function markdownHead(heads: readonly string[]): readonly string[] {
  return [markdownRow(heads), markdownRow(heads.map(() => '---'))]
}
