// What can be set on a container while it runs: limits that are not as wanted, and what another hand changed.

import type { DesiredSandbox } from '../model/desired.js'
import { pointer, type JsonPointer } from '../model/json.js'
import { settableInPlace } from '../model/fixed-settings.js'
import type { LiveContainer } from '../model/live.js'
import type { Step } from '../model/plan.js'
import type { LimitsSpec } from '../model/spec.js'
import { isEqual } from './diff.js'

/** `ignored` is what is to stay as somebody set it. */
export function putBackSteps(desired: DesiredSandbox, keep: LiveContainer, ignored: readonly JsonPointer[]): Step[] {
  const target = { id: keep.id }
  const limits = limitsToHave(desired, keep, ignored)
  const drifted = settableInPlace.filter((name) => isDrifted(keep.fixed, name) && !ignored.includes(pointer(name)))
  return [
    ...(isEqual(limits, keep.observed.resources) && !drifted.includes('swap')
      ? []
      : [{ do: 'update-limits', target, limits } as const]),
    ...(drifted.includes('restartPolicy') ? [{ do: 'reset-restart-policy', target } as const] : []),
  ]
}

function isDrifted({ applied, observed }: LiveContainer['fixed'], name: (typeof settableInPlace)[number]): boolean {
  const [before, now] = [applied[name], observed[name]]
  return before !== undefined && now !== undefined && !isEqual(before, now)
}

/** Limits are set all together, so that one which is left alone is set to what it is. */
function limitsToHave(desired: DesiredSandbox, keep: LiveContainer, ignored: readonly JsonPointer[]): LimitsSpec {
  const wanted = desired.recordSpec.resources
  const now = keep.observed.resources
  const { cpus, memory, pids } = {
    cpus: ignored.includes('/resources/cpus') ? now.cpus : wanted.cpus,
    memory: ignored.includes('/resources/memory') ? now.memory : wanted.memory,
    pids: ignored.includes('/resources/pids') ? now.pids : wanted.pids,
  }
  return { ...(cpus === undefined ? {} : { cpus }), ...(memory === undefined ? {} : { memory }), pids }
}
