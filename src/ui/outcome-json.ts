// What was done, for a script: lines while an apply runs, one document for the commands that end things.

import type { Diagnostic } from '../model/diagnostic.js'
import type { JsonObject } from '../model/json.js'
import type { Applied, SandboxPlan, Step, StepEvent } from '../model/plan.js'
import { formatVersion, stepJson, stepTarget } from './plan-json.js'

/** One line of `apply --json`. Steps count from 1. */
export function stepLine(plan: Pick<SandboxPlan, 'name'>, event: StepEvent): JsonObject {
  const place = { sandbox: plan.name, index: event.index + 1, count: event.count, ...stepJson(event.step) }
  return event.kind === 'progress'
    ? { type: 'progress', ...place, line: event.line }
    : { type: 'step', ...place, status: event.kind }
}

/** The last line of `apply --json`. */
export function summaryLine(applied: readonly { readonly plan: SandboxPlan; readonly applied: Applied }[]): JsonObject {
  return {
    type: 'summary',
    format_version: formatVersion,
    errored: false,
    sandboxes: applied.map(({ plan, applied: { action, containerId } }) => ({
      name: plan.name,
      id: plan.id,
      action,
      container_id: containerId,
    })),
  }
}

/** The document of `stop`, `rm` and `prune`. */
export function outcomeJson(plans: readonly SandboxPlan[]): JsonObject {
  return {
    format_version: formatVersion,
    errored: false,
    sandboxes: plans.map((plan) => ({
      name: plan.name,
      id: plan.id,
      stopped: plan.steps.flatMap((step) => (step.do === 'stop' ? [stepTarget(step)] : [])),
      removed: plan.steps.flatMap((step) => {
        const kind = removedKind(step)
        return kind === undefined ? [] : [{ kind, target: stepTarget(step) }]
      }),
    })),
  }
}

function removedKind(step: Step): string | undefined {
  return step.do.startsWith('remove-') ? step.do.slice('remove-'.length) : undefined
}

/** Every command's document when it failed; also the last line of an `apply --json` that did. */
export function errorsJson(diagnostics: readonly Diagnostic[]): JsonObject {
  return { format_version: formatVersion, errored: true, diagnostics: diagnostics.map(diagnosticJson) }
}

/** Without the source line: it may hold what a log should not. */
export function diagnosticJson({ severity, code, summary, detail, at, command }: Diagnostic): JsonObject {
  return {
    severity,
    code,
    summary,
    ...(detail === undefined ? {} : { detail }),
    ...(at === undefined ? {} : { at: { file: at.file, line: at.line, column: at.column } }),
    ...(command === undefined ? {} : { command }),
  }
}
