import type { JsonValue } from '../model/json.js'

/**
 * JSON that is safe to look at: characters that could steer a terminal or reorder a line are written as escapes, which
 * mean the same to whoever parses it. `indent` 0 gives one line.
 */
export function jsonText(document: JsonValue, indent = 2): string {
  const unsafe = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
  return JSON.stringify(document, null, indent).replace(unsafe, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}
