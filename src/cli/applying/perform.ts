// Doing plans, and telling what goes on: progress on standard error, what came of it on standard output.

import type { Engine } from '../../model/engine.js'
import type { ContainerTarget, SandboxPlan } from '../../model/plan.js'
import type { Applied, StepEvent } from '../../model/step-event.js'
import { type ApplyOptions, applyPlan } from '../../plan/apply.js'
import { planEvent, stepEvents, summaryEvent } from '../../ui/events-json.js'
import { homeLines } from '../../ui/home-text.js'
import { openProgress, type Progress } from '../../ui/progress.js'
import { awaitReady } from './await-ready.js'
import { callLike } from '../call/call.js'
import { watchInterrupts } from './in-flight.js'
import { type Invocation, print, printJsonLine, tell } from '../call/invocation.js'
import { styleOf } from '../call/style.js'
import { sbxVersion } from '../call/version.js'

/** One after the other. Gives exit code 0; throws what the first that fails throws. */
export async function performPlans(
  invocation: Invocation,
  engine: Engine,
  plans: readonly SandboxPlan[],
  past: 'Applied' | 'Stopped' | 'Removed',
  { forget, lookAgain, ...options }: PerformOptions & Forgetting = {},
): Promise<number> {
  const begun = performance.now()
  const isJson = invocation.options.json === true
  if (isJson) printJsonLine(invocation, planEvent(plans, { sbxVersion, now: new Date() }))
  const results: { readonly plan: SandboxPlan; readonly applied: Applied }[] = []
  for (const plan of plans) {
    const applied =
      plan.steps.length === 0
        ? { action: plan.action, containerId: plan.current?.containerId ?? null }
        : await performPlan(invocation, engine, plan, {
            ...options,
            ...(lookAgain === undefined ? {} : twice(plan, lookAgain)),
          })
    results.push({ plan, applied })
  }
  const forgotten = (await forget?.()) ?? []
  if (isJson) printJsonLine(invocation, summaryEvent(results, forgotten))
  else {
    const done = results.filter(({ plan }) => plan.steps.length > 0)
    const homes = results.flatMap(({ plan, applied }) => homesText(invocation, plan, applied))
    if (done.length > 0) print(invocation, [...homes, outcomeText(invocation, past, done, performance.now() - begun)])
    else if (past !== 'Applied' && plans.length > 0) print(invocation, ['Nothing to do.'])
    if (forgotten.length > 0) print(invocation, [`Removed the approvals of ${forgotten.join(', ')}.`])
  }
  return 0
}

type Forgetting = {
  /** Called once all is done; gives the ids of those whose approvals went. */
  readonly forget?: () => Promise<readonly string[]>
  /** At what a plan removes: while somebody can still be asked in it, and once nobody writes into it any more. */
  readonly lookAgain?: (plan: SandboxPlan) => Promise<void>
}

function twice(plan: SandboxPlan, look: (plan: SandboxPlan) => Promise<void>) {
  return { beforeStop: async () => look(plan), beforeRemoval: async () => look(plan) }
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

/** `Applied: 2 created, 1 updated in 4.1s.` */
export function countText(plans: readonly SandboxPlan[], milliseconds: number): string {
  const words = Object.entries(pastTense).flatMap(([action, past]) => {
    const count = plans.filter((plan) => plan.action === action).length
    return count === 0 ? [] : [`${String(count)} ${past}`]
  })
  return `Applied: ${words.join(', ')} in ${(milliseconds / 1000).toFixed(1)}s.`
}

const pastTense = {
  create: 'created',
  reuse: 'unchanged',
  start: 'started',
  update: 'updated',
  recreate: 'recreated',
  remove: 'removed',
} as const

/** Of a home that is older than the image; nothing where there is nothing to tell. */
export function homesText(invocation: Invocation, { name }: SandboxPlan, { home }: Applied): readonly string[] {
  return home === undefined ? [] : homeLines(name, home, callLike(invocation, 'sbx apply --refresh-home'))
}

/** For `run`: no result of its own, since standard output is the agent's. Gives the container to attach to. */
export async function bringUp(
  invocation: Invocation,
  engine: Engine,
  plan: SandboxPlan,
  options: PerformOptions = {},
): Promise<string> {
  if (plan.steps.length > 0) {
    const applied = await performPlan(invocation, engine, plan, options)
    const { containerId } = applied
    tell(invocation, homesText(invocation, plan, applied))
    if (containerId !== null) return containerId
  }
  const id = plan.current?.containerId
  if (id === undefined) throw new Error(`the plan for ${plan.name} left no container`)
  // Another sbx may be just starting it.
  await awaitReady(invocation, engine, id, plan.name)
  return id
}

export type PerformOptions = Pick<ApplyOptions, 'beforeStop' | 'beforeRemoval' | 'beforeStart' | 'inside' | 'owner'> & {
  /** Of one of several that are done at the same time. */
  readonly name?: string
  /** Command to go on with where the plan is a part of something more. */
  readonly goOn?: string
  /** Whatever came of it, once nothing is shown of it any more. */
  readonly afterwards?: () => Promise<void>
}

export async function performPlan(
  invocation: Invocation,
  engine: Engine,
  plan: SandboxPlan,
  { afterwards, ...options }: PerformOptions = {},
): Promise<Applied> {
  try {
    return await performShown(invocation, engine, plan, options)
  } finally {
    await afterwards?.()
  }
}

async function performShown(
  invocation: Invocation,
  engine: Engine,
  plan: SandboxPlan,
  { name, ...options }: Omit<PerformOptions, 'afterwards'>,
): Promise<Applied> {
  const { json, quiet } = invocation.options
  if (json === true) {
    const lineOf = stepEvents(plan)
    const onStep = (event: StepEvent): void => {
      const line = lineOf(event)
      if (line !== null) printJsonLine(invocation, line)
    }
    return heeded(invocation, engine, plan, options, { onStep, abandon() {} })
  }
  if (quiet === true) return heeded(invocation, engine, plan, options, { onStep() {}, abandon() {} })
  const progress = await openProgress(plan, {
    stream: invocation.errors,
    style: styleOf(invocation, invocation.errors),
    ...(name === undefined ? {} : { name }),
  })
  try {
    return await heeded(invocation, engine, plan, options, progress)
  } finally {
    await progress.close()
  }
}

async function heeded(
  invocation: Invocation,
  engine: Engine,
  plan: SandboxPlan,
  { goOn, ...options }: Omit<PerformOptions, 'name' | 'afterwards'>,
  shown: Pick<Progress, 'onStep' | 'abandon'>,
): Promise<Applied> {
  const watched = watchInterrupts(invocation, plan, shown, goOn)
  try {
    return await applyPlan(plan, engine, {
      ...options,
      signal: invocation.signal,
      onStep: watched.onStep,
      beforeStartAgain: (target) => startableAgain(invocation, engine, target),
    })
  } finally {
    watched.end()
  }
}

/** Throws where it is not to run as it is now. */
export async function startableAgain(invocation: Invocation, engine: Engine, target: ContainerTarget): Promise<void> {
  const [{ readHost }, { beforeStartAgain }] = await Promise.all([
    import('../../resolve/host.js'),
    import('../planning/hidden.js'),
  ])
  await beforeStartAgain(await readHost(invocation.env), engine, target)
}
