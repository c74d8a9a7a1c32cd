import { expect, test } from 'vitest'
import { hiddenFiles, type HomeEntry } from '../../src/model/home.js'

function text(path: string, digest: string, mode = 0o644): HomeEntry {
  return { path, kind: 'file', mode, size: digest.length, digest }
}

const folder = (path: string): HomeEntry => ({ path, kind: 'folder', mode: 0o755 })
const link = (path: string, target: string): HomeEntry => ({ path, kind: 'link', target })

test('what an image has and the earlier one has not, or otherwise, is hidden', () => {
  const from = [text('.gone', 'a'), text('.mode', 'a'), text('.same', 'a'), text('.text', 'a'), link('to', 'here')]
  const to = [
    ...[text('.mode', 'a', 0o600), text('.new', 'a'), text('.same', 'a'), text('.text', 'b')],
    ...[folder('empty'), folder('filled'), text('filled/file', 'a'), link('to', 'there')],
  ]
  expect(hiddenFiles(from, to)).toEqual({
    count: 6,
    first: [
      ...[
        { path: '.mode', change: 'changed' },
        { path: '.new', change: 'new' },
        { path: '.text', change: 'changed' },
      ],
      ...[
        { path: 'empty', change: 'new' },
        { path: 'filled/file', change: 'new' },
        { path: 'to', change: 'changed' },
      ],
    ],
  })
})

test('nothing is known where one of the two is not, or is too much', () => {
  expect(hiddenFiles(null, [])).toBeNull()
  expect(hiddenFiles([], undefined)).toBeNull()
  expect(hiddenFiles('too-much', [])).toBeNull()
  expect(hiddenFiles([], 'too-much')).toBeNull()
  expect(hiddenFiles([], [])).toEqual({ count: 0, first: [] })
})

test('of very many the first are named', () => {
  const to = Array.from({ length: 1000 }, (_, index) => text(String(index).padStart(4, '0'), 'a'))
  const hidden = hiddenFiles([], to)
  expect(hidden?.count).toBe(1000)
  expect(hidden?.first.length).toBe(20)
})
