// What of a value may be shown. A digest is a guess waiting to be checked, so it is never among it.

import { isJsonObject, type JsonValue } from '../model/json.js'
import type { ShownValue } from '../model/plan.js'

/** Whether the value at a path is one setting to a person, although it is a mapping to the program. */
export function isWhole(path: readonly string[]): boolean {
  const [key] = path
  if (key === 'template') return true
  return (key === 'env' || key === 'secrets') && path.length === 2
}

/** `isComparable` is false where another key made the digest. */
export function shownBefore(path: readonly string[], value: JsonValue, isComparable: boolean): ShownValue {
  const shown = shownAfter(path, value)
  return !isComparable && 'sensitive' in shown && shown.sensitive === 'set' ? { sensitive: 'not-comparable' } : shown
}

export function shownAfter(path: readonly string[], value: JsonValue): ShownValue {
  switch (path[0]) {
    case 'template':
      return { value: templateText(value) }
    case 'env':
      return isJsonObject(value) && value['from'] === 'file' ? { value: value['value'] ?? '' } : sensitive(path, value)
    case 'secrets':
      return sensitive(path, value)
    case 'envFile':
      return path[2] === 'optional' ? { value } : sensitive(path, value)
    default:
      return { value }
  }
}

function sensitive(path: readonly string[], value: JsonValue): ShownValue {
  const held = path[0] === 'envFile' && isJsonObject(value) && path.length === 2 ? value['values'] : value
  const isMissing = held === null || (isJsonObject(held) && held['digest'] === null)
  return { sensitive: isMissing ? 'missing' : 'set' }
}

/** As a user writes it; of a folder also the start of its content's digest, which is what changes. */
function templateText(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value
  if (value['kind'] === 'folder') return `${String(value['path'])} (content ${String(value['digest']).slice(0, 8)})`
  return value['name'] ?? value['reference'] ?? value
}
