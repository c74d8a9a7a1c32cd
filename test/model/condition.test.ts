import { expect, test } from 'vitest'
import { filled, holds, variablesIn, type SessionFacts } from '../../src/model/condition.js'

const facts: SessionFacts = {
  workspace: '/src/a "b"\\\n\u007f',
  env: { KEY: 'sk-0123456789012345678901234', EMPTY: '' },
  autonomy: 'full',
  hasLogin: false,
}

test('texts have the facts put in, and a path is quoted where it is asked for', () => {
  expect(filled('at={workspace}', facts)).toBe('at=/src/a "b"\\\n\u007f')
  expect(filled('p={{workspace:quoted}="x"}', facts)).toBe('p={"/src/a \\"b\\"\\\\\\n\\u007f"="x"}')
  expect(filled('{env:KEY} {env:KEY:last20} {env:EMPTY}{env:NONE}', facts)).toBe(
    'sk-0123456789012345678901234 56789012345678901234 ',
  )
  expect(variablesIn('{workspace:quoted} {env:A} {env:B:last20}')).toEqual(['A', 'B'])
})

test('a condition holds where all that it says does', () => {
  expect(holds({}, facts)).toBe(true)
  expect(holds({ env: 'KEY', login: false, autonomy: 'full' }, facts)).toBe(true)
  for (const condition of [{ env: 'EMPTY' }, { env: 'NONE' }, { login: true }, { autonomy: 'ask' }] as const) {
    expect(holds({ env: 'KEY', ...condition }, facts)).toBe(false)
  }
})
