// What of a value may be shown. A digest is a guess waiting to be checked, so it is never among it.

import { isJsonObject, type JsonValue } from '../model/json.js'
import type { ShownValue } from '../model/plan.js'

/** Whether the value at a path is one setting to a person, although it is a mapping to the program. */
export function isWhole(path: readonly string[]): boolean {
  const [key] = path
  if (key === 'template') return true
  return (key === 'env' || key === 'secrets' || key === 'files') && path.length === 2
}

/** `isComparable` is false where another key made the digest. */
export function shownBefore(path: readonly string[], value: JsonValue, isComparable: boolean): ShownValue {
  const shown = shownAfter(path, value)
  return !isComparable && 'sensitive' in shown && shown.sensitive === 'set' ? { sensitive: 'not-comparable' } : shown
}

export function shownAfter(path: readonly string[], value: JsonValue): ShownValue {
  const [key, , part] = path
  if (key === 'template') return { value: templateText(value) }
  // A digest of files is no secret, and nothing to a person.
  if (key === 'files' && isJsonObject(value)) return { value: value['source'] ?? '' }
  const isLiteral = key === 'env' && isJsonObject(value) && value['from'] === 'file'
  if (isLiteral) return { value: value['value'] ?? '' }
  const isSensitive = key === 'env' || key === 'secrets' || (key === 'envFile' && part !== 'optional')
  return isSensitive ? sensitive(path, value) : { value }
}

function sensitive(path: readonly string[], value: JsonValue): ShownValue {
  const held = path[0] === 'envFile' && isJsonObject(value) && path.length === 2 ? value['values'] : value
  const isMissing = held === null || (isJsonObject(held) && held['digest'] === null)
  return { sensitive: isMissing ? 'missing' : 'set' }
}

/** As a user writes it, with what of it can change while the name stays: content, pins, the agent's version. */
function templateText(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value
  const { kind, path, digest, name, reference, commit, version } = value
  const called = name ?? reference ?? path
  if (typeof called !== 'string') return value
  const what = [
    ...(typeof digest === 'string' ? [kind === 'folder' ? `content ${digest.slice(0, 8)}` : digest.slice(0, 19)] : []),
    ...(typeof commit === 'string' ? [`commit ${commit.slice(0, 12)}`] : []),
    ...(typeof version === 'string' ? [`version ${version}`] : []),
  ]
  return what.length === 0 ? called : `${called} (${what.join(', ')})`
}
