import { cutText, escapeControls, textWidth } from '../characters.js'
import { elapsedText } from '../quantities.js'
import { transferText, type ProgressOptions, type StepRenderer } from './renderer.js'
import { paint, type Style } from '../style.js'

/**
 * A line when a step is done, one when a long one begins, so that a log shows what it is waiting for, one for each layer
 * that is there, and each that a command of the user's prints. What another step printed before it failed is in the
 * diagnostic, and shown there alone.
 */
export function plainProgress(labels: readonly string[], { name, stream, style }: ProgressOptions): StepRenderer {
  const before = name === undefined ? '' : `${escapeControls(name)} | `
  const write = (line: string): void => void stream.write(`  ${line}\n`)
  let layersDone = 0
  return {
    begin(_, label, isLong) {
      layersDone = 0
      if (isLong) write(cutText(label, style.columns - 2))
    },
    tell(_, line, isOutput) {
      if (isOutput) write(`  ${before}${line}`)
    },
    transfer(_, transfer) {
      // Layers that were there before come first, and without a size.
      if (transfer.layersDone > layersDone && transfer.bytesTotal > 0) write(`    ${transferText(transfer)}`)
      layersDone = transfer.layersDone
    },
    done(index, milliseconds) {
      write(doneText(labels[index] ?? '', milliseconds, style))
    },
    fail(index) {
      write(`${labels[index] ?? ''} ${paint(style, 'removed', 'failed')}`)
    },
    undone(label) {
      write(undoneText(label, style))
    },
    abandon() {},
    async close() {},
  }
}

/** `[2/7] create sbx-web-3f2a1c-agent-1af9b688 .........  0.2s` */
export function doneText(label: string, milliseconds: number, style: Style): string {
  const time = elapsedText(milliseconds).padStart(6)
  const columns = Math.min(style.columns, 80) - 2
  const room = columns - time.length - 2
  const shown = cutText(label, room - 1, style.hasUnicode)
  return `${shown} ${paint(style, 'faint', '.'.repeat(room - textWidth(shown)))} ${time}`
}

export function undoneText(label: string, style: Style): string {
  return `${paint(style, 'changed', 'taken back:')} ${label}`
}
