// Mutations of a text: pieces that mean something to YAML, JSON or sbx are put in, pieces are taken out, the end is cut off.

import fc from 'fast-check'

/** So that mutations reach past the first syntax error; and what must never arrive on a screen as it is. */
const bits = [
  ...['\n', '\n  ', ' ', ': ', '- ', '{', '}', '[', ']', ',', '"', "'", '*s', '&s ', '|', '>', '#', '!', '%', '? '],
  ...['---\n', '~', '${', '${env:', '${env:S}', ':', '/', '0', '-1', '1e999', '.inf', 'null', 'true', 'false', '\t'],
  ...['\u0000', '\u202e', '\u2028', '\u009b31m', '\u001b[2J', '\u001b]0;x\u0007', '\r', '\u007f', '🙂', '\ufeff'],
  ...['__proto__', 'constructor', 'toString', '<<: ', 'extends: ', 'profiles: ', 'env: ', 'mounts: ', '../', '*', '*.'],
  ...['network: ', 'allow: ', 'hide: ', 'isolation: ', 'sudo: ', 'deny: ', 'a'.repeat(300), '../'.repeat(40), 'é'],
]

export const bit: fc.Arbitrary<string> = fc.constantFrom(...bits)

export function mutations(seeds: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), drop: fc.nat(12), insert: fc.option(bit) })
  return fc
    .record({
      seed: fc.constantFrom(...seeds),
      edits: fc.array(edit, { maxLength: 6 }),
      keep: fc.double({ min: 0, max: 1, noNaN: true }),
      isCut: fc.nat(4).map((number) => number === 0),
    })
    .map(({ seed, edits, keep, isCut }) => {
      const text = edits.reduce((before, { at, drop, insert }) => {
        const start = Math.floor(at * before.length)
        return before.slice(0, start) + (insert ?? '') + before.slice(start + drop)
      }, seed)
      return isCut ? text.slice(0, Math.floor(keep * text.length)) : text
    })
}

const pieces = [
  ...[
    'a',
    'k%: v\n',
    '- v%\n',
    '- { a%: b }\n',
    'k%: &a% [*a%]\n',
    '[%,',
    'KEY%=value\n',
    '"a" ',
    '- - ',
    '? ',
    '...\n',
  ],
  ...[
    '"host:h%.example.org:443", ',
    '  K%: "${env:B%}"\n',
    '# %\n',
    '&a% ',
    '*a% ',
    '!t% ',
    '\n\n',
    '[]',
    '{}\n',
    "'x' ",
  ],
]

/** One thing over and over, `%` in it being numbers that rise; the end of all levels that a file can have, and beyond. */
export function grown(heads: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.array(fc.oneof(fc.constantFrom(...pieces), bit), { minLength: 1, maxLength: 3 })
  const flat = fc.tuple(piece, fc.constantFrom(3_000, 40_000, 1_000_000)).map(([parts, size]) => {
    const one = parts.join('')
    return Array.from({ length: Math.ceil(size / one.length) }, (_, index) => one.replaceAll('%', String(index))).join(
      '',
    )
  })
  const steps = fc
    .tuple(fc.constantFrom('a:\n', '- \n', '? \n', 'a: &a\n'), fc.constantFrom(30, 90, 1_200))
    .map(([line, depth]) => Array.from({ length: depth }, (_, index) => ' '.repeat(index) + line).join(''))
  return fc
    .tuple(fc.constantFrom(...heads, ''), fc.oneof({ weight: 6, arbitrary: flat }, { weight: 1, arbitrary: steps }))
    .map(([head, rest]) => head + rest)
}
