// Which commands that make the project ready are to be run: those that never were in this container, and those that go by a
// file that is another by now.

import type { DesiredSandbox, PrepareStepSpec } from '../model/desired.js'
import { pointer } from '../model/json.js'
import { digest } from '../model/names.js'
import type { Note } from '../model/note.js'
import type { ContainerTarget, FieldChange, PrepareStep } from '../model/plan.js'
import type { RecordSpec } from '../model/spec.js'
import { originOf } from './diff.js'
import type { PlanOptions } from './situation.js'

export type PendingStep = { readonly spec: PrepareStepSpec; readonly why: PrepareStep['why'] }

type Wanted = Pick<DesiredSandbox, 'prepare'>
type Asked = Pick<PlanOptions, 'runPrepare' | 'skipPrepare'>

/** In the order of the file. `container` is the name of the one that they run in. */
export function pendingSteps(
  desired: Wanted,
  prepared: RecordSpec['prepared'],
  container: string,
  asked: Asked,
): readonly PendingStep[] {
  return asked.skipPrepare === true ? [] : stepsToRun(desired, prepared, container, asked)
}

/** Of those that are left out this time. */
export function skippedNotes(
  desired: Wanted,
  prepared: RecordSpec['prepared'],
  container: string | null,
  asked: Asked,
): Note[] {
  if (asked.skipPrepare !== true) return []
  const runs = stepsToRun(desired, prepared, container, asked).map(({ spec }) => spec.run)
  return runs.length === 0 ? [] : [{ kind: 'prepare-skipped', runs }]
}

function stepsToRun(
  { prepare = [] }: Wanted,
  prepared: RecordSpec['prepared'],
  container: string | null,
  { runPrepare }: Asked,
): readonly PendingStep[] {
  const done = stepsIn(prepared, container)
  return prepare.flatMap((spec): PendingStep[] => {
    const before = Object.hasOwn(done, spec.key) ? done[spec.key] : undefined
    if (before === undefined) return [{ spec, why: 'new' }]
    if (before !== inputsDigest(spec)) return [{ spec, why: 'changed' }]
    return runPrepare === 'all' ? [{ spec, why: 'requested' }] : []
  })
}

/** What all of these records say was done in a container; undefined for nothing. */
export function doneInAll(records: readonly RecordSpec[], container: string): RecordSpec['prepared'] {
  const all = records.map(({ prepared }) => stepsIn(prepared, container))
  const first = all[0] ?? {}
  const steps = Object.fromEntries(
    Object.entries(first).filter(([key, inputs]) =>
      all.every((each) => Object.hasOwn(each, key) && each[key] === inputs),
    ),
  )
  return Object.keys(steps).length === 0 ? undefined : { container, steps }
}

export function prepareStep({ spec, why }: PendingStep, target: ContainerTarget): PrepareStep {
  return { do: 'prepare', target, key: spec.key, run: spec.run, why, files: Object.keys(spec.when) }
}

/** What the record says once a step was done. What the file does not have any more is forgotten. */
export function afterPrepare(
  { prepare = [] }: Wanted,
  record: RecordSpec,
  container: string,
  spec: PrepareStepSpec,
): RecordSpec {
  const before = stepsIn(record.prepared, container)
  const wanted = new Set(prepare.map(({ key }) => key))
  const known = Object.fromEntries(Object.entries(before).filter(([key]) => wanted.has(key)))
  return { ...record, prepared: { container, steps: { ...known, [spec.key]: inputsDigest(spec) } } }
}

export function prepareChanges(
  steps: readonly PrepareStep[],
  { origins }: Pick<DesiredSandbox, 'origins'>,
): FieldChange[] {
  return steps.map(({ run, why }): FieldChange => {
    const source = originOf(origins, ['prepare', run])
    return {
      path: pointer('prepare', run),
      op: why === 'new' ? 'add' : 'change',
      effect: 'live',
      origin: why === 'requested' ? 'requested' : 'config',
      after: { value: run },
      ...(source === undefined ? {} : { source }),
    }
  })
}

/** Digest of what each went by, by its key. */
function stepsIn(prepared: RecordSpec['prepared'], container: string | null): Readonly<Record<string, string>> {
  return prepared !== undefined && prepared.container === container ? prepared.steps : {}
}

/** Of the files that it goes by, as they were when it was planned. */
export function inputsDigest({ when }: Pick<PrepareStepSpec, 'when'>): string {
  return digest(when, 12)
}
