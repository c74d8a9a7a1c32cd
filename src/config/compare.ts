// What two versions of a file say differently, setting by setting. Pure.

import type { Origins } from '../model/config.js'
import { canonicalJson, isJsonObject, pointer, type JsonObject, type JsonValue } from '../model/json.js'
import type { WrittenChange } from '../model/version-diff.js'
import type { Layer } from './layer.js'
import { mergedByKey, united } from './merge.js'
import type { ConfigVersion } from './version.js'

const nothing: Layer = { config: {}, origins: {} }

/** Null for a version that has no file. A profile is compared by what is written for it, under `/profiles/NAME`. */
export function compareVersions(from: ConfigVersion | null, to: ConfigVersion | null): readonly WrittenChange[] {
  const names = new Set([...Object.keys(from?.profiles ?? {}), ...Object.keys(to?.profiles ?? {})])
  return [
    ...compareLayers(from?.base ?? nothing, to?.base ?? nothing, []),
    ...[...names].sort().flatMap((name) => {
      const [old, wanted] = [from, to].map((version) => ownOf(version, name))
      const changes = compareLayers(old ?? nothing, wanted ?? nothing, ['profiles', name])
      if (changes.length > 0 || (old === undefined) === (wanted === undefined)) return changes
      // One that says nothing is a sandbox of its own all the same.
      const path = pointer('profiles', name)
      return [
        old === undefined ? ({ path, op: 'add', after: {} } as const) : ({ path, op: 'remove', before: {} } as const),
      ]
    }),
  ]
}

function ownOf(version: ConfigVersion | null, name: string): Layer | undefined {
  return version !== null && Object.hasOwn(version.profiles, name) ? version.profiles[name]?.own : undefined
}

function compareLayers(from: Layer, to: Layer, above: readonly string[]): WrittenChange[] {
  const changes: WrittenChange[] = []
  walk([], from.config, to.config)
  return changes

  function walk(path: readonly string[], before: JsonValue | undefined, after: JsonValue | undefined): void {
    if (isSame(before, after)) return
    const [old, wanted] = [membersOf(path, before), membersOf(path, after)]
    if (old !== null && wanted !== null) {
      const keys = [...new Set([...Object.keys(old), ...Object.keys(wanted)])].sort()
      for (const key of keys) walk([...path, key], valueOf(old, key), valueOf(wanted, key))
      if (keys.length > 0) return
    }
    const { origins } = after === undefined ? from : to
    const source = originOf(origins, path)
    changes.push({
      path: pointer(...above, ...path),
      op: before === undefined ? 'add' : after === undefined ? 'remove' : 'change',
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(source === undefined ? {} : { source }),
    })
  }
}

/** What a value is compared by; null where it is one setting to a person. */
function membersOf(path: readonly string[], value: JsonValue | undefined): JsonObject | null {
  if (value === undefined) return hasEntries(path) ? {} : null
  return isJsonObject(value) && !isWhole(path) ? value : null
}

/** Whether it holds entries that are told one by one also where there were none, or are none any more. */
function hasEntries([key, second, ...more]: readonly string[]): boolean {
  if (key === undefined) return true
  if (second === undefined) return (mergedByKey as readonly string[]).includes(key)
  return (united as readonly string[]).includes(`${key}.${second}`) && more.length === 0
}

/** A secret that moves from a variable to a file is one change, and so is a port that moves. */
function isWhole([key, second]: readonly string[]): boolean {
  if (key === 'git' || key === 'isolation') return true
  return (key === 'secrets' || key === 'ports') && second !== undefined
}

function valueOf(members: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined
}

function isSame(before: JsonValue | undefined, after: JsonValue | undefined): boolean {
  if (before === undefined || after === undefined) return before === after
  return canonicalJson(before) === canonicalJson(after)
}

/** The line that decided a value: its own, else the nearest around it. */
function originOf(origins: Origins, path: readonly string[]): WrittenChange['source'] {
  for (let length = path.length; length > 0; length--) {
    const origin = origins[pointer(...path.slice(0, length))]
    if (origin !== undefined) return origin
  }
  return undefined
}
