// A plan that is being done when its user wants no more: the first Ctrl-C is told what is waited for, the second what is
// left half done and how that is put right.

import { DiagnosticError } from '../../model/diagnostic.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { StepEvent } from '../../model/step-event.js'
import { isBrokenOff } from '../../plan/apply.js'
import type { Progress } from '../../ui/progress.js'
import { shellWord } from '../../model/shell-word.js'
import { stepText } from '../../ui/step-text.js'
import { callLike } from '../call/call.js'
import { reportFailure } from '../call/failure.js'
import { whenAbandoned } from '../call/interruptions.js'
import type { Invocation } from '../call/invocation.js'

/** Has to see every event of the plan; `end` is to be called on every way out. `goOn` is the command to go on with. */
export function watchInterrupts(
  invocation: Invocation,
  plan: SandboxPlan,
  shown: Pick<Progress, 'onStep' | 'abandon'>,
  goOn?: string,
): { readonly onStep: (event: StepEvent) => void; readonly end: () => void } {
  let last: StepEvent | null = null
  const onAbort = (): void => {
    if (last?.kind !== 'begun') return
    const { step, index, count } = last
    const becomes = isBrokenOff(step) ? 'is broken off' : 'ends first'
    const line = `interrupted; this step ${becomes} (Ctrl-C: stop at once)`
    shown.onStep({ step, index, count, kind: 'progress', line })
  }
  invocation.signal.addEventListener('abort', onAbort)
  const forget = whenAbandoned(() => {
    shown.abandon()
    reportFailure(abandoned(invocation, plan, last, goOn), invocation, false)
  })
  return {
    onStep(event) {
      if (event.kind !== 'progress' && event.kind !== 'transfer') last = event
      shown.onStep(event)
    },
    end() {
      invocation.signal.removeEventListener('abort', onAbort)
      forget()
    },
  }
}

/** `command` brings to its end what the plan was for. */
export function abandoned(
  invocation: Invocation,
  plan: SandboxPlan,
  last: StepEvent | null,
  command: string = wayOn(plan, invocation),
): DiagnosticError {
  const where =
    last === null
      ? 'nothing was begun'
      : `step ${last.index + 1} of ${last.count} (${stepText(last.step, plan.current)}) was under way`
  const kept = plan.steps.some((step) => step.do === 'remove-volume') ? '' : ' Homes and logins are whole.'
  return new DiagnosticError(
    [
      {
        severity: 'error',
        code: 'apply/abandoned',
        summary: 'Stopped in the middle',
        detail:
          `${plan.name}: ${where}, and nothing was taken back.${kept} To see what is left: ` +
          `${callLike(invocation, 'sbx plan')}. To go on:`,
        command,
      },
    ],
    'interrupted',
  )
}

/** Of a plan that is all that a call does. */
function wayOn(plan: SandboxPlan, invocation: Invocation): string {
  const isOnly = (...kinds: readonly string[]): boolean =>
    plan.steps.every((step) => kinds.some((kind) => step.do.startsWith(kind)))
  if (isOnly('stop')) return `sbx stop ${shellWord(plan.id)}`
  if (isOnly('stop', 'remove-')) return plan.action === 'remove' ? `sbx rm ${shellWord(plan.id)}` : 'sbx prune'
  return callLike(invocation, 'sbx apply')
}
