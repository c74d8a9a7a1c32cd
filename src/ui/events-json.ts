// What is being done, for a script: a JSON line that says what is going to be, one for each step and what goes on in it,
// and one at the end that sums it up.

import type { JsonObject } from '../model/json.js'
import type { SandboxPlan } from '../model/plan.js'
import type { Applied, StepEvent } from '../model/step-event.js'
import { actionCounts } from './action-counts.js'
import { formatVersion } from './format-version.js'
import { homeJson } from './home-text.js'
import { stepJson } from './plan-json.js'

/** The first line: what there is to do. */
export function planEvent(
  plans: readonly SandboxPlan[],
  { sbxVersion, now }: { readonly sbxVersion: string; readonly now: Date },
): JsonObject {
  return {
    format_version: formatVersion,
    type: 'plan',
    sbx_version: sbxVersion,
    created_at: now.toISOString(),
    summary: actionCounts(plans),
    sandboxes: plans.map(({ name, id, action, reason, steps }) => ({ name, id, action, reason, steps: steps.length })),
  }
}

/** Gives the line for each event of one plan, or null for what comes too often to be a line. Steps count from 1. */
export function stepEvents(
  plan: Pick<SandboxPlan, 'name' | 'id' | 'current'>,
  clock: () => number = () => performance.now(),
): (event: StepEvent) => JsonObject | null {
  let begunAt = clock()
  return (event) => {
    if (event.kind === 'transfer') return null
    if (event.kind === 'begun') begunAt = clock()
    const line = {
      type: event.kind === 'progress' ? 'progress' : 'step',
      sandbox: plan.name,
      sandbox_id: plan.id,
      index: event.index + 1,
      count: event.count,
      ...stepJson(event.step, plan.current),
    }
    switch (event.kind) {
      case 'progress':
        return { ...line, line: event.line }
      case 'done':
      case 'failed':
        return { ...line, status: event.kind, duration_ms: Math.round(clock() - begunAt) }
      case 'begun':
      case 'undone':
        return { ...line, status: event.kind }
    }
  }
}

/** `forgotten` are ids of sandboxes whose approvals went as well. */
export function summaryEvent(
  applied: readonly { readonly plan: SandboxPlan; readonly applied: Applied }[],
  forgotten: readonly string[] = [],
): JsonObject {
  return {
    format_version: formatVersion,
    type: 'summary',
    errored: false,
    sandboxes: applied.map(({ plan, applied: { action, containerId, home } }) => ({
      name: plan.name,
      id: plan.id,
      action,
      container_id: containerId,
      ...(home === undefined ? {} : { home: homeJson(home) }),
    })),
    ...(forgotten.length === 0 ? {} : { approvals_removed: forgotten }),
  }
}
