// What is refused before a tree is made of it: composing one calls itself for each level, and takes its time for each word.

import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Composer } from 'yaml'
import { composeDocument } from '../../src/config/compose.js'
import { sourceText } from '../../src/config/source-text.js'
import { mostLexemes, tokensWithinBounds } from '../../src/model/yaml-bounds.js'
import { composeDocument as composeOfTemplate } from '../../src/template/compose.js'
import { project } from './project.js'

const composing = vi.spyOn(Composer.prototype, 'compose')

beforeEach(() => {
  composing.mockClear()
})
afterAll(() => {
  composing.mockRestore()
})

const mebibyte = 1024 * 1024

function stairs(line: string, depth: number): string {
  return Array.from({ length: depth }, (_, index) => ' '.repeat(index) + line).join('')
}

describe.each([
  ['lists', '['.repeat(mebibyte)],
  ['lists that end', '['.repeat(mebibyte / 2) + ']'.repeat(mebibyte / 2)],
  ['mappings', '{a: '.repeat(mebibyte / 4)],
  ['lists below each other', '- '.repeat(mebibyte / 2)],
  ['keys that are keys', '? '.repeat(mebibyte / 2)],
  ['levels by their indentation', stairs('a:\n', 1_400)],
  ['both in turn', 'a:\n' + '- - '.repeat(mebibyte / 4)],
])('too deep: %s', (_, text) => {
  test('is told at its place, and no tree is made', () => {
    expect(composeDocument(sourceText('/f', text))).toMatchObject({ problems: [{ code: 'config/too-deep' }] })
    expect(composeOfTemplate(text).mistakes).toMatchObject([
      { detail: expect.stringContaining('too deeply') as string },
    ])
    expect(composing).not.toHaveBeenCalled()
  })
})

describe.each([
  ['entries', '- a\n'.repeat(mebibyte / 4)],
  ['commas', `[${','.repeat(mebibyte)}`],
  ['ends of lists', ']'.repeat(mebibyte)],
  ['anchors', '&a '.repeat(mebibyte / 3)],
  ['documents', '---\n'.repeat(mebibyte / 4)],
  ['comments', '#\n'.repeat(mebibyte / 2)],
])('too much: %s', (_, text) => {
  test('is told at its place, and no tree is made', () => {
    expect(composeDocument(sourceText('/f', text))).toMatchObject({ problems: [{ code: 'config/too-large' }] })
    expect(composeOfTemplate(text).mistakes).toMatchObject([{ detail: expect.stringContaining('more than') as string }])
    expect(composing).not.toHaveBeenCalled()
  })
})

test('one word of a mebibyte is not too much', () => {
  expect(composeDocument(sourceText('/f', `setup: |\n  ${'[ '.repeat(mebibyte / 2)}\n`))).toHaveProperty('contents')
  expect(composing).toHaveBeenCalledOnce()
})

test('no lexeme is asked for beyond the bound', () => {
  let given = 0
  function* endless(): Generator<string> {
    for (;;) {
      given += 1
      yield ' '
    }
  }
  const parser = { stack: [], offset: 7, next: () => [], end: () => [] }
  expect(tokensWithinBounds(parser, endless()).excess).toEqual({ is: 'long', offset: 7 })
  expect(given).toBe(mostLexemes + 1)
})

test('the files that one extends are counted together', async () => {
  // Each within the bound; what comes after two of them is beyond it.
  const entries = Math.ceil(mostLexemes / 10)
  const base = `env:\n${Array.from({ length: entries }, (_, at) => `  A${String(at)}: b\n`).join('')}`
  const names = Array.from({ length: 20 }, (_, at) => `base${String(at)}.yaml`)
  const folder = await project({
    'work/sandbox.yaml': `agent: shell\nextends: [${names.join(', ')}]\n`,
    ...Object.fromEntries(names.map((name) => [`work/${name}`, base])),
  })
  composing.mockClear()
  expect((await folder.problems()).map(({ code }) => code)).toEqual(['config/too-many-files'])
  expect(composing.mock.calls.length).toBeLessThan(5)
})
