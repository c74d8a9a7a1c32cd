// The steps of a plan while they are done: on a terminal with a spinner, elsewhere a line each. Fed by the events of
// `applyPlan`, it decides nothing.

import type { SandboxPlan, Step } from '../model/plan.js'
import type { StepEvent } from '../model/step-event.js'
import { escapeControls } from './characters.js'
import { plainProgress } from './progress/plain.js'
import type { ProgressOptions } from './progress/renderer.js'
import { stepText } from './step-text.js'

export interface Progress {
  onStep(event: StepEvent): void
  /** Leaves the terminal as it was. To be called on every way out, before anything else is written. */
  close(): Promise<void>
  /** The same at once, where the process is about to end in the middle of a step. */
  abandon(): void
}

export async function openProgress(
  plan: Pick<SandboxPlan, 'steps' | 'current'>,
  options: ProgressOptions,
): Promise<Progress> {
  const { clock = () => performance.now() } = options
  const count = plan.steps.length
  const before = options.name === undefined ? '' : `${escapeControls(options.name)} `
  const labels = plan.steps.map(
    (step, index) => `${before}[${index + 1}/${count}] ${escapeControls(stepText(step, plan.current))}`,
  )
  // On a terminal the spinner is worth its weight, but only there, and only where there is anything to wait for.
  const renderer =
    options.style.isTerminal && options.name === undefined && count > 0
      ? (await import('./progress/terminal.js')).terminalProgress(labels, plan.steps.map(isPrinting), options)
      : plainProgress(labels, options)

  let begunAt = clock()
  return {
    onStep(event) {
      switch (event.kind) {
        case 'begun':
          begunAt = clock()
          return renderer.begin(event.index, labels[event.index] ?? '', isLong(event))
        case 'progress':
          return renderer.tell(event.index, escapeControls(event.line.trimEnd()), isPrinting(event.step))
        case 'transfer':
          return renderer.transfer(event.index, event.transfer)
        case 'done':
          return renderer.done(event.index, clock() - begunAt)
        case 'failed':
          return renderer.fail(event.index)
        case 'undone':
          return renderer.undone(`${before}${escapeControls(stepText(event.step, plan.current))}`)
      }
    },
    close: () => renderer.close(),
    abandon: () => renderer.abandon(),
  }
}

function isLong({ step }: StepEvent): boolean {
  return step.do === 'pull-image' || step.do === 'build-image' || isPrinting(step)
}

/** What its own command prints is the user's to read. */
function isPrinting(step: Step): boolean {
  return step.do === 'prepare'
}
