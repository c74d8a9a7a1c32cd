// Whether another apply of the same sandbox was first. Of two that meet one steps back, and takes from the other nothing
// that it needs.

import { DiagnosticError, hasCode } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import type { ListedContainer } from '../model/live.js'
import type { ContainerTarget, SandboxPlan, Step } from '../model/plan.js'
import { isRunning } from './in-use.js'

export function isOvertaken(error: unknown): boolean {
  return hasCode(error, 'apply/overtaken')
}

export function isGone(error: unknown): boolean {
  return hasCode(error, 'engine/gone', 'engine/no-container')
}

type Look = Extract<Step, { do: 'settle' }>

/** `stays` where the container of this apply is the one that stays all the same. */
export type Cause = { readonly error: unknown; readonly stays?: true }

/**
 * What a step failed of: another apply that was first may have taken from under it what it needs. `ownLook` is the plan's
 * look at who stays, null where it has none; `wait` ends how long another may take from one container to the next.
 */
export async function causeOf(
  { error, step }: { readonly error: unknown; readonly step: Step },
  ownLook: Look | null,
  { plan, engine }: { readonly plan: SandboxPlan; readonly engine: Engine },
  wait: AbortSignal,
): Promise<Cause> {
  const mayBeOfAnother =
    error instanceof DiagnosticError &&
    error.kind === 'failed' &&
    // That it reaches too much is told, whoever was first.
    !hasCode(error, 'apply/overtaken', 'engine/network-reachable')
  const look = ownLook ?? (isGone(error) ? lookAfter(plan) : null)
  if (!mayBeOfAnother || look === null) return { error }
  try {
    const isMet = isGone(error) || (await hasRival(look, engine))
    await engine.perform(look, undefined, isMet ? wait : AbortSignal.abort())
    // Past the look two can be at it only with one container, and of two proxies the engine starts one.
    const proxy = await rivalProxy(error, step, plan, engine)
    return proxy === null ? { error } : { error: overtakenBy(proxy), stays: true }
  } catch (cause) {
    return { error: isOvertaken(cause) ? cause : error }
  }
}

/** For a plan that nobody can come before, since it only changes what runs: who stays where that is gone all the same. */
function lookAfter({ id, action, current }: SandboxPlan): Look | null {
  if (action !== 'update' || current === null) return null
  return { do: 'settle', sandboxId: id, target: { id: current.containerId }, expected: {} }
}

function overtakenBy(proxy: string): DiagnosticError {
  const detail = `Its list of hosts is the one that holds: the proxy ${proxy} stays, what this one made goes. Plan again.`
  return new DiagnosticError([
    { severity: 'error', code: 'apply/overtaken', summary: 'Another apply was first', detail },
  ])
}

/** Name of the proxy of another apply that has the address of this one's, or has it next; null where that is not the cause. */
async function rivalProxy(
  error: unknown,
  { do: kind }: Step,
  { id, steps }: SandboxPlan,
  engine: Engine,
): Promise<string | null> {
  const isTaken = hasCode(error, 'engine/address-taken')
  const isSilent = hasCode(error, 'engine/proxy-silent')
  const isOfWayOut = kind === 'start-proxy' || kind === 'verify-network'
  if (!isTaken && !isSilent && !(isOfWayOut && isGone(error))) return null
  const { proxies = [] } = await engine.observe(id, [])
  const made = steps.flatMap((step) => (step.do === 'create-proxy' ? [step.request.name] : []))
  const started = steps.flatMap((step) => (step.do === 'start-proxy' && 'id' in step.target ? [step.target.id] : []))
  const known = steps.flatMap((step) => ('target' in step && 'id' in step.target ? [step.target.id] : []))
  const others = proxies.filter((proxy) => !made.includes(proxy.name) && !started.includes(proxy.id))
  // What has the address, or runs where this one's is gone, is another's; of those that are silent one may be so by itself.
  const mayRun = !isSilent ? proxies : made.length + started.length === 0 ? [] : others
  const running = mayRun.find(({ state }) => state === 'running')
  const next = others.find((proxy) => proxy.state === 'created' && !known.includes(proxy.id))
  return (running ?? next)?.name ?? null
}

