import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { LoginFile } from '../../src/model/template.js'
import {
  isCopy,
  lastAfter,
  moveAfter,
  moveBefore,
  type LoginMove,
  type Standing,
} from '../../src/template/login-merge.js'

const file: LoginFile = { path: '/home/agent/.made-up/auth.json', kinds: { key: '/key', subscription: '/tokens' } }
const one = '{"key":"one"}'
const two = '{"key":"two"}'
const out = '{}'
const torn = '{"key":"o'

type Told = {
  readonly home?: string | null
  readonly shared?: string | null
  readonly last?: string
  /** Seconds since 1970. */
  readonly homeAt?: number
  readonly sharedAt?: number
  readonly folderAt?: number
}

function standing({ home = null, shared = null, last, homeAt = 5, sharedAt = 5, folderAt = 5 }: Told): Standing {
  return {
    home: home === null ? null : { text: home, modifiedAt: homeAt },
    shared: shared === null ? null : { text: shared, modifiedAt: sharedAt },
    last: last === undefined ? null : digest(last),
    sharedChangedAt: folderAt,
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

describe.each<readonly [string, Told, LoginMove, LoginMove]>([
  ['nothing anywhere', {}, 'none', 'none'],
  ['a login made in another sandbox', { shared: one }, 'to-home', 'none'],
  ['a login made in this one', { home: one }, 'to-shared', 'to-shared'],
  ['the same on both sides', { home: one, shared: one, last: one }, 'none', 'none'],
  ['renewed here', { home: two, shared: one, last: one }, 'to-shared', 'to-shared'],
  ['renewed elsewhere', { home: one, shared: two, last: one }, 'to-home', 'none'],
  ['renewed elsewhere, by an older clock', { home: one, shared: two, last: one, sharedAt: 1 }, 'to-home', 'none'],
  ['renewed on both, here later', { home: two, shared: one, last: '', homeAt: 6 }, 'to-shared', 'to-shared'],
  ['renewed on both, elsewhere later', { home: two, shared: one, last: '', sharedAt: 6 }, 'to-home', 'none'],
  ['never the same, here newer', { home: two, shared: one, homeAt: 6 }, 'to-shared', 'to-shared'],
  ['never the same, there newer', { home: two, shared: one, sharedAt: 6 }, 'to-home', 'none'],
  ['logged out here by removing the file', { shared: one, last: one }, 'log-out', 'log-out'],
  ['logged out here by emptying it', { home: out, shared: one, last: one }, 'log-out', 'log-out'],
  ['logged out here, renewed elsewhere', { shared: two, last: one }, 'to-home', 'none'],
  ['logged out by sbx logout', { home: one, last: one }, 'remove-home', 'none'],
  ['renewed unseen before sbx logout', { home: two, last: one, folderAt: 6 }, 'remove-home', 'none'],
  ['made anew after sbx logout', { home: two, last: one, homeAt: 6 }, 'to-shared', 'to-shared'],
  ['logged out in another sandbox', { home: one, shared: '', last: one }, 'remove-home', 'none'],
  ['logged out in another, renewed here', { home: two, shared: '', last: one, folderAt: 9 }, 'to-shared', 'to-shared'],
  ['half written here', { home: torn, shared: one, last: one }, 'to-home', 'none'],
  ['half written here, nothing there', { home: torn, last: one }, 'none', 'none'],
  ['half written there', { home: one, shared: torn, last: one }, 'to-shared', 'to-shared'],
  ['half written on both sides', { home: torn, shared: torn }, 'none', 'none'],
])('%s', (_, told, before, after) => {
  test(`before a session: ${before}`, () => {
    expect(moveBefore(file, standing(told))).toBe(before)
  })
  test(`after a session: ${after}`, () => {
    expect(moveAfter(file, standing(told))).toBe(after)
  })
})

test.each([null, one, two, out, '', torn])('once it is done there is nothing to do, from a home with %j', (home) => {
  for (const shared of [null, one, two, out, '', torn]) {
    for (const last of [undefined, one, two]) {
      const found = standing({ home, shared, ...(last === undefined ? {} : { last }) })
      const move = moveBefore(file, found)
      const done: Standing = {
        home: move === 'to-home' ? found.shared : move === 'remove-home' ? null : found.home,
        shared: move === 'to-shared' ? found.home : move === 'log-out' ? { text: '', modifiedAt: 5 } : found.shared,
        last: lastAfter(file, found, move),
        sharedChangedAt: 5,
      }
      expect([shared, last, moveBefore(file, done)]).toEqual([shared, last, 'none'])
    }
  }
})

test('what is no plain file is no login and is not taken for a logout', () => {
  const odd = { ...standing({ shared: one, last: one }), home: { text: null, modifiedAt: 5 } }
  expect(moveBefore(file, odd)).toBe('to-home')
  expect(moveAfter(file, odd)).toBe('none')
})

test('a copy is known by its text', () => {
  expect(isCopy(standing({ home: one, last: one }))).toBe(true)
  expect(isCopy(standing({ home: two, last: one }))).toBe(false)
  expect(isCopy(standing({ home: one }))).toBe(false)
  expect(isCopy(standing({}))).toBe(false)
})
