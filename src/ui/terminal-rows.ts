// The rows of a terminal's screen and those that have gone off it, with a cursor among them. Numbers come from whoever
// wrote: none makes it larger, or busier, than text of the same length would.

/** `told`: what was told of it, so that it is not told again. */
type Row = { cells: string[]; told: string | null }

/** Rows that can still be written over; what is above them stays as it is. */
const mostLive = 1_000
/** Columns and rows that a move can go at once. */
const mostMoved = 1_000
/** Lines that have gone off the screen, and characters in them. */
const mostKept = { lines: 200_000, characters: 2 ** 25 }
/** In columns: what goes on beyond them goes on in the next row. */
const longestRow = 10_000

/** What may still be moved, made or told, in cells; it grows with what is written. */
export type Allowance = { cells: number }

const newRow = (): Row => ({ cells: [], told: null })

export class TerminalRows {
  #kept: string[] = []
  #keptCharacters = 0
  #live: Row[] = [newRow()]
  /** Of the screen's first row, and the cursor's, among the live ones. */
  #top = 0
  #row = 0
  #column = 0
  #saved = { row: 0, column: 0 }
  readonly #allowance: Allowance
  readonly #tell: (line: string) => void

  readonly #mostKept: typeof mostKept

  /** `most` in place of what is usual. */
  constructor(allowance: Allowance, tell: (line: string) => void, most = mostKept) {
    this.#allowance = allowance
    this.#tell = tell
    this.#mostKept = most
  }

  get column(): number {
    return this.#column
  }

