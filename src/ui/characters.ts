// Text as columns on a screen: what must not reach it raw, how wide it is, how it is cut and wrapped.

const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' }

/**
 * Control, direction and other invisible characters written out, so that no text from outside can move the cursor,
 * recolour, reorder or hide what stands beside it. Doing it twice changes nothing.
 */
export function escapeControls(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.codePointAt(0) ?? 0
    return (
      shortEscapes[character] ??
      (code < 0x100 ? `\\x${hex(code, 2)}` : code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`)
    )
  })
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

const ascii = /^[\x20-\x7e]*$/

let segmenter: Intl.Segmenter | undefined
/** In UTF-16 code units: more than any line, and what is longer is a text that somebody else wrote. */
const longestSegmented = 1_000

/** What is drawn as one. In a text beyond any line each code point: the segmenter takes seconds for forty thousand. */
function characters(text: string): string[] {
  if (ascii.test(text) || text.length > longestSegmented) return [...text]
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return [...segmenter.segment(text)].map(({ segment }) => segment)
}

/** In columns, of what is drawn as one. */
export function characterWidth(character: string): number {
  // Written here, since reading these expressions takes longer than most calls have use for them.
  if (/^\p{M}+$/u.test(character)) return 0
  // East Asian wide and fullwidth blocks, and what is drawn as an emoji without being asked to.
  const wide =
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
  return wide.test(character) ? 2 : 1
}

/** In columns, of a text that has no control characters. */
export function textWidth(text: string): number {
  if (ascii.test(text)) return text.length
  return characters(text).reduce((sum, character) => sum + characterWidth(character), 0)
}

/** Cut in the middle, so that a path keeps its root and its file, to at most so many columns. */
export function cutText(text: string, columns: number, hasUnicode = false): string {
  if (textWidth(text) <= columns) return text
  const mark = hasUnicode ? '…' : columns >= 5 ? '...' : '.'
  const room = columns - textWidth(mark)
  if (room < 1) return mark.slice(0, Math.max(columns, 0))
  const all = characters(text)
  const head = take(all, Math.ceil(room / 2))
  const tail = take(all.toReversed(), Math.floor(room / 2)).toReversed()
  return `${head.join('')}${mark}${tail.join('')}`
}

function take(all: readonly string[], columns: number): string[] {
  let left = columns
  const end = all.findIndex((character) => (left -= characterWidth(character)) < 0)
  return all.slice(0, end === -1 ? all.length : end)
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(columns - textWidth(text), 0))
}

/**
 * Prose in lines of at most so many columns, broken at spaces. A word that is longer than a line (a path, an address) is
 * left whole, so that it can be copied.
 */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of escapeControls(text).split(/ +/)) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, line]
}

/** Like `wrapText`, but the text's own line breaks stay, and the indents after them. */
export function wrapParagraphs(text: string, columns: number): string[] {
  return text.split(/\r?\n/).flatMap((paragraph) => {
    const indent = /^ */.exec(paragraph)?.[0] ?? ''
    const lines = wrapText(paragraph.slice(indent.length), columns - indent.length)
    return lines.length === 0 ? [''] : lines.map((line) => indent + line)
  })
}
