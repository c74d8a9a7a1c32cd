import type { Transfer } from '../../model/step-event.js'
import { bytesOfText, counted } from '../quantities.js'
import type { Style } from '../style.js'

export type ProgressOptions = {
  /** Of the sandbox, where the steps of several come at the same time: each line then bears it. */
  readonly name?: string
  readonly stream: NodeJS.WritableStream
  readonly style: Style
  /** Milliseconds. */
  readonly clock?: () => number
}

/** How many lines of what such a command prints a terminal shows at a time. */
export const shownOutput = 10

/** What both renderers are told: the event, and the step's place and words. */
export interface StepRenderer {
  begin(index: number, label: string, isLong: boolean): void
  /** `isOutput` of what a command of the user's prints, which is theirs to read. */
  tell(index: number, line: string, isOutput: boolean): void
  transfer(index: number, transfer: Transfer): void
  done(index: number, milliseconds: number): void
  fail(index: number): void
  undone(label: string): void
  /** Gives the stream back at once, in the middle of whatever is shown: the process is about to end. */
  abandon(): void
  close(): Promise<void>
}

/** `2 of 5 layers, 34.1 of 120.4 MB`; without sizes while none is known, and without layers where there are none. */
export function transferText({ layers, layersDone, bytes, bytesTotal }: Transfer): string {
  if (layers === 0) return bytesOfText(bytes, bytesTotal)
  const size = bytesTotal === 0 ? '' : `, ${bytesOfText(bytes, bytesTotal)}`
  return `${layersDone} of ${counted(layers, 'layer')}${size}`
}
