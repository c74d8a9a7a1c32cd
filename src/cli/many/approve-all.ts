// What a person must say yes to before many plans are done: once for all of them, and for what is widened, lost or ended
// each on its own, as for one.

import { homedir } from 'node:os'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { PlannedGrant } from '../../model/plan.js'
import { isKeepable } from '../../ui/plan-text/losses.js'
import { changeQuestion, lossText, type Needed, refusal, widenQuestion } from '../../ui/prompt-text.js'
import { askAboutSessions, callSoFar, declined, neededFor, type ApprovalRequest } from '../approving/approve.js'
import { ask, choose, type Choice } from '../call/ask.js'
import { grantNames, withoutDoubles } from './grant-names.js'
import { isInteractive, type Invocation } from '../call/invocation.js'
import { keeping, type Planned } from '../planning/planning.js'
import { styleOf } from '../call/style.js'

export type Approved = {
  readonly planned: readonly Planned[]
  /** Whether each is to be done when nobody works in it any more. */
  readonly waits: boolean
}

/**
 * Gives what is to be done, in the same order; throws with kind `approval` when something is not approved. `among` is all
 * that the call is about, also what is to stay as it is; `isWhole` is false where some of that could not be planned.
 */
export async function approveAll(
  invocation: Invocation,
  planned: readonly Planned[],
  among: readonly Planned[],
  request: Omit<ApprovalRequest, 'engine' | 'replan'> & { readonly isWhole?: boolean },
): Promise<Approved> {
  const names = grantNames(among, request.allow, request.isWhole)
  const each = planned.map((one) => neededFor(one, { ...request, allow: names.allowedIn(one) }))
  const widened = planned.flatMap((one, at) => {
    const widening = each[at]?.widening ?? []
    return widening.length === 0 ? [] : [{ one, widening }]
  })
  const needed: Needed = {
    yes: each.some(({ yes }) => yes),
    discard: each.some(({ discard }) => discard),
    sessions: each.some(({ sessions }) => sessions),
    widening: withoutDoubles(widened.flatMap(({ one, widening }) => widening.map((grant) => names.named(one, grant)))),
  }
  const isNeeded = needed.yes || needed.discard || needed.sessions || needed.widening.length > 0
  if (isNeeded && !isInteractive(invocation)) {
    const refused = refusal(callSoFar(invocation, { ...request, allow: names.allowed }), planned, needed)
    const meanings = names.meanings(widened.flatMap(({ widening }) => widening.map(({ key }) => key)))
    throw new DiagnosticError([{ ...refused, detail: [...meanings, refused.detail].join(' ') }], 'approval')
  }
  if (widened.length > 0) await askToWiden(invocation, widened)
  const chosen = needed.yes || needed.discard ? await askToChange(invocation, planned) : planned
  const waits = needed.sessions ? await askAboutSessions(invocation, chosen) : request.wait === true
  return { planned: chosen, waits }
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

/** What is kept on the way is asked about again only where something is lost all the same. */
async function askToChange(
  invocation: Invocation,
  planned: readonly Planned[],
  canKeep = planned.some(isKeepable),
): Promise<readonly Planned[]> {
  if (planned.every(({ risks }) => risks.losses === null)) {
    if (await ask(invocation, changeQuestion(planned))) return planned
    throw declined()
  }
  const choices: Choice<'y' | 'k'>[] = [
    { key: 'y', text: 'yes' },
    ...(canKeep ? [{ key: 'k', text: 'yes, and keep those files' } as const] : []),
  ]
  const chosen = await choose(invocation, changeQuestion(planned), choices)
  if (chosen === null) throw declined()
  if (chosen === 'y') return planned
  const kept = planned.map(keptWithName)
  showFates(
    invocation,
    kept.filter((_, at) => planned[at]?.risks.losses !== null),
  )
  return kept.every(({ risks }) => risks.losses === null) ? kept : askToChange(invocation, kept, false)
}

/** Among many it may be called by its id. */
function keptWithName(planned: Planned): Planned {
  const kept = keeping(planned)
  return { ...kept, plan: { ...kept.plan, name: planned.plan.name } }
}

function showFates(invocation: Invocation, kept: readonly Planned[]): void {
  const context = { style: styleOf(invocation, invocation.errors), home: homedir() }
  const lines = kept.flatMap((one) => [
    `  ${one.plan.name}`,
    ...(one.plan.keeps === undefined ? ['    What takes its place cannot have these files.'] : lossText(one, context)),
  ])
  invocation.errors.write(lines.map((line) => `${line}\n`).join(''))
}
