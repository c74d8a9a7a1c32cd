import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TerminalRows } from '../../src/ui/terminal-rows.js'
import { TerminalText } from '../../src/ui/terminal-text.js'

const utf8 = new TextEncoder()

function textOf(written: string): string[] {
  const text = new TerminalText()
  text.write(utf8.encode(written))
  return text.lines()
}

function toldOf(...pieces: readonly string[]): string[] {
  const told: string[] = []
  const text = new TerminalText((line) => told.push(line))
  for (const piece of pieces) text.write(utf8.encode(piece))
  text.end()
  return told
}

test('a line without an end goes on in the next', () => {
  const told = toldOf('x'.repeat(25_000), '\x1b[Gend')
  expect(told.map((line) => line.length)).toEqual([10_000, 10_000, 5_000])
  expect(told.at(-1)?.startsWith('endx')).toBe(true)
})

test('of what is written for ever the last part is kept', () => {
  const most = [
    { lines: 100, characters: 1_000_000 },
    { lines: 1_000_000, characters: 1_000 },
  ]
  for (const each of most) {
    const rows = new TerminalRows({ cells: 1_000_000 }, () => undefined, each)
    for (let at = 0; at < 10_000; at++) {
      for (const character of 'ten letters') rows.put(character, 1)
      rows.control('\n')
    }
    rows.put('z', 1)
    const lines = rows.lines()
    expect(lines.at(-1)).toBe('z')
    // What may still be written over, and at most twice what is kept.
    expect(lines.length).toBeLessThan(2_500)
    expect(lines.length).toBeGreaterThan(1_000)
  }
})

describe('what is read on a terminal', () => {
  test.each<readonly [string, string, readonly string[]]>([
    ['plain lines', 'one\r\ntwo\n\nfour', ['one', 'two', '', 'four']],
    ['colours', '\x1b[1;31mred\x1b[0m \x1b[38;5;208mx\x1b[m', ['red x']],
    ['a title, and a link', '\x1b]0;evil\x07a\x1b]8;;http://x\x1b\\b\x1b]8;;\x1b\\', ['ab']],
    ['strings of the other kinds', 'a\x1bPq#0\x1b\\b\x1bXs\x1b\\c\x1b^p\x1b\\d\x1b_a\x1b\\e', ['abcde']],
    ['the same as single characters', 'a\u009b31mb\u009d0;t\u009cc\u0090x\u009cd', ['abcd']],
    ['a string without an end', 'a\n\x1b]52;c;aGk=\nnever', ['a']],
    ['a string that another sequence ends', 'a\x1b]0;t\x1b[1mb', ['ab']],
    ['character sets and other short escapes', '\x1b(0a\x1b)Bb\x1b=c\x1b>d', ['abcd']],
    ['a sequence that is given up', 'a\x1b[12\x18b', ['ab']],
    ['bells, nulls and deletes', 'a\x07\0\x7f\x0eb', ['ab']],
    ['a line that is written over', 'wait 10%\rwait 99%\rdone\x1b[K\n', ['done']],
    ['backspaces', 'abc\b\b\bxy', ['xyc']],
    ['tabs', 'a\tb\n\tc', ['a       b', '        c']],
    ['a progress of several lines', 'a 1\nb 1\n\x1b[2Aa 2\nb 2\nend', ['a 2', 'b 2', 'end']],
    ['a screen that is cleared', 'before\n\x1b[H\x1b[2Jafter\n\x1b[1;1Hx', ['before', 'xfter']],
    ['erased to the end of the screen', 'a\nb\nc\x1b[2;1H\x1b[J', ['a']],
    ['parts of a line', 'abcdef\x1b[3G\x1b[2P\x1b[@X\x1b[2X', ['abX']],
    ['inserted and deleted lines', 'a\nb\nc\x1b[1;1H\x1b[Lx\x1b[3;1H\x1b[M', ['x', 'a', 'c']],
    ['a character again', 'a-\x1b[4b', ['a-----']],
    ['saved and restored', 'a\x1b7bc\x1b8X', ['aXc']],
    ['wide characters keep their columns', '日本x\x1b[5GY', ['日本Y']],
    ['marks stay with their letters', 'e\u0301a', ['e\u0301a']],
    ['what turns the direction is left out', 'a\u202eb\u2066c\u200bd', ['abcd']],
    ['a separator of lines is written out', 'a\u2028b', ['a\\u2028b']],
  ])('%s', (_, written, lines) => {
    expect(textOf(written)).toEqual(lines)
  })

  test('of a program with a screen of its own, what stood on it last', () => {
    const written = '$ top\r\n\x1b[?1049h\x1b[H\x1b[2Jload 1\x1b[2;1Hrow\x1b[1;6H9\x1b[?1049l$ exit\r\n'
    expect(textOf(written)).toEqual(['$ top', 'load 9', 'row', '$ exit'])
    expect(textOf(written.slice(0, written.indexOf('\x1b[?1049l')))).toEqual(['$ top', '', 'load 9', 'row'])
  })

  test('of bytes that are no UTF-8', () => {
    const text = new TerminalText()
    text.write(Uint8Array.of(0x61, 0xff, 0x9b, 0x62))
    expect(text.lines()).toEqual(['a\ufffd\ufffdb'])
  })
})

