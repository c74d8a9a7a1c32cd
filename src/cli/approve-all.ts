// What a person must say yes to before many plans are done: once for all of them, and for what is widened, lost or ended
// each on its own, as for one.

import { homedir } from 'node:os'
import { DiagnosticError } from '../model/diagnostic.js'
import type { PlannedGrant } from '../model/plan.js'
import { isKeepable } from '../ui/plan-text/losses.js'
import { changeQuestion, type Needed, refusal, sessionQuestion, widenQuestion } from '../ui/prompt-text.js'
import { callSoFar, checkGrantNames, declined, neededFor, type ApprovalRequest } from './approve.js'
import { ask, choose, type Choice } from './ask.js'
import { isInteractive, type Invocation } from './invocation.js'
import { keeping, type Planned } from './planning.js'
import { styleOf } from './show-plan.js'

export type Approved = {
  readonly planned: readonly Planned[]
  /** Whether each is to be done when nobody works in it any more. */
  readonly waits: boolean
}

/** Gives what is to be done, in the same order; throws with kind `approval` when something is not approved. */
export async function approveAll(
  invocation: Invocation,
  planned: readonly Planned[],
  request: Omit<ApprovalRequest, 'engine' | 'replan'>,
): Promise<Approved> {
  checkGrantNames(
    request.allow,
    planned.flatMap(({ plan }) => plan.grants),
  )
  const each = planned.map((one) => neededFor(one, request))
  const needed: Needed = {
    yes: each.some(({ yes }) => yes),
    discard: each.some(({ discard }) => discard),
    sessions: each.some(({ sessions }) => sessions),
    widening: withoutDoubles(each.flatMap(({ widening }) => widening)),
  }
  const isNeeded = needed.yes || needed.discard || needed.sessions || needed.widening.length > 0
  if (isNeeded && !isInteractive(invocation)) {
    throw new DiagnosticError([refusal(callSoFar(invocation, request), planned, needed)], 'approval')
  }
  const widened = planned.flatMap((one, at) => {
    const widening = each[at]?.widening ?? []
    return widening.length === 0 ? [] : [{ one, widening }]
  })
  if (widened.length > 0) await askToWiden(invocation, widened)
  const chosen = needed.yes || needed.discard ? await askToChange(invocation, planned) : planned
  const waits = needed.sessions ? await askAboutSessions(invocation, chosen) : request.wait === true
  return { planned: chosen, waits }
}

/** One word allows a key in every sandbox that asks for it, so it is named once. */
function withoutDoubles(grants: readonly PlannedGrant[]): readonly PlannedGrant[] {
  return grants.filter(({ key }, at) => grants.findIndex((grant) => grant.key === key) === at)
}

async function askToWiden(
  invocation: Invocation,
  widened: readonly { readonly one: Planned; readonly widening: readonly PlannedGrant[] }[],
): Promise<void> {
  const context = { style: styleOf(invocation, invocation.errors), home: homedir() }
  const lines = widened.flatMap(({ one, widening }) => [
    `  ${one.plan.name}`,
    ...widenQuestion([one], widening, context).slice(0, -1),
  ])
  invocation.errors.write(lines.map((line) => `${line}\n`).join(''))
  const all = widened.flatMap(({ widening }) => widening)
  const question = widenQuestion(
    widened.map(({ one }) => one),
    all,
    context,
  ).at(-1)
  if (!(await ask(invocation, question ?? ''))) throw declined()
}

async function askToChange(invocation: Invocation, planned: readonly Planned[]): Promise<readonly Planned[]> {
  if (planned.every(({ risks }) => risks.losses === null)) {
    if (await ask(invocation, changeQuestion(planned))) return planned
    throw declined()
  }
  const choices: Choice<'y' | 'k'>[] = [
    { key: 'y', text: 'yes' },
    ...(planned.some(isKeepable) ? [{ key: 'k', text: 'yes, and keep those files' } as const] : []),
  ]
  const chosen = await choose(invocation, changeQuestion(planned), choices)
  if (chosen === null) throw declined()
  return chosen === 'y' ? planned : planned.map(keeping)
}

/** Gives whether they are waited for. */
async function askAboutSessions(invocation: Invocation, planned: readonly Planned[]): Promise<boolean> {
  const chosen = await choose(invocation, sessionQuestion(planned), [
    { key: 'y', text: 'yes' },
    { key: 'w', text: 'wait until then' },
  ])
  if (chosen === null) throw declined()
  return chosen === 'w'
}
