// What comes from files of others does nothing in Markdown.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffMarkdown } from '../../src/ui/diff-markdown.js'
import { diffText } from '../../src/ui/diff-text.js'
import { markdownCode, markdownRow } from '../../src/ui/markdown.js'
import { plainStyle } from '../../src/ui/style.js'
import type { VersionDiff, WrittenGrant } from '../../src/model/version-diff.js'

const context = { style: plainStyle, workingFolder: '/work', home: '/home/me' }
const marks = '|`<>&@#*_~[](){}!:/\\.-+=\n\u001b\u202e\u0301'
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: fc.constantFrom(...marks, 'a', '1', ' '), maxLength: 400 }),
)

/** As a browser reads it. */
function read(code: string): string {
  return code
    .slice('<code>'.length, -'</code>'.length)
    .replaceAll(/&#(\d+);/g, (_, point: string) => String.fromCodePoint(Number(point)))
}

test('any text must be letters, digits, spaces and references in one element', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const code = markdownCode(text)
      expect(code).toMatch(/^<code>(?:[\p{L}\p{N} ]|&#\d+;)+<\/code>$/u)
      expect(read(code)).not.toMatch(/[\p{Cc}\p{Cf}\p{M}]/u)
    }),
  )
})

test('what nobody meant badly must be read as it was written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 200 }), (text) => {
      expect(read(markdownCode(text))).toBe(text)
    }),
  )
})

test('a row must have as many cells as it is given, whatever is in them', () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 5 }), (cells) => {
      expect(markdownRow(cells.map(markdownCode)).split('|')).toHaveLength(cells.length + 2)
    }),
  )
})

const arbitraryGrant: fc.Arbitrary<WrittenGrant> = fc.record(
  {
    key: anyText,
    value: anyText,
    summary: anyText,
    profile: fc.option(anyText),
    before: anyText,
    why: anyText,
    origin: fc.record({
      kind: fc.constant('file' as const),
      at: fc.record({ file: anyText, line: fc.nat(), column: fc.nat() }),
    }),
  },
  { requiredKeys: ['key', 'value', 'summary', 'profile'] },
)

const arbitraryDiff: fc.Arbitrary<VersionDiff> = fc.record({
  from: fc.record({ rev: anyText, commit: anyText }),
  to: fc.record({ file: anyText }),
  changes: fc.array(
    fc.record(
      {
        path: fc
          .array(
            anyText.map((text) => text.replaceAll('~', '~0').replaceAll('/', '~1')),
            { minLength: 1, maxLength: 4 },
          )
          .map((parts) => `/${parts.join('/')}`),
        op: fc.constantFrom('add', 'change', 'remove'),
        before: fc.oneof(anyText, fc.boolean(), fc.integer(), fc.array(anyText), fc.dictionary(anyText, anyText)),
        after: fc.oneof(anyText, fc.boolean(), fc.integer(), fc.array(anyText), fc.dictionary(anyText, anyText)),
      },
      { requiredKeys: ['path', 'op'] },
    ),
    { maxLength: 5 },
  ),
  grants: fc.record({
    added: fc.array(arbitraryGrant, { maxLength: 4 }),
    removed: fc.array(arbitraryGrant, { maxLength: 4 }),
    changed: fc.array(arbitraryGrant, { maxLength: 4 }),
  }),
  unread: fc.array(
    fc.record({ reference: anyText, commit: fc.option(anyText), op: fc.constantFrom('add', 'remove', 'same') }),
    { maxLength: 3 },
  ),
  widens: fc.boolean(),
})

test('a whole difference must show nothing raw and stay a comment that fits', () => {
  fc.assert(
    fc.property(arbitraryDiff, (diff) => {
      const markdown = diffMarkdown(diff, context)
      const own = markdown.join('\n').replaceAll(/<code>(?:[\p{L}\p{N} ]|&#\d+;)+<\/code>/gu, 'X')
      // What is left is ours: it has none of their characters.
      expect(own).toMatch(/^[\x20-\x7e\n]*$/)
      expect(own.replace('<!-- sbx diff -->', '')).not.toMatch(/[<>@[\]&]/)
      for (const line of diffText(diff, context)) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }),
    { numRuns: 200 },
  )
})

test('what does not fit must be counted, and be the least of it', () => {
  const grant = (key: string): WrittenGrant => ({ key, value: key, summary: '*'.repeat(250), profile: null })
  const added = [...Array.from({ length: 500 }, (_, index) => grant(`port:${index}/tcp`)), grant('socket')]
  const markdown = diffMarkdown(
    {
      from: { rev: 'main', commit: 'c'.repeat(40) },
      to: { file: '/repo/sandbox.yaml' },
      changes: [{ path: '/name', op: 'add', after: 'x' }],
      grants: { added, removed: [], changed: [] },
      unread: [],
      widens: true,
    },
    context,
  )
  const text = markdown.join('\n')
  expect(text.length).toBeLessThan(65_536)
  const rows = markdown.filter((line) => line.startsWith('| added'))
  expect(rows[0]).toContain('<code>socket</code>')
  expect(text).toContain(`**${501 - rows.length} more do not fit here:**`)
  expect(text).toContain('**1 change.**\n\n\n**1 more do not fit here:**')
})