test('a screen that a program had for itself can have any number of lines', () => {
  const lines = textOf(`before\n\x1b[?1049h${'x\n'.repeat(300_000)}\x1b[?1049lafter`)
  expect([lines.at(0), lines.at(-2), lines.at(-1)]).toEqual(['before', 'x', 'after'])
  expect(lines.length).toBeGreaterThan(150_000)
})

describe('while it is written', () => {
  test('each line is told when it ends, whatever pieces it comes in', () => {
    expect(toldOf('on', 'e\r', '\n\x1b[3', '1mtwo\x1b[0m\n', '\n', 'rest')).toEqual(['one', 'two', '', 'rest'])
  })

  test('a line that is written over is told once, and one above again', () => {
    expect(toldOf('1%\r2%\r3%\n')).toEqual(['3%'])
    expect(toldOf('a\nb\n\x1b[2AA\n\nend')).toEqual(['a', 'b', 'A', 'end'])
  })

  test('a screen that is drawn again without a change is told once', () => {
    const frame = '\x1b[Hone\x1b[2;1Htwo'
    expect(toldOf('\x1b[?1049h', frame, frame, frame, '\x1b[?1049l')).toEqual(['one', 'two'])
  })
})

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      ...['\x1b', '\x1b[', '\x1b]', '\x1bP', '\x1b\\', '\u009b', '\u009d', '\u009c', '\x07', '\x18', ';', '?1049h'],
      ...['?1049l', '2J', 'J', 'K', '1K', 'H', '5;7H', 'A', '9B', '3C', 'M', '2L', 'P', '@', 'X', '9b', 'm', 'c', '7'],
      ...['8', 'D', '\n', '\r', '\t', '\b', 'word', '日', '\u0301', '\u202e', '\u2028', '99999999999'],
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  ),
  { maxLength: 60 },
)

const acts = /[\x00-\x1f\x7f-\x9f]|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

test('nothing that a terminal would act on is left, whatever was written and however it was cut', () => {
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(200), { maxLength: 4 }), (written, cuts) => {
      const bytes = utf8.encode(written.join(''))
      const whole = new TerminalText()
      whole.write(bytes)
      const told: string[] = []
      const cut = new TerminalText((line) => told.push(line))
      const places = [...cuts.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
      places.reduce((from, to) => (cut.write(bytes.subarray(from, to)), to), 0)
      cut.end()
      expect(cut.lines()).toEqual(whole.lines())
      for (const line of [...whole.lines(), ...told]) expect(line).not.toMatch(acts)
    }),
    { numRuns: 500 },
  )
})

describe('the numbers of whoever wrote it do not make it larger or slower than its length', () => {
  const bytes = 64 * 1024
  test.each([
    ['moves to the right', '\x1b[999999999Cx\n'],
    ['moves down', '\x1b[999999999Bx'],
    ['lines that are inserted', 'x\x1b[H\x1b[99999L'],
    ['lines that are deleted', '\n\x1b[H\x1b[99999M'],
    ['characters that are inserted', 'x\x1b[G\x1b[99999@'],
    ['characters that are deleted', 'xxxxxxxx\x1b[G\x1b[P'],
    ['repetitions', '\x1b[99999b'],
    ['erasures', 'x\x1b[1K'],
    ['clearings', 'x\n\x1b[2J'],
    ['a cursor that comes and goes', 'x\x1b[A\x1b[B'],
    ['screens', '\x1b[?1049hx\x1b[?1049l'],
    ['restored places', '\x1b[500;500Hx\x1b7\x1b[2J\x1b8'],
    ['parameters', `\x1b[${'1;'.repeat(500)}m`],
    ['marks', 'e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301'],
    ['long lines', 'x'.repeat(1000) + '\x1b[A\x1b[B'],
  ])('%s', (_, part) => {
    let told = 0
    const text = new TerminalText((line) => (told += line.length))
    text.write(utf8.encode(part.repeat(bytes / part.length)))
    const length = text.lines().reduce((sum, line) => sum + line.length, 0)
    expect(length).toBeLessThan(20 * bytes)
    expect(told).toBeLessThan(20 * bytes)
  })
})
