import type { Style } from '../style.js'

export type ProgressOptions = {
  readonly stream: NodeJS.WritableStream
  readonly style: Style
  /** Milliseconds. */
  readonly clock?: () => number
}

/** What both renderers are told: the event, and the step's place and words. */
export interface StepRenderer {
  begin(index: number, label: string, isLong: boolean): void
  tell(index: number, line: string): void
  done(index: number, milliseconds: number): void
  fail(index: number): void
  undone(label: string): void
  close(): Promise<void>
}
