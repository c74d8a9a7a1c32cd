// docs/security.md names the attempts that show what it claims: each of them, and no others.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { insideAttempts, widenings } from './table.js'

test('docs/security.md names every attempt, and only attempts that are made', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
  const ofTheHost = [...read('../e2e/attempts.test.ts').matchAll(/\brow\(\s*'([a-z0-9-]+)'/g)].map(([, name]) => name)
  const made = [...Object.keys(insideAttempts), ...Object.keys(widenings), ...ofTheHost]
  const lines = read('../../docs/security.md').matchAll(/^Attempts: ([^]*?\.)$/gm)
  const named = [...lines].flatMap(([, list = '']) => [...list.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name))
  expect(named.sort()).toEqual(made.sort())
})
