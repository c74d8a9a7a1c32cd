// The file against the schema: every problem at once, each told once, in our words and at its place. ajv says what is
// wrong; how it says so never reaches the user.

import type { Diagnostic, Position } from '../model/diagnostic.js'
import { pointer, pointerSegments, type JsonPointer } from '../model/json.js'
import type { ParsedFile } from './parse.js'
import { allowedTypes, dereferenced, displayPath, isOfType, type SchemaNode } from './schema-node.js'
import { validate, type SchemaError } from './schema-validator.generated.js'
import { positionAt } from './source-text.js'
import { didYouMean } from './suggest.js'

/** What is wrong at one value of a file. */
export type Problem = { readonly path: JsonPointer; readonly diagnostic: Diagnostic }

export function schemaProblems(file: ParsedFile): readonly Problem[] {
  if (validate(file.value)) return []
  const errors = validate.errors ?? []
  const unions = new Map(
    errors.filter(({ keyword }) => keyword === 'anyOf').map((error) => [error.instancePath, error]),
  )
  return errors.flatMap((error) => {
    const union = unions.get(error.instancePath)
    // The branches of a union differ in type, so that at most one was meant: the others' complaints are noise.
    if (union !== undefined && error !== union && !isOfAnyType(file, error.parentSchema, error.instancePath)) return []
    // What is wrong with the name of a key is told with the key.
    if (error.keyword === 'pattern' && typeof valueAt(file, error.instancePath) !== 'string') return []
    if (error.keyword === 'anyOf' && isOfAnyType(file, error.parentSchema, error.instancePath)) return []
    return [problem(file, error)]
  })
}

function isOfAnyType(file: ParsedFile, node: SchemaNode, path: JsonPointer): boolean {
  const value = valueAt(file, path)
  return allowedTypes(node).some((type) => isOfType(value, type))
}

const mergeKeys = 'Merge keys are not part of YAML 1.2; `extends` and `profiles` lay settings over each other.'
const fileKeys = ['version', 'requires', 'name', 'extends', 'profiles']

function unknownHint(key: string, path: JsonPointer, known: readonly string[]): string {
  if (path.startsWith('/profiles/') && fileKeys.includes(key)) return `It is said once for the file, outside profiles.`
  return didYouMean(key, known)
}

function problem(file: ParsedFile, error: SchemaError): Problem {
  const { instancePath, params } = error
  const node: SchemaNode = error.parentSchema
  const told = (path: JsonPointer, at: Position, code: string, summary: string, detail: string): Problem => ({
    path,
    diagnostic: { severity: 'error', code, summary, detail, at },
  })
  const here = instancePath === '' ? 'the file' : `\`${displayPath(instancePath)}\``
  const badValue = (detail: string): Problem =>
    told(instancePath, valuePosition(file, instancePath), 'config/bad-value', 'The value is not allowed', detail)
  const form = node.errorMessage === undefined ? '' : ` ${node.errorMessage}`

  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty'])
      const path = instancePath + pointer(key)
      const known = Object.keys(node.properties ?? {})
      const of = instancePath === '' ? 'a key of sandbox.yaml' : `a key of ${here}`
      const hint = key === '<<' ? mergeKeys : unknownHint(key, path, known)
      return told(
        path,
        keyPosition(file, path),
        'config/unknown-key',
        'There is no such key',
        `\`${key}\` is not ${of}. ${hint}`,
      )
    }
    case 'required': {
      const missing = String(params['missingProperty'])
      return told(
        instancePath,
        valuePosition(file, instancePath),
        'config/missing-key',
        'A key is missing',
        `${here} needs \`${missing}\`.`,
      )
    }
    case 'type':
    case 'anyOf': {
      const value = valueAt(file, instancePath)
      const detail = `${here} is ${kindOf(value)} and must be ${kindNames(allowedTypes(node))}.${form}`
      return told(
        instancePath,
        valuePosition(file, instancePath),
        'config/wrong-type',
        'The value is of the wrong kind',
        detail,
      )
    }
    case 'enum': {
      const allowed = (node.enum ?? []).map(String)
      const value = valueAt(file, instancePath)
      const written = typeof value === 'string' ? `"${value}"` : kindOf(value)
      const meant = typeof value === 'string' ? didYouMean(value, allowed) : `There are: ${allowed.join(', ')}.`
      return badValue(`${here} cannot be ${written}. ${meant}`)
    }
    case 'pattern':
      return badValue(`${here} cannot be "${String(valueAt(file, instancePath))}". ${node.patternErrorMessage ?? ''}`)
    case 'propertyNames': {
      const name = String(params['propertyName'])
      const path = instancePath + pointer(name)
      const form = node.propertyNames === undefined ? undefined : dereferenced(node.propertyNames).patternErrorMessage
      const detail = name === '<<' ? mergeKeys : `"${name}" cannot be a key of ${here}. ${form ?? ''}`
      return told(path, keyPosition(file, path), 'config/bad-key', 'The key cannot be used', detail)
    }
    case 'minLength':
      return badValue(`${here} is empty.`)
    case 'maxItems':
      return told(
        instancePath,
        keyPosition(file, instancePath),
        'config/bad-value',
        'The value is not allowed',
        `${here} has more than ${String(params['limit'])} entries.`,
      )
    case 'minimum':
      return badValue(`${here} must be at least ${String(params['limit'])}.${form}`)
    case 'maximum':
      return badValue(`${here} must be at most ${String(params['limit'])}.${form}`)
    case 'minProperties':
    case 'not':
      return badValue(`${here} needs exactly one of ${Object.keys(node.properties ?? {}).join(' and ')}.`)
    default:
      throw new Error(`schema/sandbox.schema.json uses ${error.keyword}, which has no message`)
  }
}

/** The value that the error is about; undefined where there is none. */
export function valueAt(file: ParsedFile, path: JsonPointer): unknown {
  let value: unknown = file.value
  for (const segment of pointerSegments(path)) value = (value as Record<string, unknown> | undefined)?.[segment]
  return value
}

export function valuePosition(file: ParsedFile, path: JsonPointer): Position {
  return positionAt(file, file.values.get(path) ?? { start: 0, end: 1 })
}

export function keyPosition(file: ParsedFile, path: JsonPointer): Position {
  const range = file.keys.get(path)
  return range === undefined ? valuePosition(file, path) : positionAt(file, range)
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value === 'number') return `the number ${value}`
  if (typeof value === 'boolean') return `the boolean ${value}`
  return 'text'
}

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}

function kindNames(types: readonly string[]): string {
  const names = types.map((type) => kinds[type] ?? type)
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}`
}
