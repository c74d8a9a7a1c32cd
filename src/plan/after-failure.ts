// What is said of a sandbox after something failed.

import { DiagnosticError, type Diagnostic } from '../model/diagnostic.js'
import type { SandboxPlan, Step } from '../model/plan.js'

/** Where all that was done could be taken back. */
export function outcomeText({ action, current, name }: SandboxPlan, isOldBack: boolean): string {
  if (isOldBack) return `The previous container of ${name} runs again.`
  if (current === null) return action === 'create' ? 'Nothing of it was left behind.' : ''
  return `${name} is as it was: ${current.state}.`
}

/** Of an apply that failed when nothing could be lost any more, and nothing was taken back. */
export function leftoverText({ action, name }: SandboxPlan): string {
  if (action === 'remove') return `Not all of ${name} is removed. sbx prune removes what is left.`
  return `${name} is as it shall be. What is left of what it was goes with the next apply.`
}

/** Of one whose sandbox runs, and whose project was not made ready. */
export function unpreparedText({ name }: SandboxPlan): string {
  return `${name} runs, and its project is not ready. Again: \`sbx apply\`; to have an agent in it as it is: \`sbx run --no-prepare\``
}

/** The error with a line more, and with what else there is to tell. */
export function withLine(error: unknown, line: string, more: readonly Diagnostic[] = []): unknown {
  if (!(error instanceof DiagnosticError)) return error
  const [first, ...others] = error.diagnostics
  if (first === undefined) return error
  const detail = [first.detail ?? '', line].filter((text) => text !== '').join('\n')
  return new DiagnosticError([{ ...first, ...(detail === '' ? {} : { detail }) }, ...others, ...more], error.kind)
}

/** One for each cause: an engine that is gone is the same cause for all. */
export function undoFailures(
  failures: readonly (readonly [Step, unknown])[],
  { action, id }: SandboxPlan,
): Diagnostic[] {
  const byCause = new Map<string, Step[]>()
  for (const [step, cause] of failures) {
    const why = cause instanceof DiagnosticError ? (cause.diagnostics[0]?.detail ?? cause.message) : String(cause)
    byCause.set(why, [...(byCause.get(why) ?? []), step])
  }
  const again =
    action === 'remove'
      ? { way: 'To remove the rest:', command: `sbx rm ${id}` }
      : { way: 'The next apply puts it right.', command: 'sbx apply' }
  return [...byCause].map(([why, steps]) => ({
    severity: 'error',
    code: 'apply/not-undone',
    summary: 'A step could not be taken back',
    detail: `${steps.map((step) => step.do).join(', ')}: ${why}\n${again.way}`,
    command: again.command,
  }))
}
