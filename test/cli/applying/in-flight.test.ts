// What is said of an interrupt while a plan is being done.

import { expect, test } from 'vitest'
import { calledAgain } from '../../../src/cli/call/change-flags.js'
import { abandoned, watchInterrupts } from '../../../src/cli/applying/in-flight.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import type { SandboxPlan, Step } from '../../../src/model/plan.js'
import type { StepEvent } from '../../../src/model/step-event.js'
import { planFor } from '../../support/applying.js'
import { emptyWorld, file } from '../../support/examples.js'

function invocationWith(signal: AbortSignal): Invocation {
  const { stdin: input, stdout: output, stderr: errors } = process
  return Object.create(
    { input, output, errors },
    {
      options: { value: { profile: 'ci' } },
      signal: { value: signal },
    },
  ) as Invocation
}

/** The line that a first Ctrl-C brings while this step is done. */
function lineAt(plan: SandboxPlan, step: Step): string {
  const { signal, abort } = interruption()
  const shown: StepEvent[] = []
  const onStep = (event: StepEvent): void => void shown.push(event)
  const watched = watchInterrupts(invocationWith(signal), plan, { onStep, abandon: () => undefined })
  watched.onStep({ kind: 'begun', step, index: 0, count: 1 })
  abort()
  watched.end()
  const last = shown.at(-1)
  return last?.kind === 'progress' ? last.line : ''
}

function interruption() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}

test('an interrupt says whether the step ends first or is broken off', async () => {
  const plan = await planFor(emptyWorld(), file())
  const target = { id: 'a'.repeat(64) }
  for (const step of [
    { do: 'snapshot-container', target, image: 'localhost/kept', sandboxId: plan.id },
    { do: 'copy-files', from: target, target, except: [], exceptWithPackages: [] },
    { do: 'await-ready', target },
    { do: 'pull-image', reference: 'acme/agent:1' },
  ] as const) {
    expect(lineAt(plan, step)).toBe('interrupted; this step is broken off (Ctrl-C: stop at once)')
  }
  expect(lineAt(plan, { do: 'stop', target })).toBe('interrupted; this step ends first (Ctrl-C: stop at once)')
})

test('who stops at once goes on with the call, and in the middle of an adoption with that', async () => {
  const plan = await planFor(emptyWorld(), file())
  const invocation = invocationWith(new AbortController().signal)
  const commandOf = (goOn?: string) => abandoned(invocation, plan, null, goOn).diagnostics[0]?.command
  expect(commandOf()).toBe('sbx apply --profile ci')
  expect(commandOf('sbx adopt old-3f2a1c')).toBe('sbx adopt old-3f2a1c')
  const { goOn } = calledAgain(invocation, 'sbx apply', { recreate: true, pull: 'always' })
  expect(commandOf(goOn)).toBe('sbx apply --recreate --pull always --profile ci')
})