/** Whether another proxy of the sandbox runs: only one of them can. */
async function hasOtherProxy(target: ContainerTarget, { id }: SandboxPlan, engine: Engine): Promise<boolean> {
  const { proxies = [] } = await engine.observe(id, [])
  return proxies.some((proxy) => proxy.state === 'running' && !isTarget(target, proxy))
}

/** Whether another has been made since the plan was. */
async function hasRival({ sandboxId, target, expected }: Look, engine: Engine): Promise<boolean> {
  const listed = await engine.list()
  return listed.some((each) => each.sandbox.id === sandboxId && !(each.id in expected) && !isTarget(target, each))
}

/** Whether another apply may bring up another container in the meantime. */
export function isContested({ steps }: SandboxPlan): boolean {
  return steps.some((step) => step.do === 'settle')
}

/** One that was started before this one, which therefore cannot stay. */
export async function earlierThan(
  target: ContainerTarget,
  { id }: SandboxPlan,
  engine: Engine,
): Promise<ListedContainer | null> {
  const sandboxId = (await engine.list()).find((each) => isTarget(target, each))?.sandbox.id ?? id
  if ((await isFirst(sandboxId, target, engine)) !== false) return null
  return (
    (await engine.list()).find((each) => each.sandbox.id === sandboxId && !isTarget(target, each) && isRunning(each)) ??
    null
  )
}

/** The container, where it does. */
export async function thatRuns(target: ContainerTarget, engine: Engine): Promise<ListedContainer | null> {
  return (await engine.list()).find((each) => isTarget(target, each) && isRunning(each)) ?? null
}

/**
 * Name of the one that stays, of all of the sandbox that run; null where none does by now. Which was met first tells
 * nothing: several applies may have started one each.
 */
export async function nameOfStaying({ sandbox }: ListedContainer, engine: Engine): Promise<string | null> {
  for (const { id, name } of (await engine.list()).filter(
    (each) => each.sandbox.id === sandbox.id && isRunning(each),
  )) {
    if ((await isFirst(sandbox.id, { id }, engine)) === true) return name
  }
  return null
}

/** Whether none of the sandbox's that run was started before it, as it is right now; null where nobody can tell. */
async function isFirst(sandboxId: string, target: ContainerTarget, engine: Engine): Promise<boolean | null> {
  const look: Look = { do: 'settle', sandboxId, target, expected: {} }
  return engine.perform(look, undefined, AbortSignal.abort()).then(
    () => true,
    (error: unknown) => (isOvertaken(error) ? false : null),
  )
}

/**
 * Another of its sandbox that runs: two are not to be at work in one home. Of a plan that only ends some, one
 * that it does not know; `made` are the ids of those that this apply has made.
 */
export function anotherThatRuns(
  listed: readonly ListedContainer[],
  target: ContainerTarget,
  made: readonly string[],
  plan: SandboxPlan,
): ListedContainer | null {
  const named = plan.steps.flatMap((step) => ('target' in step && 'id' in step.target ? [step.target.id] : []))
  const known = new Set(isContested(plan) ? made : [...named, ...made, plan.current?.containerId])
  // The other one may have removed it already.
  const sandboxId = listed.find((each) => isTarget(target, each))?.sandbox.id ?? plan.id
  const others = listed.filter((each) => each.sandbox.id === sandboxId && !isTarget(target, each))
  return others.find((each) => isRunning(each) && !known.has(each.id)) ?? null
}

export function isTarget(target: ContainerTarget, { id }: { readonly id: string }): boolean {
  return 'id' in target && target.id === id
}

/**
 * Whether the apply that came first needs what this step takes back. The way out is its own by now. A proxy that both have
 * it may be about to start, as long as none runs. And where the two files differ in nothing that a record holds, this
 * record is its record, too.
 */
export async function isOfTheOther(step: Step, plan: SandboxPlan, engine: Engine): Promise<boolean> {
  if (step.do === 'start-proxy' || step.do === 'stop-proxy') return true
  if (step.do === 'remove-proxy') return !(await hasOtherProxy(step.target, plan, engine))
  if (step.do !== 'remove-record') return false
  const { records } = await engine.observe(plan.id, [])
  const known = new Set(plan.steps.flatMap((planned) => (planned.do === 'remove-record' ? [planned.name] : [])))
  return !records.some(({ name }) => name !== step.name && !known.has(name))
}
