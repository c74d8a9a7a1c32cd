import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { cutText, escapeControls, padEnd, textWidth, wrapParagraphs, wrapText } from '../../src/ui/characters.js'

const anyText = fc.string({ unit: 'grapheme' })

describe('escaping', () => {
  test.each([
    ['a\u001b[31mb', 'a\\e[31mb'],
    ['two\nlines\r\t', 'two\\nlines\\r\\t'],
    ['\u0000\u007f\u009b', '\\x00\\x7f\\x9b'],
    ['abc\u202edcba', 'abc\\u202edcba'],
    ['\u{e0041}', '\\u{e0041}'],
    ['C:\\path', 'C:\\path'],
    ['naïve 日本語 🎉', 'naïve 日本語 🎉'],
  ])('%j', (text, escaped) => {
    expect(escapeControls(text)).toBe(escaped)
    expect(escapeControls(escaped)).toBe(escaped)
  })
})

describe('width and cutting', () => {
  test.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['🎉', 2],
    ['', 0],
  ])('%j is %i columns wide', (text, width) => {
    expect(textWidth(text)).toBe(width)
  })

  test('keeps both ends', () => {
    expect(cutText('/home/me/src/a/very/long/path/sandbox.yaml', 20)).toBe('/home/me/...box.yaml')
    expect(cutText('/home/me/src/a/very/long/path/sandbox.yaml', 20, true)).toBe('/home/me/s…dbox.yaml')
    expect(cutText('short', 5)).toBe('short')
  })

  test('never exceeds the columns', () => {
    fc.assert(
      fc.property(anyText, fc.nat(30), fc.boolean(), (text, columns, hasUnicode) => {
        expect(textWidth(cutText(escapeControls(text), columns, hasUnicode))).toBeLessThanOrEqual(columns)
      }),
    )
  })

  test('pads to the width that is seen', () => {
    expect(padEnd('日', 4)).toBe('日  ')
  })
})

describe('wrapping', () => {
  test('breaks at spaces and leaves long words whole', () => {
    expect(wrapText('one two three /a/very/long/path/indeed four', 10)).toEqual([
      'one two',
      'three',
      '/a/very/long/path/indeed',
      'four',
    ])
  })

  test('keeps a text’s own lines and their indents', () => {
    expect(wrapParagraphs('One two three.\n\n  - four five six', 11)).toEqual([
      'One two',
      'three.',
      '',
      '  - four',
      '  five six',
    ])
  })

  test('loses no word', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), fc.integer({ min: 1, max: 40 }), (words, columns) => {
        expect(wrapText(words.join(' '), columns).join(' ')).toBe(words.join(' '))
      }),
    )
  })
})

test('a text beyond any line is not segmented', () => {
  const segment = vi.spyOn(Intl.Segmenter.prototype, 'segment')
  try {
    expect(textWidth('é'.repeat(40_000))).toBe(40_000)
    expect(segment).not.toHaveBeenCalled()
    expect(textWidth('e\u0301'.repeat(40_000))).toBe(40_000)
    expect(cutText('é'.repeat(40_000), 9)).toBe('ééé...ééé')
    expect(textWidth('🙂')).toBe(2)
    expect(segment).toHaveBeenCalled()
  } finally {
    segment.mockRestore()
  }
})
