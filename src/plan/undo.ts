// What takes back each step that an apply did. Of the step that failed that may be more than its failure says: an answer
// can get lost.

import { fail, hasCode } from '../model/diagnostic.js'
import type { Engine, StepResult } from '../model/engine.js'
import type { ContainerTarget, Step } from '../model/plan.js'
import { isOvertaken } from './overtaken.js'

/** A step that this apply did. */
export type Done = { readonly step: Step; readonly index: number; readonly result: StepResult }

/** Steps to take back the step of this index. */
export type Undo = { readonly index: number; readonly undo: readonly Step[] }

/** Images and volumes are kept anyway; limits, and the end of a pause, do no harm. */
export function undoOf({ step, index, result }: Done): Undo {
  return { index, undo: undoSteps(step, result) }
}

function undoSteps(step: Step, result: StepResult): readonly Step[] {
  if (step.do === 'create-record') return [{ do: 'remove-record', name: step.name }]
  if (step.do === 'create-container') return [{ do: 'remove-container', target: targetOf(step.request.name, result) }]
  if (step.do === 'create-proxy') return [{ do: 'remove-proxy', target: targetOf(step.request.name, result) }]
  if (step.do === 'start-proxy') return [{ do: 'stop-proxy', target: step.target }]
  if (step.do === 'stop-proxy') return [{ do: 'start-proxy', target: step.target }]
  if (step.do === 'start') return [{ do: 'stop', target: step.target }]
  if (step.do === 'stop') return [{ do: 'start', target: step.target }]
  // By its id: its name may be that of another's by now.
  if (step.do === 'snapshot-container' && result.imageId !== undefined) {
    return [{ do: 'remove-image', reference: result.imageId }]
  }
  return []
}

function targetOf(name: string, { containerId }: StepResult): ContainerTarget {
  if (containerId !== undefined) return { id: containerId }
  return fail('engine/no-id', 'The engine named no id', {
    detail: `It made the container ${name} and gave no id for it.`,
  })
}

/** The step may have been done although it failed. To stop what does not run, and to start what does, changes nothing. */
export async function undoOfFailed(
  { begun, index, error }: { readonly begun: Step | null; readonly index: number; readonly error: unknown },
  engine: Engine,
  failures: (readonly [Step, unknown])[],
): Promise<readonly Undo[]> {
  if (begun === null || isOvertaken(error)) return []
  if (begun.do === 'verify-network' && isReachable(error)) {
    return [{ index, undo: [{ do: 'stop', target: begun.target }] }]
  }
  if (['start', 'stop', 'start-proxy', 'stop-proxy'].includes(begun.do))
    return [undoOf({ step: begun, index, result: {} })]
  const isMaking = ['create-container', 'create-proxy', 'create-record', 'snapshot-container'].includes(begun.do)
  if (!isMaking) return []
  try {
    const result = await engine.madeBy(begun)
    return result.made === true ? [undoOf({ step: begun, index, result })] : []
  } catch (cause) {
    failures.push([begun, cause])
    return []
  }
}

/** Whether a limited network turned out to be none. */
export function isReachable(error: unknown): boolean {
  return hasCode(error, 'engine/network-reachable')
}
