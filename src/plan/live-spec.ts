// One container with the record of its sandbox as the trees that are compared.

import type { DesiredSandbox } from '../model/desired.js'
import { fixedSettingNames, type FixedSettings } from '../model/fixed-settings.js'
import type { JsonObject } from '../model/json.js'
import type { LiveContainer, LiveRecord } from '../model/live.js'
import type { FieldChange } from '../model/plan.js'
import { mayHaveOwnKernel } from '../model/runtime.js'
import type { LimitsSpec, RecordSpec } from '../model/spec.js'
import { compare, isEqual, type Difference } from './diff.js'
import { keepMissingValues } from './host-values.js'
import { isIgnored } from './ignored-drift.js'

/**
 * The record that was applied last: one that is as desired already, else the newest. Several are left by an apply that
 * ended between writing the new and removing the old.
 */
export function appliedRecord(records: readonly LiveRecord[], desired: RecordSpec): LiveRecord | null {
  const asDesired = newestFirst(records).find((record) =>
    isEqual(asAsked(keepMissingValues(desired, record.spec)), asAsked(record.spec)),
  )
  return asDesired ?? newestRecord(records)
}

/**
 * The same with the limits that the container has where another of these records says so: an apply that ended between its
 * record and the limits, or after them, is not somebody's hand.
 */
export function lastApplied(
  records: readonly LiveRecord[],
  desired: RecordSpec,
  current: Pick<LiveContainer, 'observed'> | null,
): RecordSpec | null {
  const applied = appliedRecord(records, desired)?.spec ?? null
  if (applied === null || current === null) return applied
  const { resources } = current.observed
  const isWritten = (name: keyof LimitsSpec): boolean =>
    records.some(({ spec }) => spec.resources[name] === resources[name])
  const { cpus, memory, pids } = {
    cpus: isWritten('cpus') ? resources.cpus : applied.resources.cpus,
    memory: isWritten('memory') ? resources.memory : applied.resources.memory,
    pids: isWritten('pids') ? resources.pids : applied.resources.pids,
  }
  const limits = { ...(cpus === undefined ? {} : { cpus }), ...(memory === undefined ? {} : { memory }), pids }
  return { ...applied, resources: limits }
}

export function newestRecord(records: readonly LiveRecord[]): LiveRecord | null {
  return newestFirst(records)[0] ?? null
}

function newestFirst(records: readonly LiveRecord[]): LiveRecord[] {
  return [...records].sort(
    (left, right) => compareText(right.createdAt, left.createdAt) || compareText(left.name, right.name),
  )
}

/** `ignored` is drift that the file says to leave alone. */
export type LiveDifference = Difference & { readonly ignored: readonly FieldChange[] }

/** `record` is what is to be written, missing values settled. */
export function differenceOf(
  desired: DesiredSandbox,
  record: RecordSpec,
  container: LiveContainer,
  applied: RecordSpec | null,
): LiveDifference {
  const { changes, unchanged } = wholeDifference(desired, record, container, applied)
  const ignored = changes.filter((change) => isIgnored(change, desired))
  return { changes: changes.filter((change) => !ignored.includes(change)), unchanged, ignored }
}

/** So that each entry is compared, also where one side has none. */
const nothing = { hide: {}, own: {}, networks: {} }
const noFiles = { files: {} }

function wholeDifference(
  desired: DesiredSandbox,
  record: RecordSpec,
  container: LiveContainer,
  applied: RecordSpec | null,
): Difference {
  const wanted: JsonObject = { ...desired.containerSpec, ...record }
  const fixed = fixedTrees(desired, container)
  // Limits can be seen on the container; of the rest of a lost record nothing is known and nothing holds.
  const known: JsonObject = applied ?? { env: {}, envFile: {}, secrets: {}, resources: container.observed.resources }
  // What inspect does not show of it is not there.
  const { ssh: _, ...spec } = container.spec
  const difference = compare({
    desired: { ...nothing, ...noFiles, ...wanted, ...fixed.applied },
    applied: { ...nothing, ...noFiles, ...container.spec, ...known, ...fixed.applied },
    live: { ...spec, ...noFiles, ...known, ...nothing, ...container.observed, ...fixed.live },
    recordKeys: new Set([...Object.keys(record), ...Object.keys(noFiles)]),
    fixedKeys: new Set(Object.keys(fixed.applied)),
    // Of runtimes that are no runc some cannot, and an engine says so only once it has tried.
    canChangeLimits: !mayHaveOwnKernel(container.spec, container.fixed.observed.runtime),
    isComparable: applied === null || applied.digestKey === record.digestKey,
    origins: desired.origins,
  })
  if (applied !== null) return difference
  const changes = difference.changes
    .filter((change) => !isNothing(change))
    .map((change): FieldChange => (change.effect === 'next_session' ? { ...change, origin: 'drift' } : change))
  return { ...difference, changes }
}

/**
 * What no file says: the settings that are the same for every sandbox, as far as both the label and the engine tell them,
 * and the labels that follow from the sandbox's id.
 */
function fixedTrees(
  { workspace, agent, profile }: DesiredSandbox,
  { fixed, sandbox }: LiveContainer,
): { readonly applied: JsonObject; readonly live: JsonObject } {
  const known = fixedSettingNames.filter(
    (name) => fixed.applied[name] !== undefined && fixed.observed[name] !== undefined,
  )
  const of = (settings: FixedSettings): JsonObject =>
    Object.fromEntries(known.map((name) => [name, settings[name] ?? null]))
  return {
    applied: { ...of(fixed.applied), labels: { workspace, agent, profile } },
    live: {
      ...of(fixed.observed),
      labels: { workspace: sandbox.workspace, agent: sandbox.agent, profile: sandbox.profile },
    },
  }
}

/** Every setting of a sandbox that is not there yet. */
export function settingsOf(desired: DesiredSandbox): readonly FieldChange[] {
  const empty: JsonObject = {
    ...nothing,
    ...noFiles,
    mounts: {},
    ports: {},
    env: {},
    envFile: {},
    secrets: {},
    resources: {},
  }
  const { changes } = compare({
    desired: { ...nothing, ...noFiles, ...desired.containerSpec, ...desired.recordSpec, volumes: {} },
    applied: empty,
    live: { ...empty, volumes: {} },
    recordKeys: new Set(Object.keys(desired.recordSpec)),
    isComparable: true,
    origins: desired.origins,
  })
  return changes.filter((change) => !isNothing(change))
}

/** Without what only the planner sets. */
export function asAsked(record: RecordSpec): RecordSpec {
  const { inode: _, home: __, snapshot: ___, clone: ____, prepared: _____, unverified: ______, ...rest } = record
  return rest
}

/** No git identity, no setup: what adds nothing needs no row. */
function isNothing({ op, after }: FieldChange): boolean {
  return op === 'add' && after !== undefined && 'value' in after && (after.value === null || isEqual(after.value, []))
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
