// What a person must say yes to before a plan is done. In a terminal they are asked; elsewhere the flags are named that
// would say it, and nothing is done.

import { homedir } from 'node:os'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { PlannedGrant } from '../../model/plan.js'
import { isAtRisk } from '../../ui/clone-text.js'
import { isKeepable } from '../../ui/plan-text/losses.js'
import { changeQuestion, lossText, type Needed, refusal, sessionQuestion, widenQuestion } from '../../ui/prompt-text.js'
import { shellWord } from '../../model/shell-word.js'
import { ask, choose, type Choice } from '../call/ask.js'
import { callLike } from '../call/call.js'
import { changeFlags } from '../call/change-flags.js'
import { isInteractive, type Invocation, write } from '../call/invocation.js'
import { awaitNoSession } from './open-sessions.js'
import { keeping, type Planned } from '../planning/planning.js'
import type { ApprovalOptions, ChangeOptions } from '../call/options.js'
import { isSameFate } from './same-fate.js'
import { isChange } from '../planning/show-plan.js'
import { styleOf } from '../call/style.js'

export type ApprovalRequest = ApprovalOptions &
  ChangeOptions & {
    /** The call that is made, to which the refusal adds flags. */
    readonly command: string
    /** Whether a change that neither loses nor widens anything needs a yes too. */
    readonly mustAsk: boolean
    /** Keys of the grants that a person has just typed as flags, and so said yes to. */
    readonly typed?: ReadonlySet<string>
    readonly engine: Engine
    /** Looks again, plans again and shows that: while sessions were waited for, anything may have changed. */
    readonly replan: (options: { readonly keep: boolean }) => Promise<Planned>
  }

/** Gives what is to be done, once all of it is approved; throws with kind `approval` when something is not. */
export async function approve(invocation: Invocation, planned: Planned, request: ApprovalRequest): Promise<Planned> {
  checkGrantNames(request.allow, planned.plan.grants)
  const needed = neededFor(planned, request)
  const isNeeded = needed.yes || needed.discard || needed.sessions || needed.widening.length > 0
  if (isNeeded && !isInteractive(invocation)) {
    throw new DiagnosticError([refusal(callSoFar(invocation, request), [planned], needed)], 'approval')
  }
  if (needed.widening.length > 0) await askToWiden(invocation, planned, needed.widening)
  const chosen = needed.yes || needed.discard ? await askToChange(invocation, planned) : planned
  const waits = needed.sessions ? await askAboutSessions(invocation, [chosen]) : request.wait === true
  return waits && chosen.risks.sessions.length > 0 ? afterSessions(invocation, chosen, request) : chosen
}

/** What changes nothing can still have what nobody says yes to any more. */
export function isToBeApproved({ plan, risks }: Pick<Planned, 'plan' | 'risks'>): boolean {
  return isChange(plan) || risks.widening.length > 0
}

export function neededFor(
  { plan, risks, desired }: Planned,
  request: Omit<ApprovalRequest, 'engine' | 'replan'>,
): Needed {
  const { yes, force, wait } = request
  const isLossy = risks.losses !== null || isAtRisk(risks.clone) || risks.sessions.length > 0
  return {
    yes: yes !== true && ((request.mustAsk && isChange(plan)) || isLossy),
    // What the file says of a container's own files it does not say of commits.
    discard:
      (risks.losses !== null && !mayDiscard(desired, request)) || (isAtRisk(risks.clone) && request.discard !== true),
    sessions: risks.sessions.length > 0 && force !== true && wait !== true,
    widening: request.allowWiden === true ? [] : risks.widening.filter((grant) => !isApproved(grant, request)),
  }
}

/** The agent can write into the file that says so: it counts for who has said yes to the plan itself. */
export function mayDiscard(
  { lifecycle }: Pick<Planned['desired'], 'lifecycle'>,
  { yes, discard }: Pick<ApprovalRequest, 'yes' | 'discard'>,
): boolean {
  return discard === true || (yes === true && lifecycle.onRecreate === 'discard')
}

function isApproved({ key }: PlannedGrant, { allow, typed }: Pick<ApprovalRequest, 'allow' | 'typed'>): boolean {
  return typed?.has(key) === true || allow.includes(key)
}

async function askToWiden(invocation: Invocation, planned: Planned, widening: readonly PlannedGrant[]): Promise<void> {
  const context = { style: styleOf(invocation, invocation.errors), home: homedir() }
  const lines = widenQuestion([planned], widening, context)
  invocation.errors.write(
    lines
      .slice(0, -1)
      .map((line) => `${line}\n`)
      .join(''),
  )
  if (!(await ask(invocation, lines.at(-1) ?? ''))) throw declined()
}

