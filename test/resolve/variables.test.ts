import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluate, parseReferences, variableNames } from '../../src/resolve/variables.js'

const env = { SET: 'value', EMPTY: '' }

test.each([
  ['plain', 'plain'],
  ['', ''],
  ['${env:SET}', 'value'],
  ['a ${env:SET} b ${env:SET}', 'a value b value'],
  ['${env:EMPTY}', ''],
  ['${env:EMPTY:-other}', 'other'],
  ['${env:UNSET:-other}', 'other'],
  ['${env:UNSET:-}', ''],
  ['${env:SET:-other}', 'value'],
  ['$${env:SET}', '${env:SET}'],
  ['$$${env:SET}', '$${env:SET}'],
  ['$SET $ {} }', '$SET $ {} }'],
])('%j reads %j', (text, value) => {
  expect(evaluate(parseReferences(text), env)).toEqual({ kind: 'value', value })
})

test('every variable that is missing is named once', () => {
  const parts = parseReferences('${env:A}${env:SET}${env:B}${env:A}${env:C:-c}')
  expect(evaluate(parts, env)).toEqual({ kind: 'missing', names: ['A', 'B'] })
  expect(variableNames(parts)).toEqual(['A', 'SET', 'B', 'C'])
})

test('an escaped text reads as itself', () => {
  const text = fc.string({ unit: fc.constantFrom('$', '{', '}', 'env:', 'A', ':-') })
  fc.assert(
    fc.property(text, (literal) => {
      const escaped = literal.replaceAll('${', () => '$${')
      expect(evaluate(parseReferences(escaped), {})).toEqual({ kind: 'value', value: literal })
    }),
  )
})
