// The text that a program wrote to a terminal, as it would be read there: what was written over is gone, and nothing is
// left that a terminal would act on. How large the terminal was is not known, so that no line is wrapped and a screen grows
// as it is needed. Whoever wrote it chose every byte: time and memory go with how many there are.

import { characterWidth, escapeControls } from './characters.js'
import { type Allowance, TerminalRows } from './terminal-rows.js'
import { TerminalSequences, type TerminalOperation } from './terminal-sequences.js'

const alternateScreens = [47, 1047, 1049]

export class TerminalText {
  readonly #sequences = new TerminalSequences()
  readonly #allowance: Allowance = { cells: 100_000 }
  readonly #main: TerminalRows
  readonly #tell: (line: string) => void
  /** While a program has the whole screen. */
  #alternate: TerminalRows | null = null
  #last = ' '

  /** `tell` gets each line when it is left, and again where it was changed since. */
  constructor(tell: (line: string) => void = () => undefined) {
    this.#tell = (line) => tell(escapeControls(line))
    this.#main = new TerminalRows(this.#allowance, this.#tell)
  }

  write(piece: Uint8Array): void {
    this.#allowance.cells += 10 * piece.length
    for (const operation of this.#sequences.read(piece)) this.#do(operation)
  }

  /** All of it, with what stood last on screens that programs had for themselves. */
  lines(): string[] {
    const lines = [...this.#main.lines(), ...(this.#alternate?.lines() ?? [])].map(escapeControls)
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1)
  }

  /** Tells the line that is not left yet. */
  end(): void {
    this.#rows.leave()
  }

  get #rows(): TerminalRows {
    return this.#alternate ?? this.#main
  }

  #do(operation: TerminalOperation): void {
    switch (operation.kind) {
      case 'text':
        this.#print(operation.text)
        break
      case 'control':
        this.#rows.control(operation.code)
        break
      case 'escape':
        this.#escape(operation.final)
        break
      case 'sequence':
        if (operation.marks === '') this.#sequence(operation.final, operation.numbers)
        else if (operation.marks === '?') this.#private(operation.final, operation.numbers)
    }
  }

  #print(text: string): void {
    for (const character of text) {
      // Invisible ones order and join what is drawn; a mark goes with the character before it.
      if (character > '~' && /\p{Cf}/u.test(character)) continue
      this.#last = character
      this.#rows.put(character, character <= '~' ? 1 : characterWidth(character))
    }
  }

  #escape(final: string): void {
    const rows = this.#rows
    if (final === 'D') rows.moveDown(1)
    else if (final === 'E') rows.control('\n')
    else if (final === 'M') rows.moveUp(1)
    else if (final === '7') rows.save()
    else if (final === '8') rows.restore()
    else if (final === 'c') rows.clear(this.#alternate === null)
  }

  #sequence(final: string, [first = 0, second = 0]: readonly number[]): void {
    const rows = this.#rows
    const count = Math.max(first, 1)
    if (final === 'A') rows.moveUp(count)
    else if (final === 'B' || final === 'e') rows.moveDown(count)
    else if (final === 'C' || final === 'a') rows.moveTo(rows.column + count)
    else if (final === 'D') rows.moveTo(rows.column - count)
    else if (final === 'E') rows.moveDown(count, 0)
    else if (final === 'F') rows.moveUp(count, 0)
    else if (final === 'G' || final === '`') rows.moveTo(count - 1)
    else if (final === 'd') rows.moveToRow(count - 1)
    else if (final === 'H' || final === 'f') rows.moveToRow(count - 1, Math.max(second, 1) - 1)
    else if (final === 'J') this.#erase(first)
    else if (final === 'K') rows.eraseInLine(first)
    else if (final === 'X') rows.erase(count)
    else if (final === 'P') rows.deleteCharacters(count)
    else if (final === '@') rows.insertCharacters(count)
    else if (final === 'L') rows.insertLines(count)
    else if (final === 'M') rows.deleteLines(count)
    else if (final === 'b') rows.repeat(this.#last, count)
    else if (final === 's') rows.save()
    else if (final === 'u') rows.restore()
  }

  #erase(which: number): void {
    if (which === 0) this.#rows.eraseBelow()
    else if (which === 2 || which === 3) this.#rows.clear(this.#alternate === null)
  }

  #private(final: string, numbers: readonly number[]): void {
    if (!numbers.some((number) => alternateScreens.includes(number))) return
    if (final === 'h') this.#alternate ??= new TerminalRows(this.#allowance, this.#tell)
    else if (final === 'l' && this.#alternate !== null) {
      this.#alternate.leave()
      this.#main.append(this.#alternate.lines())
      this.#alternate = null
    }
  }
}
