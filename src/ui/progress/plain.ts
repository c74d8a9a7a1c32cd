import { cutText } from '../characters.js'
import { elapsedText } from '../quantities.js'
import type { ProgressOptions, StepRenderer } from './renderer.js'
import { paint, type Style } from '../style.js'

/** How much of a long step's own output is shown when it fails. */
const lastLines = 20

/** A line when a step is done, and one when a long one begins, so that a log shows what it is waiting for. */
export function plainProgress(labels: readonly string[], { stream, style }: ProgressOptions): StepRenderer {
  const write = (line: string): void => void stream.write(`  ${line}\n`)
  let output: string[] = []
  return {
    begin(_, label, isLong) {
      output = []
      if (isLong) write(cutText(label, style.columns - 2))
    },
    tell(_, line) {
      if (line !== '') output = [...output, line].slice(-lastLines)
    },
    done(index, milliseconds) {
      write(doneText(labels[index] ?? '', milliseconds, style))
    },
    fail(index) {
      for (const line of output) write(`    | ${line}`)
      write(`${labels[index] ?? ''} ${paint(style, 'removed', 'failed')}`)
    },
    undone(label) {
      write(undoneText(label, style))
    },
    async close() {},
  }
}

/** `[2/7] create sbx-web-3f2a1c-agent-1af9b688 .........  0.2s` */
export function doneText(label: string, milliseconds: number, style: Style): string {
  const time = elapsedText(milliseconds)
  const columns = Math.min(style.columns, 80) - 2
  const shown = cutText(label, columns - time.length - 4, style.hasUnicode)
  const dots = '.'.repeat(Math.max(columns - shown.length - 2 - Math.max(time.length, 6), 1))
  return `${shown} ${paint(style, 'faint', dots)} ${time.padStart(6)}`
}

export function undoneText(label: string, style: Style): string {
  return `${paint(style, 'changed', 'taken back:')} ${label}`
}
