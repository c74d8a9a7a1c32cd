import { PassThrough } from 'node:stream'
import { collector } from '../../../src/engine/collector.js'
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
  const [output, errors] = [collector(), collector()]
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
