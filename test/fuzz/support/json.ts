// Mutations of a JSON document: values of other types, other keys, and texts that must not arrive on a screen as they are.

import fc from 'fast-check'
import type { JsonValue } from '../../../src/model/json.js'
import { bit } from './text.js'

export type JsonEdit = {
  /** Which of the values, as a part of their number. */
  readonly at: number
  readonly what: 'replace' | 'remove' | 'rename' | 'repeat' | 'spoil'
  readonly value: JsonValue
  readonly text: string
}

const deep: JsonValue = JSON.parse('['.repeat(2_000) + ']'.repeat(2_000)) as JsonValue

const values: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue[]>(
  ...[null, true, false, 0, -1, 1.5, 2 ** 53, 1e308, '', '0', 'x', [], {}, [null], [[]], { '': null }, deep],
  ...[
    '2024-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '9999999-99-99T99:99:99Z',
    'sha256:',
    '/',
    '..',
    'a'.repeat(20_000),
  ],
  ...[
    '\u001b[2J\u001b[31m',
    '\u009b',
    '\u0000',
    '\r\n\r',
    '\u202e',
    '\ud800',
    '{}',
    '[]',
    '{"a":',
    'null',
    '__proto__',
  ],
)

export const jsonEdit: fc.Arbitrary<JsonEdit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  what: fc.constantFrom('replace', 'replace', 'remove', 'rename', 'repeat', 'spoil'),
  value: values,
  text: bit,
})

type Place = { readonly holder: Record<string, JsonValue> | JsonValue[]; readonly key: string }

function placesIn(value: JsonValue, depth = 0): Place[] {
  if (typeof value !== 'object' || value === null || depth > 50) return []
  const holder = value as Place['holder']
  return Object.entries(holder).flatMap(([key, below]) => [{ holder, key }, ...placesIn(below, depth + 1)])
}

/** Of at most some thousand values, so that what takes its time is not the edit. */
export function edited(document: JsonValue, edits: readonly JsonEdit[]): JsonValue {
  const root: JsonValue[] = [structuredClone(document)]
  for (const edit of edits) {
    const places = placesIn(root)
    if (places.length > 4_000) break
    const place = places[Math.floor(edit.at * places.length)]
    if (place !== undefined) apply(place, edit)
  }
  return root[0] ?? null
}

function apply({ holder, key }: Place, { what, value, text }: JsonEdit): void {
  const slots = holder as Record<string, JsonValue>
  const there = slots[key] ?? null
  switch (what) {
    case 'replace':
      slots[key] = value
      return
    case 'remove':
      if (Array.isArray(holder)) holder.splice(Number(key), 1)
      else delete slots[key]
      return
    case 'rename':
      if (Array.isArray(holder)) return
      delete slots[key]
      Object.defineProperty(slots, text, { value: there, enumerable: true, configurable: true, writable: true })
      return
    case 'repeat':
      if (Array.isArray(holder)) holder.push(...Array.from({ length: 20 }, () => there))
      else slots[`${key}${text}`] = there
      return
    case 'spoil':
      slots[key] = typeof there === 'string' ? `${there.slice(0, there.length / 2)}${text}${there}` : text
  }
}
