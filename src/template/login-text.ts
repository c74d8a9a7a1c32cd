// What a text says of a login: whether it is one, and of which kind.

import { isJsonObject, pointerSegments, type JsonPointer, type JsonValue } from '../model/json.js'
import type { LoginFile } from '../model/template.js'

/** Of a login, in characters. A larger file is not what an agent keeps as one. */
export const largestLogin = 1024 * 1024

/**
 * The kinds of login that the text of a file holds; none where it holds no login, as after the agent's own logout. Null
 * where it is not what the agent writes: no JSON, or far too large.
 */
export function loginKinds({ kinds }: Pick<LoginFile, 'kinds'>, text: string): readonly string[] | null {
  if (text.trim() === '') return []
  const document = text.length > largestLogin ? undefined : parsedJson(text)
  if (document === undefined) return null
  return Object.entries(kinds).flatMap(([kind, pointer]) => (isSet(valueAt(document, pointer)) ? [kind] : []))
}

/** Undefined where it is not JSON; what the text says must not reach a message. */
export function parsedJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export function valueAt(document: JsonValue, pointer: JsonPointer): JsonValue | undefined {
  let value: JsonValue | undefined = document
  for (const segment of pointerSegments(pointer)) {
    value = isJsonObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined
  }
  return value
}

function isSet(value: JsonValue | undefined): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return value !== undefined && value !== null && value !== '' && value !== false
}
