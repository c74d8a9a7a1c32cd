import { describe, expect, test } from 'vitest'
import { paint, plainStyle, streamStyle } from '../../src/ui/style.js'

const terminal = { isTTY: true, columns: 132 }

describe('colour', () => {
  test.each([
    ['a terminal', terminal, {}, true, true],
    ['a pipe', {}, {}, true, false],
    ['NO_COLOR', terminal, { NO_COLOR: '1' }, true, false],
    ['an empty NO_COLOR', terminal, { NO_COLOR: '' }, true, true],
    ['FORCE_COLOR in a pipe', {}, { FORCE_COLOR: '1' }, true, true],
    ['FORCE_COLOR=0', terminal, { FORCE_COLOR: '0' }, true, false],
    ['NO_COLOR and FORCE_COLOR', terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['a dumb terminal', terminal, { TERM: 'dumb' }, true, false],
    ['--no-color against FORCE_COLOR', terminal, { FORCE_COLOR: '1' }, false, false],
  ])('%s', (_, stream, env, allowed, expected) => {
    expect(streamStyle(stream, env, allowed).hasColour).toBe(expected)
  })

  test('is written whatever standard output of this process is', () => {
    expect(paint({ ...plainStyle, hasColour: true }, 'added', 'x')).toBe('\u001b[32mx\u001b[39m')
    expect(paint(plainStyle, 'added', 'x')).toBe('x')
  })
})

test.each([
  [{ isTTY: true, columns: 132 }, {}, 132],
  [{}, {}, 80],
  [{}, { COLUMNS: '100' }, 100],
  [{ isTTY: true, columns: 0 }, { COLUMNS: 'wide' }, 80],
  [{ isTTY: true, columns: 12 }, {}, 40],
])('the width of %j with %j is %i', (stream, env, columns) => {
  expect(streamStyle(stream, env).columns).toBe(columns)
})

test('characters beyond ASCII are for terminals with a UTF-8 locale', () => {
  expect(streamStyle(terminal, { LANG: 'C.UTF-8' }).hasUnicode).toBe(true)
  expect(streamStyle(terminal, { LC_ALL: 'C', LANG: 'C.UTF-8' }).hasUnicode).toBe(false)
  expect(streamStyle({}, { LANG: 'C.UTF-8' }).hasUnicode).toBe(false)
})
