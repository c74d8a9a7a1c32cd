// listr2 draws; the events of the apply say when each of its tasks begins, ends or fails.

import { DefaultRenderer, Listr, ListrDefaultRendererLogLevels, ListrLogger, ProcessOutput, Spinner } from 'listr2'
import { cutText } from '../characters.js'
import { shownOutput, transferText, type ProgressOptions, type StepRenderer } from './renderer.js'
import { doneText, undoneText } from './plain.js'

type Task = { title: string; output: string }
type Waiting = { readonly done: () => void; readonly fail: (error: Error) => void }

/** `printing` are those that run a command of the user's. */
export function terminalProgress(
  labels: readonly string[],
  printing: readonly boolean[],
  { stream, style }: ProgressOptions,
): StepRenderer {
  // Drawn on the stream that is given (standard error), and on that alone.
  const terminal = stream as NodeJS.WriteStream
  const processOutput = new ProcessOutput(terminal, terminal, { leaveEmptyLine: false })
  const tasks: (Task | undefined)[] = []
  const waiting: (Waiting | undefined)[] = []
  const ends = labels.map(
    (_, index) => new Promise<void>((done, fail) => (waiting[index] = { done, fail: (error) => fail(error) })),
  )
  const titles: string[] = []
  const outputs: string[] = []
  // A quick step can be over before its task was begun.
  const retitle = (index: number): void => {
    const task = tasks[index]
    const title = titles[index]
    if (task !== undefined && title !== undefined) task.title = title
  }
  // Whoever closes early, after a failure, leaves some that nobody waits for.
  for (const end of ends) end.catch(() => undefined)

  const list = new Listr(
    labels.map((label, index) => ({
      title: cutText(label, style.columns - 4, style.hasUnicode),
      task: async (_: unknown, task: Task) => {
        tasks[index] = task
        retitle(index)
        // Not an empty one: where that stands the list draws the newest line, once more.
        const output = outputs[index]
        if (output !== undefined) task.output = output
        await ends[index]
      },
      rendererOptions: { outputBar: printing[index] === true ? shownOutput : true },
    })),
    {
      registerSignalListeners: false,
      exitOnError: true,
      renderer: StreamRenderer,
      rendererOptions: {
        logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput }),
        showErrorMessage: false,
        collapseErrors: false,
        formatOutput: 'truncate',
        ...(style.hasColour ? {} : { color: colourless() }),
        ...(style.hasUnicode ? {} : { icon: asciiIcons, spinner: new AsciiSpinner() }),
      },
    },
  )
  const show = (index: number, line: string): void => {
    if (line === '') return
    const output = cutText(line, style.columns - 6, style.hasUnicode)
    outputs[index] = output
    const task = tasks[index]
    if (task !== undefined) task.output = output
  }
  // Steps that have a sum to show, in place of the line for each layer's state.
  const transferring = new Set<number>()
  const undone: string[] = []
  const finished = list.run().catch((error: unknown) => {
    if (!(error instanceof Stopped)) throw error
  })
  return {
    begin() {},
    tell(index, line) {
      if (!transferring.has(index)) show(index, line)
    },
    transfer(index, transfer) {
      transferring.add(index)
      show(index, transferText(transfer))
    },
    done(index, milliseconds) {
      titles[index] = doneText(labels[index] ?? '', milliseconds, {
        ...style,
        columns: Math.min(style.columns, 80) - 2,
      })
      retitle(index)
      waiting[index]?.done()
    },
    fail(index) {
      waiting[index]?.fail(new Stopped())
    },
    undone(label) {
      undone.push(undoneText(label, style))
    },
    abandon() {
      processOutput.release()
      terminal.write('\n')
    },
    async close() {
      for (const each of waiting) each?.fail(new Stopped())
      await finished
      for (const line of undone) terminal.write(`  ${line}\n`)
    },
  }
}

/**
 * listr2 looks whether standard output is a terminal, and else writes there in another way. What counts is the stream
 * that is given, and that has been looked at.
 */
class StreamRenderer extends DefaultRenderer {
  static override readonly nonTTY = true
}

/** Why a step failed is told by the diagnostic that `applyPlan` throws; here it only ends the drawing. */
class Stopped extends Error {}

const levels = ListrDefaultRendererLogLevels

function colourless(): Partial<Record<ListrDefaultRendererLogLevels, (text?: string) => string>> {
  return Object.fromEntries(Object.values(levels).map((level) => [level, (text?: string) => text ?? '']))
}

const asciiIcons = {
  [levels.WAITING]: ' ',
  [levels.PENDING]: '>',
  [levels.COMPLETED]: '+',
  [levels.FAILED]: 'x',
  [levels.OUTPUT]: '|',
} as const

class AsciiSpinner extends Spinner {
  protected override readonly spinner = ['-', '\\', '|', '/']
}
