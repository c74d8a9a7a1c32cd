// The three-way comparison: what the file wants, what sbx last applied (labels and record), what the engine does now.
// It knows the shape of no key. A new key of a spec is compared, shown and given its effect without a change here.

import type { Origin, Origins } from '../model/config.js'
import {
  canonicalJson,
  isJsonObject,
  pointer,
  pointerSegments,
  type JsonObject,
  type JsonPointer,
  type JsonValue,
} from '../model/json.js'
import { settableInPlace } from '../model/fixed-settings.js'
import type { Effect, FieldChange } from '../model/plan.js'
import { isWhole, shownAfter, shownBefore } from './shown.js'

type Side = JsonValue | undefined

/** Three trees of one shape: a container's spec and a record's spec in one, their keys never meet. */
export type Comparison = {
  readonly desired: JsonObject
  /** As sbx last wrote it into labels. */
  readonly applied: JsonObject
  /** The same with what inspect shows put over it. */
  readonly live: JsonObject
  /** Keys of the record: what can change while the container stays. All others belong to the container. */
  readonly recordKeys: ReadonlySet<string>
  /** Keys that no file has: compared, and not counted among its settings. */
  readonly fixedKeys?: ReadonlySet<string>
  /** Whether the engine changes limits of the container while it is there. */
  readonly canChangeLimits?: boolean
  /** Whether one key made the digests on both sides. */
  readonly isComparable: boolean
  readonly origins: Origins
}

export type Difference = { readonly changes: readonly FieldChange[]; readonly unchanged: number }

/** Follow from other keys (volumes from credentials and the workspace, grants from mounts) or say nothing to a person. */
const internalKeys: ReadonlySet<string> = new Set([
  'volumes',
  'grants',
  'flags',
  'digestKey',
  'inode',
  'home',
  'carried',
  'snapshot',
  'clone',
  'prepared',
  'unverified',
])

export function compare(comparison: Comparison): Difference {
  const { desired, applied, live } = comparison
  const changes: FieldChange[] = []
  for (const key of keysOf(desired, applied, live)) {
    if (!internalKeys.has(key)) walk(comparison, [key], desired[key], applied[key], live[key], changes)
  }
  const isToldOtherwise = ({ path }: FieldChange): boolean =>
    path === '/credentials' || path === '/workspace/mode' || path.startsWith('/own/')
  if (!changes.some(isToldOtherwise)) {
    // Volumes that differ for no reason that the file gives would otherwise be a difference nobody ever mends.
    walk(comparison, ['volumes'], desired['volumes'], applied['volumes'], live['volumes'], changes)
  }
  return { changes, unchanged: countUnchanged(comparison, changes) }
}

export function isEqual(left: Side, right: Side): boolean {
  if (left === undefined || right === undefined || left === right) return left === right
  return canonicalJson(left) === canonicalJson(right)
}

function walk(
  comparison: Comparison,
  path: readonly string[],
  desired: Side,
  applied: Side,
  live: Side,
  changes: FieldChange[],
): void {
  const isAsDesired = isEqual(desired, live) && !isBeyondComparison(comparison, path, desired)
  if (isAsDesired && (isEqual(applied, desired) || !comparison.recordKeys.has(path[0] ?? ''))) return
  if (isJsonObject(desired) && isJsonObject(live) && !isWhole(path)) {
    const before = isJsonObject(applied) ? applied : {}
    for (const key of keysOf(desired, before, live)) {
      walk(comparison, [...path, key], desired[key], before[key], live[key], changes)
    }
    return
  }
  changes.push(rowOf(comparison, path, desired, applied, live))
}

/** Digests made with different keys say nothing about each other, not even when they are equal. */
function isBeyondComparison(comparison: Comparison, path: readonly string[], desired: Side): boolean {
  return !comparison.isComparable && desired !== undefined && hasDigest(path, desired)
}

function hasDigest(path: readonly string[], value: JsonValue): boolean {
  const [key] = path
  if (key === 'envFile') return canonicalJson(value).includes('"values":{"') || path[2] === 'values'
  if (key !== 'env' && key !== 'secrets') return false
  if (path.length === 1)
    return isJsonObject(value) && Object.entries(value).some(([name, one]) => hasDigest([key, name], one))
  return isJsonObject(value) && typeof value['digest'] === 'string'
}

function rowOf(comparison: Comparison, path: readonly string[], desired: Side, applied: Side, live: Side): FieldChange {
  const { isComparable, origins } = comparison
  const source = originOf(origins, path)
  const wasChangedByHand = !isEqual(applied, live)
  return {
    path: pointer(...path),
    op: live === undefined && desired !== undefined ? 'add' : desired === undefined ? 'remove' : 'change',
    effect: effectOf(comparison, path, desired, live),
    // Both at once, an edit and somebody's hand, is an edit whose `lastApplied` differs from `before`.
    origin: wasChangedByHand && isEqual(applied, desired) ? 'drift' : 'config',
    ...(live === undefined ? {} : { before: shownBefore(path, live, isComparable || desired === undefined) }),
    ...(desired === undefined ? {} : { after: shownAfter(path, desired) }),
    ...(wasChangedByHand && applied !== undefined ? { lastApplied: shownAfter(path, applied) } : {}),
    ...(source === undefined ? {} : { source }),
  }
}

function effectOf(comparison: Comparison, path: readonly string[], desired: Side, live: Side): Effect {
  const [key, member] = path
  const isLimit = key === 'resources' || settableInPlace.some((name) => name === key)
  if (isLimit && comparison.canChangeLimits === false && !isEqual(desired, live)) return 'recreate'
  if (settableInPlace.some((name) => name === key)) return 'live'
  if (key === undefined || !comparison.recordKeys.has(key)) return 'recreate'
  if (key !== 'resources') return 'next_session'
  // The engine can lower and raise a memory limit of a live container, and has no way to lift it.
  return member === 'memory' && desired === undefined && live !== undefined ? 'recreate' : 'live'
}

/** The line that decided a value: its own, else the nearest around it. */
export function originOf(origins: Origins, path: readonly string[]): Origin | undefined {
  for (let length = path.length; length > 0; length--) {
    const origin = origins[pointer(...path.slice(0, length))]
    if (origin !== undefined) return origin
  }
  return undefined
}

/** A setting is a key, or a member of one that has members: one variable, one mount, one limit. */
function countUnchanged({ desired, fixedKeys }: Comparison, changes: readonly FieldChange[]): number {
  const changed = new Set(changes.flatMap((change) => ancestors(change.path)))
  let unchanged = 0
  for (const [key, value] of Object.entries(desired)) {
    if (internalKeys.has(key) || fixedKeys?.has(key) === true) continue
    const members = isJsonObject(value) && !isWhole([key]) ? Object.keys(value).map((name) => [key, name]) : [[key]]
    unchanged += members.filter((path) => !changed.has(pointer(...path))).length
  }
  return unchanged
}

function ancestors(path: JsonPointer): JsonPointer[] {
  const segments = pointerSegments(path)
  return segments.map((_, index) => pointer(...segments.slice(0, index + 1)))
}

function keysOf(...objects: readonly JsonObject[]): string[] {
  return [...new Set(objects.flatMap((object) => Object.keys(object)))].sort()
}
