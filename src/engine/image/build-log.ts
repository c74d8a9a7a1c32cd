// What a builder tells, in one shape for both: `Step 2/5 : RUN make`, and what that step prints.

import { decodeTrace, type Vertex } from './buildkit-trace.js'
import type { Message } from '../connection/messages.js'

export type FailedStep = { readonly instruction: string; readonly lines: readonly string[] }

export interface BuildLog {
  /** New lines to be shown. */
  read(message: Message): readonly string[]
  /** The step that was under way when the builder gave up, and the last that it printed. */
  failed(): FailedStep
}

const linesOfFailure = 20
const beforeSteps = 'reading the Dockerfile'

export function classicLog(): BuildLog {
  let instruction = beforeSteps
  let output: string[] = []
  return {
    read({ stream, status }) {
      const lines = linesOf(stream ?? status ?? '')
      for (const line of lines) {
        if (/^Step \d+\/\d+ : /.test(line)) {
          instruction = line
          output = []
        } else if (!/^ ---> |^Removing intermediate container /.test(line)) {
          output = [...output, line].slice(-linesOfFailure)
        }
      }
      return lines
    },
    failed: () => ({ instruction, lines: output }),
  }
}

type Step = { instruction: string; output: string[]; rest: string; isTold: boolean }

/** Steps run beside each other, so that each keeps what it printed. */
export function buildKitLog(): BuildLog {
  const steps = new Map<string, Step>()
  let failed: Step | undefined
  const print = (step: Step, text: string): string[] => {
    const lines = linesOf(text)
    step.output = [...step.output, ...lines].slice(-linesOfFailure)
    return lines
  }
  const readVertex = (vertex: Vertex): string[] => {
    const instruction = instructionOf(vertex.name)
    const step = steps.get(vertex.digest) ?? { instruction: vertex.name, output: [], rest: '', isTold: false }
    steps.set(vertex.digest, step)
    const lines: string[] = []
    if (instruction !== null) {
      step.instruction = instruction
      if (!step.isTold && (vertex.isStarted || vertex.isCached)) lines.push(instruction)
      step.isTold ||= lines.length > 0
      // Of a FROM it says whether the image was used before.
      if (vertex.isCached && vertex.isCompleted && !/ : FROM /.test(instruction)) lines.push(' ---> Using cache')
    }
    if (vertex.isCompleted && step.rest !== '') {
      lines.push(...print(step, step.rest))
      step.rest = ''
    }
    if (vertex.error !== '' && instruction !== null) failed ??= step
    return lines
  }
  return {
    read({ id, aux, stream }) {
      if (id !== 'moby.buildkit.trace' || typeof aux !== 'string') return linesOf(stream ?? '')
      const { vertexes, logs } = decodeTrace(aux)
      return [
        ...vertexes.flatMap(readVertex),
        ...logs.flatMap(({ vertex, text }) => {
          const step = steps.get(vertex)
          if (step === undefined) return []
          const whole = (step.rest + text).lastIndexOf('\n') + 1
          const lines = print(step, (step.rest + text).slice(0, whole))
          step.rest = (step.rest + text).slice(whole)
          return lines
        }),
      ]
    },
    failed: () => ({ instruction: failed?.instruction ?? beforeSteps, lines: failed?.output ?? [] }),
  }
}

/** `[2/5] RUN make` or `[build 2/5] RUN make` as the classic builder says it; null for what is no instruction. */
function instructionOf(name: string): string | null {
  const [, stage = '', step, instruction] = /^\[(\S+ )?(\d+\/\d+)\] (.*)$/s.exec(name) ?? []
  return step === undefined ? null : `Step ${stage}${step} : ${instruction ?? ''}`
}

function linesOf(text: string): string[] {
  return withoutColours(text)
    .split(/\r?\n|\r/)
    .filter((line) => line.trim() !== '')
}

/** The classic builder shows error output in red. */
export function withoutColours(text: string): string {
  return text.replaceAll(/\u001b\[[0-9;]*m/g, '')
}
