// The end of a plan: old records go, and what is done inside is each followed by the record that says so.

import type { SandboxLabels } from '../model/desired.js'
import type { LiveSandbox } from '../model/live.js'
import type { PrepareStep, SeedStep, Step } from '../model/plan.js'
import type { RecordSpec } from '../model/spec.js'

export type NamedRecord = { readonly name: string; readonly spec: RecordSpec }

/** A step that is done inside, and the record that is true once it was. */
type Doing<Inside> = { readonly step: Inside; readonly record: NamedRecord }

/** What is done once the container runs. The clone is filled before anything that was replaced goes. */
export type Tail = { readonly seed: Doing<SeedStep> | null; readonly prepare: readonly Doing<PrepareStep>[] }

/**
 * While there is an old record, the next plan looks for snapshots: so these go when all else that was replaced is gone, and
 * those that were made for the time of an apply last. `record` is what was written before the container started.
 */
export function tailSteps(
  {
    live,
    record,
    tail,
  }: {
    readonly live: Pick<LiveSandbox, 'records'>
    readonly record: NamedRecord
    readonly tail: Tail
  },
  sandbox: SandboxLabels,
  markers: readonly Pick<NamedRecord, 'name'>[],
): Step[] {
  const isThere = (name: string): boolean => live.records.some((other) => other.name === name)
  const create = ({ name, spec }: NamedRecord): Step[] =>
    isThere(name) ? [] : [{ do: 'create-record', name, sandbox, spec }]
  const remove = (name: string): Step => ({ do: 'remove-record', name })
  const first = tail.seed?.record ?? record
  // One that an earlier apply wrote, and that will be true again, stays for that.
  const later = new Set([first, ...tail.prepare.map((each) => each.record)].map(({ name }) => name))
  const old = new Set([...live.records.map(({ name }) => name), record.name])
  let last = first
  return [
    ...(tail.seed === null ? [] : create(first)),
    ...[...old].filter((name) => !later.has(name)).map(remove),
    ...markers.map(({ name }) => remove(name)),
    ...tail.prepare.flatMap((each): Step[] => {
      const before = last
      last = each.record
      return before.name === last.name ? [each.step] : [each.step, ...create(last), remove(before.name)]
    }),
  ]
}
