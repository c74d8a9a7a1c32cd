import { PassThrough, Writable } from 'node:stream'
import type { Terminal } from '../../../src/model/engine.js'

export type TestTerminal = Terminal & {
  /** All that was written so far. */
  written(): string
  errorsWritten(): string
  /** Every raw mode that was set, in order. */
  readonly rawModes: readonly boolean[]
  type(text: string): void
  endInput(): void
  resize(columns: number, rows: number): void
  /** How many listen for a change of size. */
  listeners(): number
}

export function makeTerminal(isTerminal: boolean): TestTerminal {
  const input = new PassThrough()
  const [output, errors] = [keeping(), keeping()]
  const rawModes: boolean[] = []
  const listeners = new Set<() => void>()
  let size = { columns: 91, rows: 37 }
  return {
    ...{ input, output, errors, isTerminal, rawModes },
    size: () => size,
    onResize(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    setRawMode: (isRaw) => rawModes.push(isRaw),
    written: () => output.text(),
    errorsWritten: () => errors.text(),
    type: (text) => input.write(text),
    endInput: () => input.end(),
    resize(columns, rows) {
      size = { columns, rows }
      for (const listener of listeners) listener()
    },
    listeners: () => listeners.size,
  }
}

/** Keeps what is written to it. */
function keeping(): Writable & { text(): string } {
  const pieces: Buffer[] = []
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece)
      done()
    },
  })
  return Object.assign(stream, { text: () => Buffer.concat(pieces).toString() })
}
