// What is being done, for a script: a JSON line for each step, and one at the end that sums it up.

import type { JsonObject } from '../model/json.js'
import type { Applied, SandboxPlan, StepEvent } from '../model/plan.js'
import { formatVersion } from './format-version.js'
import { stepJson } from './plan-json.js'

/** Steps count from 1. */
export function stepEvent(
  plan: Pick<SandboxPlan, 'name'>,
  event: Exclude<StepEvent, { kind: 'transfer' }>,
): JsonObject {
  const place = { sandbox: plan.name, index: event.index + 1, count: event.count, ...stepJson(event.step) }
  return event.kind === 'progress'
    ? { type: 'progress', ...place, line: event.line }
    : { type: 'step', ...place, status: event.kind }
}

export function summaryEvent(
  applied: readonly { readonly plan: SandboxPlan; readonly applied: Applied }[],
): JsonObject {
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
