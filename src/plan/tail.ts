// What is done in a sandbox once it runs: a clone is filled, and the project is made ready. Each is followed by the record
// that says it was done, so that whoever comes after an apply that ended on the way goes on from there.

import type { DesiredSandbox } from '../model/desired.js'
import type { LiveSandbox } from '../model/live.js'
import type { ContainerTarget } from '../model/plan.js'
import type { RecordSpec } from '../model/spec.js'
import { afterSeed, isSeeded, seedStep } from './clone.js'
import { afterPrepare, doneInAll, pendingSteps, prepareStep } from './prepare.js'
import { recordFor } from './records.js'
import type { PlanOptions } from './situation.js'
import type { NamedRecord, Tail } from './tail-steps.js'

/**
 * What was done and still holds. Of several records, which an apply that ended on the way leaves, only what all of them say:
 * to do it once more does no harm. `container` is the name of the one that stays, null for one that is made.
 */
export function carriedOver(
  desired: DesiredSandbox,
  live: Pick<LiveSandbox, 'records' | 'volumes'>,
  container: string | null,
): Pick<RecordSpec, 'clone' | 'prepared'> {
  const specs = live.records.map(({ spec }) => spec)
  const [first] = specs
  const isFilled = isSeeded(desired, live) && specs.every(({ clone }) => clone !== undefined)
  const prepared = desired.prepare === undefined || container === null ? undefined : doneInAll(specs, container)
  return {
    ...(isFilled && first?.clone !== undefined ? { clone: first.clone } : {}),
    ...(prepared === undefined ? {} : { prepared }),
  }
}

/** `container` is the name of the one that there is in the end, `record` what is written of it first. */
export function tailOf(
  {
    desired,
    options,
    target,
    container,
  }: {
    readonly desired: DesiredSandbox
    readonly options: PlanOptions
    readonly target: ContainerTarget
    readonly container: string
  },
  record: NamedRecord,
): Tail {
  const named = (spec: RecordSpec): NamedRecord => recordFor(options.scope, desired.id, spec)
  const step = seedStep(desired, record.spec, target)
  const seed = step === null ? null : { step, record: named(afterSeed(record.spec, step)) }
  let last = seed?.record.spec ?? record.spec
  const prepare = pendingSteps(desired, last.prepared, container, options).map((pending) => {
    last = afterPrepare(desired, last, container, pending.spec)
    return { step: prepareStep(pending, target), record: named(last) }
  })
  return { seed, prepare }
}
