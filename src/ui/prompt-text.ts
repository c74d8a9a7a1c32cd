// What is asked before something is done, and what is said where nobody can be asked.

import type { Diagnostic } from '../model/diagnostic.js'
import type { Action, PlannedGrant } from '../model/plan.js'
import { escapeControls, wrapText } from './characters.js'
import { painted, renderLines, type Line } from './line.js'
import type { PlanContext, PlannedSandbox } from './plan-text/context.js'
import { leafCount } from './plan-text/folders.js'
import { shellWord } from './shell-word.js'
import { counted, withTilde } from './quantities.js'

const questions = {
  reuse: 'Go on with',
  create: 'Create',
  start: 'Start',
  update: 'Update',
  recreate: 'Recreate',
  remove: 'Remove',
} as const satisfies Record<Action, string>

/** `Recreate web? 3003 paths outside what is kept will be lost, 1 open session will be ended.` */
export function changeQuestion(planned: readonly PlannedSandbox[]): string {
  const actions = [...new Set(planned.map(({ plan }) => plan.action))]
  const what = actions.map((action, index) => {
    const names = namesOf(planned.filter(({ plan }) => plan.action === action))
    return `${index === 0 ? questions[action] : questions[action].toLowerCase()} ${names}`
  })
  const losses = lossTexts(planned, 'will be')
  return escapeControls(`${what.join(', ')}?${losses.length === 0 ? '' : ` ${losses.join(', ')}.`}`)
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
  /** A yes to what would be lost. */
  readonly discard: boolean
  /** The grants that nobody has said yes to. */
  readonly widening: readonly PlannedGrant[]
}

/** Where nobody can be asked: what was needed, and the call that says all of it. Exit code 3. */
export function refusal(command: string, planned: readonly PlannedSandbox[], needed: Needed): Diagnostic {
  const { yes, discard, widening } = needed
  const what = [
    ...(yes ? actionTexts(planned) : []),
    ...(yes || discard ? lossTexts(planned, 'would be') : []),
    ...(widening.length === 0 ? [] : [`access is widened (${widening.map(({ key }) => key).join(', ')})`]),
  ]
  const flags = [
    ...(yes ? ['--yes'] : []),
    ...(widening.length > 2 ? ['--allow-widen'] : widening.map(({ key }) => `--allow ${shellWord(key)}`)),
    ...(discard ? ['--discard'] : []),
  ]
  const rest = widening.length > 2 ? ' One by one: --allow KEY for each.' : ''
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
  const risks = planned.flatMap((each) => (each.risks === undefined ? [] : [each.risks]))
  const lost = risks.reduce((sum, { discarded }) => sum + leafCount(discarded), 0)
  const sessions = risks.reduce((sum, each) => sum + each.sessions, 0)
  return [
    ...(lost === 0 ? [] : [`${counted(lost, 'path')} outside what is kept ${verb} lost`]),
    ...(sessions === 0 ? [] : [`${counted(sessions, 'open session')} ${verb} ended`]),
  ]
}

function namesOf(planned: readonly PlannedSandbox[]): string {
  return planned.map(({ plan }) => plan.name).join(', ')
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
