// What the schema cannot say about the texts in a file: control characters in them, and where references to the host's
// variables may stand.

import { pointer, pointerSegments, type JsonPointer, type JsonValue } from '../model/json.js'
import { controlCharacterIn, controlCharacterName } from './control-characters.js'
import type { ParsedFile } from './parse.js'
import { referenceMistake } from './reference-text.js'
import { displayPath } from './schema-node.js'
import { keyPosition, valuePosition, type Problem } from './validate.js'

export function textProblems(file: ParsedFile): readonly Problem[] {
  const problems: Problem[] = []
  visit(file.value, '')
  return problems

  function visit(value: JsonValue, path: JsonPointer): void {
    if (typeof value === 'string') checkText(value, path)
    else if (Array.isArray(value)) value.forEach((item: JsonValue, index) => visit(item, path + pointer(index)))
    else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        checkKey(key, path + pointer(key))
        visit(member, path + pointer(key))
      }
    }
  }

  function checkKey(key: string, path: JsonPointer): void {
    const control = controlCharacterIn(key, false)
    if (control !== null) report(path, 'key', controlCode, controlSummary, controlDetail(control))
  }

  function checkText(text: string, path: JsonPointer): void {
    const place = placeOf(path)
    const control = controlCharacterIn(text, place === 'reference' || place === 'lines')
    if (control !== null) return report(path, 'value', controlCode, controlSummary, controlDetail(control))
    if (place === 'reference' || place === 'source') {
      const mistake = referenceMistake(text)
      if (mistake !== null) report(path, 'value', referenceCode, referenceSummary, mistake)
    } else if (text.includes('${env:')) {
      report(
        path,
        'value',
        'config/misplaced-reference',
        'A host variable cannot stand here',
        `\`${displayPath(path)}\` is taken as it is written. \${env:NAME} is for values of env and for sources of mounts.`,
      )
    }
  }

  function report(path: JsonPointer, on: 'key' | 'value', code: string, summary: string, detail: string): void {
    const at = on === 'key' ? keyPosition(file, path) : valuePosition(file, path)
    problems.push({ path, diagnostic: { severity: 'error', code, summary, detail, at } })
  }
}

const controlCode = 'config/control-character'
const controlSummary = 'Control characters are not allowed'
const referenceCode = 'config/bad-reference'
const referenceSummary = 'The reference to a host variable cannot be read'

function controlDetail(character: string): string {
  return `There is a ${controlCharacterName(character)} in it.`
}

/**
 * What kind of text it is: one with references, one of several lines that is handed on as it is, or a name or path, in
 * which a line break can only be a mistake.
 */
function placeOf(path: JsonPointer): 'reference' | 'source' | 'lines' | 'name' {
  const segments = pointerSegments(path)
  const [key, second, third] = segments[0] === 'profiles' ? segments.slice(2) : segments
  if (key === 'env' && second !== undefined) return 'reference'
  if (key === 'mounts' && (third === undefined || third === 'source')) return 'source'
  if (key === 'prepare') return third === 'when' ? 'name' : 'lines'
  if (key === 'setup' || (key === 'agent' && second === 'args')) return 'lines'
  return 'name'
}
