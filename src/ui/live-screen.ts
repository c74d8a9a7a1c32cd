// A text that is drawn anew again and again, on the terminal's other screen: what was on it before comes back at the end.
// Each frame clears all of the screen in the same write, and lines do not wrap: so nothing of an earlier one stays, however the
// terminal has changed its size and whatever it did with its lines then. That is less than what a library does that redraws below the cursor, and nothing can go wrong.

const escape = '\u001b['

/** The other screen, without a cursor and without wrapping; and back. */
const enter = `${escape}?1049h${escape}?25l${escape}?7l`
const leave = `${escape}?7h${escape}?25h${escape}?1049l`

export class LiveScreen {
  readonly #stream: NodeJS.WritableStream
  #isOpen = false

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
  }

  /** `lines` have no control characters but those of colour. */
  draw(lines: readonly string[]): void {
    const before = this.#isOpen ? '' : enter
    this.#isOpen = true
    // Not behind the lines: the cursor stands on the last character of one that fills its row, and that would go.
    this.#stream.write(`${before}${escape}H${escape}J${lines.join('\r\n')}`)
  }

  /** To be called on every way out; twice is once. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#stream.write(leave)
  }
}
