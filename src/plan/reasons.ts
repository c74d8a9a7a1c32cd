// What is done with a sandbox that has a container, in one word, and why, in another: both explain and steer nothing.

import type { LiveContainer } from '../model/live.js'
import type { Action, FieldChange, Reason, Step } from '../model/plan.js'
import { isRunning } from './in-use.js'
import type { PlanOptions, Situation } from './situation.js'
import { readyPath } from './unasked-changes.js'

export function keptAction(current: LiveContainer, steps: readonly Step[]): Action {
  if (!isRunning(current) || current.state === 'paused') return 'start'
  return steps.length === 0 ? 'reuse' : 'update'
}

export function keptReason(
  action: Action,
  { applied, current, live }: Situation,
  changes: readonly FieldChange[],
): Reason {
  if (action === 'reuse') return 'unchanged'
  if (action === 'start') return current.state === 'created' ? 'interrupted_apply' : 'stopped'
  if (applied === null) return 'missing'
  if (changes.some((change) => change.origin === 'config')) return 'config_changed'
  if (changes.length > 0 && changes.every((change) => change.origin === 'requested')) return 'requested'
  if (changes.length > 0 && changes.every((change) => change.origin === 'image')) return 'image_moved'
  const isUnfinished = [live.containers, live.records, live.proxies ?? []].some(({ length }) => length > 1)
  // One that took over in an apply that never came to its end may not have been ready yet.
  if (changes.some(({ path }) => path !== readyPath || !isUnfinished)) return 'drifted'
  return isUnfinished ? 'interrupted_apply' : 'config_changed'
}

export function replacedReason(
  kept: LiveContainer | null,
  changes: readonly FieldChange[],
  options: PlanOptions,
): Reason {
  const forcing = changes.filter((change) => change.effect === 'recreate')
  if (kept !== null) return 'interrupted_apply'
  if (forcing.some((change) => change.origin === 'config')) return 'config_changed'
  if (forcing.some((change) => change.origin === 'drift')) return 'drifted'
  if (options.upgrade && forcing.length > 0) return 'image_moved'
  return 'requested'
}