  lines(): string[] {
    return [...this.#kept, ...this.#live.map(textOf)]
  }

  /** Lines that are not to be changed any more, above the cursor's. */
  append(lines: readonly string[]): void {
    const last = lines.findLastIndex((line) => line !== '')
    const rows = lines.slice(0, last + 1).map((line): Row => ({ cells: [line], told: line }))
    const at = this.#cells.length === 0 ? this.#row : this.#row + 1
    // Not as arguments: there can be more of them than those may be.
    this.#live = this.#live.slice(0, at).concat(rows, this.#live.slice(at))
    this.#row = at + rows.length
    this.#live[this.#row] ??= newRow()
    this.#top = this.#row
    this.#column = 0
    this.#trim()
  }

  put(character: string, width: number): void {
    const cells = this.#cells
    if (width === 0) {
      const before = this.#column - 1
      // A bounded number of marks: some are drawn over each other without end.
      if ((cells[before]?.length ?? 9) < 8) cells[before] += character
      return
    }
    if (this.#column >= longestRow) {
      this.control('\n')
      return this.put(character, width)
    }
    if (cells.length < this.#column && !this.#affords(this.#column - cells.length)) this.#column = cells.length
    while (cells.length < this.#column) cells.push(' ')
    cells[this.#column] = character
    if (width === 2) cells[this.#column + 1] = ''
    this.#column += width
  }

  repeat(character: string, count: number): void {
    const bounded = Math.min(count, mostMoved)
    if (this.#affords(bounded)) for (let each = 0; each < bounded; each++) this.put(character, 1)
  }

  control(code: '\b' | '\t' | '\n' | '\r'): void {
    if (code === '\n') this.#moveTo(this.#row + 1, 0, true)
    else if (code === '\r') this.#column = 0
    else if (code === '\b') this.#column = Math.max(this.#column - 1, 0)
    else this.moveTo((Math.floor(this.#column / 8) + 1) * 8)
  }

  /** A move goes no further than a wide screen, or than the line is long. */
  moveTo(column: number): void {
    const most = Math.max(mostMoved, this.#cells.length, this.#column)
    this.#column = Math.min(Math.max(column, 0), most)
  }

  moveUp(count: number, column = this.#column): void {
    this.#moveTo(Math.max(this.#row - count, this.#top), column)
  }

  moveDown(count: number, column = this.#column): void {
    this.#moveTo(this.#row + Math.min(count, mostMoved), column)
  }

  /** From the screen's first. */
  moveToRow(row: number, column = this.#column): void {
    this.#moveTo(this.#top + Math.min(row, mostMoved), column)
  }

  save(): void {
    this.#saved = { row: this.#row - this.#top, column: this.#column }
  }

  restore(): void {
    this.moveToRow(this.#saved.row, this.#saved.column)
  }

  /** A new screen; what was on it stays above it where it `isKept`. */
  clear(isKept: boolean): void {
    this.leave()
    const last = this.#live.findLastIndex(({ cells }) => cells.length > 0)
    const [row, column] = [this.#row - this.#top, this.#column]
    this.#live.length = isKept ? last + 1 : 0
    this.#top = this.#live.length
    this.#row = this.#top
    this.#live.push(newRow())
    this.moveToRow(row, column)
  }

  eraseBelow(): void {
    this.eraseInLine(0)
    this.#live.length = this.#row + 1
  }

  eraseInLine(which: number): void {
    const cells = this.#cells
    if (which === 2) cells.length = 0
    else if (which === 0) cells.length = Math.min(cells.length, this.#column)
    else if (this.#affords(this.#column)) cells.fill(' ', 0, this.#column + 1)
  }

  erase(count: number): void {
    const end = Math.min(this.#column + count, this.#cells.length)
    if (end > this.#column && this.#affords(end - this.#column)) this.#cells.fill(' ', this.#column, end)
  }

  deleteCharacters(count: number): void {
    if (this.#affords(this.#cells.length)) this.#cells.splice(this.#column, count)
  }

  insertCharacters(count: number): void {
    const bounded = Math.min(count, mostMoved)
    const isInside = this.#column < this.#cells.length
    if (isInside && this.#affords(this.#cells.length + bounded)) {
      this.#cells.splice(this.#column, 0, ...Array<string>(bounded).fill(' '))
    }
  }

  insertLines(count: number): void {
    const bounded = Math.min(count, mostMoved)
    if (!this.#affords(this.#live.length + 10 * bounded)) return
    this.#live.splice(this.#row, 0, ...Array.from({ length: bounded }, newRow))
    this.#trim()
  }

  deleteLines(count: number): void {
    if (!this.#affords(this.#live.length)) return
    this.#live.splice(this.#row, count)
    this.#live[this.#row] ??= newRow()
  }

  /** Tells the cursor's line where it is not what was told of it. One that is empty is told where it was ended. */
  leave(isEnded = false): void {
    const row = this.#live[this.#row]
    // To tell it costs what it is long, and a cursor can come and go.
    if (row === undefined || !this.#affords(row.cells.length)) return
    const text = textOf(row)
    if (text === (row.told ?? (isEnded ? null : ''))) return
    row.told = text
    this.#tell(text)
  }

  get #cells(): string[] {
    return (this.#live[this.#row] ??= newRow()).cells
  }

  #moveTo(row: number, column: number, isEnded = false): void {
    if (row !== this.#row) this.leave(isEnded)
    if (row >= this.#live.length && !this.#affords(10 * (row - this.#live.length))) return
    while (this.#live.length <= row) this.#live.push(newRow())
    this.#row = row
    this.moveTo(column)
    this.#trim()
  }

  #affords(cells: number): boolean {
    if (this.#allowance.cells < cells) return false
    this.#allowance.cells -= cells
    return true
  }

  /** What is far above the cursor goes off the screen for good; what is far below it is dropped. */
  #trim(): void {
    if (this.#live.length <= 2 * mostLive) return
    const gone = Math.min(this.#live.length - mostLive, this.#row)
    for (const row of this.#live.splice(0, gone)) this.#keep(textOf(row))
    this.#live.length = Math.min(this.#live.length, mostLive)
    this.#row -= gone
    this.#top = Math.max(this.#top - gone, 0)
  }

  #keep(line: string): void {
    this.#kept.push(line)
    this.#keptCharacters += line.length
    const most = this.#mostKept
    if (this.#kept.length <= 2 * most.lines && this.#keptCharacters <= 2 * most.characters) return
    let characters = 0
    const first = this.#kept.findLastIndex((each) => (characters += each.length) > most.characters) + 1
    this.#kept = this.#kept.slice(Math.max(first, this.#kept.length - most.lines))
    this.#keptCharacters = this.#kept.reduce((sum, each) => sum + each.length, 0)
  }
}

function textOf({ cells }: Row): string {
  return cells.join('').trimEnd()
}
