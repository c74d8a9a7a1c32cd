// Of what an image has in the home, nothing takes the place of what somebody made.

import { describe, expect, test } from 'vitest'
import { chooseEntries, mayBeCutShort, topsOf, type FoundEntry } from '../../../src/engine/volume/home-choice.js'
import { hiddenEntries, type HomeEntry } from '../../../src/model/home.js'

function text(path: string, digest: string, mode = 0o644): HomeEntry {
  return { path, kind: 'file', mode, size: digest.length, digest }
}

const folder = (path: string): HomeEntry => ({ path, kind: 'folder', mode: 0o700 })
const link = (path: string, target: string): HomeEntry => ({ path, kind: 'link', target })

function choiceOf(from: readonly HomeEntry[], to: readonly HomeEntry[], there: readonly HomeEntry[]) {
  const found = new Map(there.map((entry): [string, FoundEntry] => [entry.path, { ...entry, owner: 1000 }]))
  const { brought, folders, left } = chooseEntries(hiddenEntries(from, to), from, to, found)
  return { brought: brought.map(({ path }) => path), folders: folders.map(({ path }) => path), left }
}

describe('a file comes where', () => {
  test.each<[string, HomeEntry[], HomeEntry[], HomeEntry[], number]>([
    ['it is as the earlier image had it', [text('a', '1')], [text('a', '2')], [text('a', '1')], 1],
    ['there is none and was none', [], [text('a', '2')], [], 1],
    [
      'its owner changed and so its set-uid bit went',
      [text('a', '1', 0o4755)],
      [text('a', '2')],
      [text('a', '1', 0o755)],
      1,
    ],
    ['a link is as the earlier image had it', [link('a', 'x')], [link('a', 'y')], [link('a', 'x')], 1],
    [
      'a link is in place of what was a file, and the file is as it was',
      [text('a', '1')],
      [link('a', 'y')],
      [text('a', '1')],
      1,
    ],
    ['it is not yet what it shall be', [], [text('a', '2')], [text('a', '2')], 0],
  ])('%s', (_, from, to, there, count) => {
    expect(choiceOf(from, to, there)).toEqual({ brought: count === 1 ? ['a'] : [], folders: [], left: 0 })
  })
})

describe('what is there stays where', () => {
  test.each<[string, HomeEntry[], HomeEntry[], HomeEntry[]]>([
    ['somebody changed it', [text('a', '1')], [text('a', '2')], [text('a', '3')]],
    ['somebody changed its mode', [text('a', '1')], [text('a', '2')], [text('a', '1', 0o600)]],
    ['somebody deleted it', [text('a', '1')], [text('a', '2')], []],
    ['somebody made it', [], [text('a', '2')], [text('a', '3')]],
    ['somebody put a link there', [text('a', '1')], [text('a', '2')], [link('a', '/src/web/file')]],
    ['somebody put a folder there', [text('a', '1')], [text('a', '2')], [folder('a')]],
    ['a file is where its folder would be', [], [folder('f'), text('f/a', '2')], [text('f', '1')]],
    ['a link is where its folder would be', [], [folder('f'), text('f/a', '2')], [link('f', '/src/web')]],
    [
      'somebody deleted its folder',
      [folder('f'), text('f/b', '1')],
      [folder('f'), text('f/a', '2'), text('f/b', '1')],
      [],
    ],
    ['a folder would take the place of a file', [text('a', '1')], [folder('a'), text('a/b', '2')], [text('a', '1')]],
  ])('%s', (_, from, to, there) => {
    expect(choiceOf(from, to, there)).toEqual({ brought: [], folders: [], left: 1 })
  })
})

test('folders come along as they are needed, outermost first, and those that are there do not', () => {
  const to = [folder('f'), folder('f/g'), folder('f/g/h'), text('f/g/h/a', '1'), folder('g'), text('g/a', '1')]
  expect(choiceOf([], to, [folder('f')])).toEqual({
    ...{ brought: ['f/g/h/a', 'g/a'], folders: ['f/g', 'f/g/h', 'g'], left: 0 },
  })
})

test('half a file that an earlier call left is written anew, and one that somebody made is not', () => {
  const whole: HomeEntry = { path: 'a', kind: 'file', mode: 0o644, size: 10, digest: 'whole' }
  const half: FoundEntry = { ...whole, owner: 0, size: 4, digest: 'half' }
  expect(mayBeCutShort(whole, half, 1000)).toBe(true)
  expect(mayBeCutShort(whole, { ...half, size: 0 }, 1000)).toBe(true)
  expect(mayBeCutShort(whole, half, 0)).toBe(true)
  expect(mayBeCutShort(whole, { ...half, size: 0 }, 0)).toBe(false)
  expect(mayBeCutShort(whole, { ...half, owner: 1000 }, 1000)).toBe(false)
  expect(mayBeCutShort(whole, { ...half, size: 10 }, 1000)).toBe(false)
  const found = new Map([['a', half]])
  expect(chooseEntries([whole], [], [whole], found, new Set(['a'])).brought).toEqual([whole])
  expect(chooseEntries([whole], [], [whole], found)).toMatchObject({ brought: [], left: 1 })
})

test('as little as can be is asked for, and never a place twice', () => {
  expect(topsOf(['.rc', '.config/tool/a', '.config/tool/b/c', '.config/x', 'a/b/c/d'])).toEqual([
    '.config',
    '.rc',
    'a/b/c',
  ])
  expect(topsOf(['a/b/c', 'a/b/d'])).toEqual(['a/b'])
  // Many, each in a folder of its own.
  const scattered = Array.from({ length: 20_000 }, (_, index) => `a/b/c/d/e/f/${String(index)}/file`)
  const began = performance.now()
  expect(topsOf(scattered)).toEqual(['a/b/c/d/e/f'])
  expect(performance.now() - began).toBeLessThan(10_000)
  const many = Array.from({ length: 500 }, (_, index) => `deep/${String(index)}/file`)
  expect(topsOf(many)).toEqual(['deep'])
})
