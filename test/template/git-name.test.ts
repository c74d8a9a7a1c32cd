// Names of versions, which a user types and a repository can have made up.

import { normalize } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import { revisionOf } from '../../src/template/git-name.js'

const folders = { root: '/r', own: '/r/.git/worktrees/w', common: '/r/.git' }
const piece = fc.constantFrom(
  'HEAD',
  'refs',
  'heads',
  'main',
  '..',
  '.',
  '/',
  '~',
  '^',
  '1',
  '@',
  '{',
  '-',
  'ref: ',
  '\n',
)
const anyName = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
)

async function found(written: string, content: string, asked: string[] = []): Promise<string | null> {
  try {
    return await revisionOf(written, folders, async (path) => {
      asked.push(path)
      return Promise.resolve(Buffer.from(content))
    })
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return null
  }
}

test('whatever is typed and whatever its files say, only files of git are read, and git is given an id', async () => {
  await fc.assert(
    fc.asyncProperty(anyName, anyName, async (written, content) => {
      const asked: string[] = []
      const expression = await found(written, content, asked)
      for (const path of asked) {
        expect(path).toBe(normalize(path))
        expect(path).toMatch(/^\/r\/\.git\/./)
      }
      if (expression !== null) expect(expression).toMatch(/^[0-9a-f]{7,64}(?:[~^][0-9]*)*$/)
    }),
    { numRuns: 2000 },
  )
})

test('names that name each other in a circle stand for nothing', async () => {
  expect(await found('HEAD', 'ref: refs/heads/main\n')).toBe(null)
  expect(await found('HEAD', `${'a'.repeat(40)}\n`)).toBe('a'.repeat(40))
  expect(await found('FETCH_HEAD', `${'a'.repeat(40)}\tnot-for-merge\tbranch 'x'\n`)).toBe('a'.repeat(40))
})
