// What is asked before something is done, and what is said where nobody can be asked.

import type { Diagnostic } from '../model/diagnostic.js'
import type { Action, PlannedGrant } from '../model/plan.js'
import type { OpenSession, Package } from '../model/risks.js'
import { escapeControls, wrapText } from './characters.js'
import { painted, renderLines, type Line } from './line.js'
import type { PlanContext, PlannedSandbox } from './plan-text/context.js'
import { cloneLossText, isAtRisk } from './clone-text.js'
import { amountText, isKeepable, lossLines, packageCounts, sessionText } from './plan-text/losses.js'
import { shellWord } from '../model/shell-word.js'
import { counted, withTilde } from './quantities.js'

const questions = {
  reuse: 'Go on with',
  create: 'Create',
  start: 'Start',
  update: 'Update',
  recreate: 'Recreate',
  remove: 'Remove',
} as const satisfies Record<Action, string>

/** `Recreate web? 3003 files, 150 MB outside kept paths will be lost.` */
export function changeQuestion(planned: readonly PlannedSandbox[]): string {
  const actions = [...new Set(planned.map(({ plan }) => plan.action))]
  const what = actions.map((action, index) => {
    const names = namesOf(planned.filter(({ plan }) => plan.action === action))
    return `${index === 0 ? questions[action] : questions[action].toLowerCase()} ${names}`
  })
  return escapeControls([`${what.join(', ')}?`, ...lossTexts(planned, 'will be').map((text) => `${text}.`)].join(' '))
}

/** `1 open session (pts/0, claude, open 12 minutes) will be ended. End it?` */
export function sessionQuestion(planned: readonly PlannedSandbox[]): string {
  const sessions = sessionsOf(planned)
  return `${sessionCount(sessions)} will be ended. End ${sessions.length === 1 ? 'it' : 'them'}?`
}

/** What is kept and what is not, once more, after an answer that changed it. */
export function lossText(planned: PlannedSandbox, context: Pick<PlanContext, 'style' | 'home'>): string[] {
  return renderLines(lossLines(planned, { ...context, next: null }), context.style)
}

/** Each thing that would be lost on a line of its own. */
export function lostLines(lost: {
  readonly files: readonly string[]
  readonly deleted: readonly string[]
  readonly packages: readonly Package[]
  readonly volumes: readonly string[]
}): string[] {
  return [
    ...packageCounts(lost.packages).flatMap(({ text, names }) =>
      names.map((name) => `${text.replace(/^\d+ /, '').replace(/s$/, '')} ${name}`),
    ),
    ...lost.volumes.map((path) => `volume ${path}`),
    ...lost.files,
    ...lost.deleted.map((path) => `deleted ${path}`),
  ].map(escapeControls)
}

/** What there is to say while sessions are waited for. */
export function waitingText(name: string, sessions: readonly OpenSession[]): string {
  return `Waiting for ${sessionCount(sessions)} of ${escapeControls(name)}. Nothing was done yet; Ctrl-C leaves it at that.`
}

/** The grants that reach further than what was approved, and the question about them as the last line. */
export function widenQuestion(
  planned: readonly PlannedSandbox[],
  grants: readonly PlannedGrant[],
  context: Pick<PlanContext, 'style' | 'home'>,
): string[] {
  const lines = grants.flatMap((grant): Line[] => {
    const text = `${grant.key}: ${grant.summary}${grant.why === undefined ? '' : ` (${grant.why})`}`
    return wrapText(withTilde(text, context.home), context.style.columns - 4).map((line, index): Line => [
      index === 0 ? painted('attention', '  ! ') : '    ',
      line,
    ])
  })
  const names = namesOf(planned)
  return renderLines([...lines, [`Let ${names} reach ${grants.length === 1 ? 'this' : 'these'}?`]], context.style)
}

export type Needed = {
  /** A yes to the action itself. */
  readonly yes: boolean
  /** A word on what would be lost, and on whether it is to be kept or given up. */
  readonly discard: boolean
  /** A word on the sessions that would end. */
  readonly sessions: boolean
  /** The grants that nobody has said yes to. */
  readonly widening: readonly PlannedGrant[]
}