/** What is kept on the way is asked about again only where something is lost all the same. */
async function askToChange(invocation: Invocation, planned: Planned, canKeep = isKeepable(planned)): Promise<Planned> {
  const { losses } = planned.risks
  if (losses === null) {
    if (await ask(invocation, changeQuestion([planned]))) return planned
    throw declined()
  }
  const choices: Choice<'y' | 'k' | 'd'>[] = [
    { key: 'y', text: 'yes' },
    ...(canKeep ? [{ key: 'k', text: 'yes, and keep those files' } as const] : []),
    { key: 'd', text: 'show files' },
  ]
  for (;;) {
    const chosen = await choose(invocation, changeQuestion([planned]), choices)
    if (chosen === null) throw declined()
    if (chosen === 'y') return planned
    if (chosen === 'k') {
      const kept = keeping(planned)
      if (kept.plan.keeps === undefined) {
        invocation.errors.write('What takes its place cannot have these files.\n')
        return askToChange(invocation, planned, false)
      }
      const context = { style: styleOf(invocation, invocation.errors), home: homedir() }
      invocation.errors.write(
        lossText(kept, context)
          .map((line) => `${line}\n`)
          .join(''),
      )
      return kept.risks.losses === null ? kept : askToChange(invocation, kept)
    }
    const { showLostPaths } = await import('./lost-paths.js')
    if (planned.facts.losses !== null) await showLostPaths(invocation, planned.facts.losses)
  }
}

/** Gives whether they are waited for. */
export async function askAboutSessions(invocation: Invocation, planned: readonly Planned[]): Promise<boolean> {
  const chosen = await choose(invocation, sessionQuestion(planned), [
    { key: 'y', text: 'yes' },
    { key: 'w', text: 'wait until then' },
  ])
  if (chosen === null) throw declined()
  return chosen === 'w'
}

/** What was approved stays so where nothing more would be lost by now. */
async function afterSessions(invocation: Invocation, planned: Planned, request: ApprovalRequest): Promise<Planned> {
  const { plan } = planned
  if (plan.current === null) return planned
  await awaitNoSession(invocation, request.engine, { name: plan.name, containerId: plan.current.containerId })
  const now = await request.replan({ keep: plan.keeps !== undefined })
  return isSameFate(now, planned) ? now : approve(invocation, now, { ...request, wait: true })
}

/** The call with the flags it has already, so that what is said to copy is whole. */
export function callSoFar(invocation: Invocation, request: Omit<ApprovalRequest, 'engine' | 'replan'>): string {
  const { command, yes, force, wait, allow, allowWiden } = request
  return [
    callLike(invocation, command),
    ...changeFlags(request),
    ...(yes === true ? ['--yes'] : []),
    ...allow.map((grant) => `--allow ${shellWord(grant)}`),
    ...(allowWiden === true ? ['--allow-widen'] : []),
    ...(force === true ? ['--force'] : []),
    ...(wait === true ? ['--wait'] : []),
  ].join(' ')
}

/** Going back from the flags of an earlier `sbx run` to what the file says. */
export async function approveUndoing(
  invocation: Invocation,
  dropped: readonly string[],
  request: { readonly yes?: boolean },
): Promise<void> {
  if (request.yes === true) return
  const flags = dropped.join(' ')
  if (!isInteractive(invocation)) {
    throw new DiagnosticError(
      [
        {
          severity: 'error',
          code: 'approval/flags-dropped',
          summary: 'The sandbox was made with flags that this call does not give',
          detail: `They were: ${flags}. Give them again, or go back to what sandbox.yaml says. Nothing was done.`,
          command: 'sbx run --reset',
        },
      ],
      'approval',
    )
  }
  write(invocation, [`The last run had ${flags}; this one does not, and sandbox.yaml says nothing of it.`])
  if (!(await ask(invocation, 'Go back to what sandbox.yaml says?'))) throw declined()
}

/** A mistyped name must not look like a yes. */
export function checkGrantNames(names: readonly string[], grants: readonly PlannedGrant[]): void {
  const unknown = names.filter((name) => !grants.some((grant) => grant.key === name))
  if (unknown.length === 0) return
  const known = grants.map((grant) => grant.key)
  throw new DiagnosticError(
    [
      {
        severity: 'error',
        code: 'approval/unknown-grant',
        summary: 'There is no such grant in this plan',
        detail:
          `--allow names ${unknown.join(', ')}. ` +
          (known.length === 0 ? 'This plan asks for none.' : `This plan has ${known.join(', ')}.`),
      },
    ],
    'usage',
  )
}

export function declined(): DiagnosticError {
  return new DiagnosticError(
    [{ severity: 'error', code: 'approval/declined', summary: 'Not approved', detail: 'Nothing was done.' }],
    'approval',
  )
}
