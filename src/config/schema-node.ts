// What a message needs to know of the schema: what would have been right at a place.

import schema from '../../schema/sandbox.schema.json' with { type: 'json' }
import { pointerSegments, type JsonPointer } from '../model/json.js'

export type SchemaNode = {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly (string | number)[]
  readonly anyOf?: readonly SchemaNode[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly propertyNames?: SchemaNode
  readonly pattern?: string
  readonly patternErrorMessage?: string
  /** Said beside a wrong type and a number out of bounds. */
  readonly errorMessage?: string
  readonly minimum?: number
  readonly maximum?: number
}

export function definition(name: keyof typeof schema.definitions): SchemaNode {
  return schema.definitions[name]
}

export function dereferenced(node: SchemaNode): SchemaNode {
  if (node.$ref === undefined) return node
  return definition(node.$ref.replace('#/definitions/', '') as keyof typeof schema.definitions)
}

/** Types that a value may have, over all branches of a union. */
export function allowedTypes(node: SchemaNode): readonly string[] {
  const resolved = dereferenced(node)
  if (resolved.anyOf !== undefined) return [...new Set(resolved.anyOf.flatMap(allowedTypes))]
  const { type } = resolved
  return type === undefined ? [] : typeof type === 'string' ? [type] : type
}

export function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'null':
      return value === null
    default:
      return typeof value === type
  }
}

/** `env.FOO`, `mounts[0].source`. */
export function displayPath(path: JsonPointer): string {
  return pointerSegments(path)
    .map((segment, index) =>
      /^\d+$/.test(segment) ? `[${segment}]` : index === 0 || /^\.$/.test(segment) ? segment : `.${segment}`,
    )
    .join('')
}