/** Where nobody can be asked: what was needed, and the call that says all of it. Exit code 3. */
export function refusal(command: string, planned: readonly PlannedSandbox[], needed: Needed): Diagnostic {
  const { yes, discard, sessions, widening } = needed
  // Where it was asked for and is needed all the same, it cannot be done.
  const leavesClone = planned.some(({ risks }) => isAtRisk(risks?.clone))
  const canKeep = discard && !leavesClone && planned.some(isKeepable) && !/ --keep( |$)/.test(command)
  const what = [
    ...(yes ? actionTexts(planned) : []),
    ...(yes || discard ? lossTexts(planned, 'would be') : []),
    ...(yes || sessions ? sessionTexts(planned) : []),
    ...(widening.length === 0 ? [] : [`access is widened (${widening.map(({ key }) => key).join(', ')})`]),
  ]
  const flags = [
    ...(yes ? ['--yes'] : []),
    ...(widening.length > 2 ? ['--allow-widen'] : widening.map(({ key }) => `--allow ${shellWord(key)}`)),
    // What can be copied without a thought gives up nothing and ends nobody's work.
    ...(discard ? [canKeep ? '--keep' : '--discard'] : []),
    ...(sessions ? ['--wait'] : []),
  ]
  const rest = [
    ...(canKeep ? [' --discard in place of --keep gives those files up.'] : []),
    ...(sessions ? [' --force in place of --wait ends the sessions.'] : []),
    // Its agent may be waiting for the person who is.
    ...(sessions && sessionsOf(planned).some(({ terminal, id }) => terminal === null && id !== undefined)
      ? [' One that nobody is attached to may never end by itself: sbx attach shows it.']
      : []),
    ...(widening.length > 2 ? [' One by one: --allow GRANT for each.'] : []),
  ].join('')
  return {
    severity: 'error',
    code: 'approval/needed',
    summary: 'An answer is needed and nobody is there to give it',
    detail: `${sentence(what.join(', '))}. Nothing was done.${rest} To allow it:`,
    command: [command, ...flags].join(' '),
  }
}

function actionTexts(planned: readonly PlannedSandbox[]): string[] {
  return actionCounts(planned).map(
    ([action, count]) => `${count} to ${action} (${namesOf(planned.filter(({ plan }) => plan.action === action))})`,
  )
}

function actionCounts(planned: readonly PlannedSandbox[]): (readonly [Action, number])[] {
  const actions = [...new Set(planned.map(({ plan }) => plan.action))]
  return actions.map((action) => [action, planned.filter(({ plan }) => plan.action === action).length] as const)
}

function lossTexts(planned: readonly PlannedSandbox[], verb: 'will be' | 'would be'): string[] {
  return planned.flatMap(({ plan, risks }) => {
    const losses = risks?.losses ?? null
    const where = planned.length === 1 ? '' : ` of ${plan.name}`
    return [
      ...(losses === null ? [] : [`${amountText(losses)} outside kept paths${where} ${verb} lost`]),
      ...(isAtRisk(risks?.clone)
        ? [`${cloneLossText(risks.clone)}${where} ${verb} in a volume that no sandbox has`]
        : []),
    ]
  })
}

function sessionTexts(planned: readonly PlannedSandbox[]): string[] {
  const sessions = sessionsOf(planned)
  return sessions.length === 0 ? [] : [`${sessionCount(sessions)} would be ended`]
}

function sessionsOf(planned: readonly PlannedSandbox[]): OpenSession[] {
  return planned.flatMap(({ risks }) => risks?.sessions ?? [])
}

/** With what is known of the first few. */
function sessionCount(sessions: readonly OpenSession[]): string {
  const known = sessions.map(sessionText).filter((text) => text !== '')
  const shown = [...known.slice(0, 3), ...(known.length > 3 ? [`${known.length - 3} more`] : [])]
  return `${counted(sessions.length, 'open session')}${shown.length === 0 ? '' : ` (${shown.join('; ')})`}`
}

function namesOf(planned: readonly PlannedSandbox[]): string {
  return planned.map(({ plan }) => plan.name).join(', ')
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
