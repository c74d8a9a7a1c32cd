// Doing plans, and telling what goes on: progress on standard error, what came of it on standard output.

import type { Engine } from '../model/engine.js'
import type { Applied, SandboxPlan } from '../model/plan.js'
import { applyPlan } from '../plan/apply.js'
import { stepEvent, summaryEvent } from '../ui/events-json.js'
import { openProgress } from '../ui/progress.js'
import { callLike } from './call.js'
import { type Invocation, print, printJsonLine } from './invocation.js'
import { styleOf } from './show-plan.js'

/** One after the other. Gives exit code 0; throws what the first that fails throws. */
export async function performPlans(
  invocation: Invocation,
  engine: Engine,
  plans: readonly SandboxPlan[],
  past: 'Applied' | 'Stopped' | 'Removed',
): Promise<number> {
  const begun = performance.now()
  const isJson = invocation.options.json === true
  const results: { readonly plan: SandboxPlan; readonly applied: Applied }[] = []
  for (const plan of plans) {
    const applied =
      plan.steps.length === 0
        ? { action: plan.action, containerId: plan.current?.containerId ?? null }
        : await performPlan(invocation, engine, plan)
    results.push({ plan, applied })
  }
  if (isJson) printJsonLine(invocation, summaryEvent(results))
  else {
    const done = results.filter(({ plan }) => plan.steps.length > 0)
    if (done.length > 0) print(invocation, [outcomeText(invocation, past, done, performance.now() - begun)])
    else if (past !== 'Applied' && plans.length > 0) print(invocation, ['Nothing to do.'])
  }
  return 0
}

function outcomeText(
  invocation: Invocation,
  past: 'Applied' | 'Stopped' | 'Removed',
  done: readonly { readonly plan: SandboxPlan }[],
  milliseconds: number,
): string {
  const names = done.map(({ plan }) => plan.name).join(', ')
  const time = `${(milliseconds / 1000).toFixed(1)}s`
  if (past !== 'Applied') return `${past} ${names} in ${time}.`
  // An apply is of the profile of its call.
  const { profile } = invocation.options
  const what = profile === undefined ? '' : ` (${profile})`
  const outcomes = done.map(({ plan }) => `${plan.name}${what} ${pastTense[plan.action]}`).join(', ')
  return `Applied: ${outcomes} in ${time}. Attach: ${callLike(invocation, 'sbx run')}`
}

const pastTense = {
  create: 'created',
  reuse: 'unchanged',
  start: 'started',
  update: 'updated',
  recreate: 'recreated',
  remove: 'removed',
} as const

/** For `run`: no result of its own, since standard output is the agent's. Gives the container to attach to. */
export async function bringUp(invocation: Invocation, engine: Engine, plan: SandboxPlan): Promise<string> {
  if (plan.steps.length > 0) {
    const { containerId } = await performPlan(invocation, engine, plan)
    if (containerId !== null) return containerId
  }
  const id = plan.current?.containerId
  if (id === undefined) throw new Error(`the plan for ${plan.name} left no container`)
  // Another sbx may be just starting it.
  await engine.perform({ do: 'await-ready', target: { id } })
  return id
}

export async function performPlan(invocation: Invocation, engine: Engine, plan: SandboxPlan): Promise<Applied> {
  const { json, quiet } = invocation.options
  if (json === true) {
    return applyPlan(plan, engine, {
      signal: invocation.signal,
      onStep: (event) => {
        if (event.kind !== 'transfer') printJsonLine(invocation, stepEvent(plan, event))
      },
    })
  }
  if (quiet === true) return applyPlan(plan, engine, { signal: invocation.signal, onStep: () => undefined })
  const progress = await openProgress(plan, {
    stream: invocation.errors,
    style: styleOf(invocation, invocation.errors),
  })
  try {
    return await applyPlan(plan, engine, {
      signal: invocation.signal,
      onStep: (event) => {
        progress.onStep(event)
      },
    })
  } finally {
    await progress.close()
  }
}
