import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../src/model/diagnostic.js'
import { diagnosticText } from '../../src/ui/diagnostic-text.js'
import { plainStyle } from '../../src/ui/style.js'

const context = { style: plainStyle, workingFolder: '/home/me/src/web', home: '/home/me' }

const unknownKey: Diagnostic = {
  severity: 'error',
  code: 'config/unknown-key',
  summary: 'The key is not known',
  detail:
    'resources has no key "memroy". Did you mean "memory"? A file with a key that is not known is never applied, since nobody could say what it leaves out.',
  at: { file: '/home/me/src/web/sandbox.yaml', line: 14, column: 3, length: 6, sourceLine: '  memroy: 4g' },
}

const situations: Readonly<Record<string, readonly Diagnostic[]>> = {
  'diagnostic-one': [unknownKey],
  'diagnostic-several': [
    unknownKey,
    {
      severity: 'error',
      code: 'config/wrong-value',
      summary: 'The value is not allowed',
      detail: 'network is "opne". It can be one of these:\n  - open\n  - none',
      at: { file: '/home/me/.config/sbx/sandbox.yaml', line: 3, column: 10, length: 4, sourceLine: 'network: opne' },
    },
    {
      severity: 'warning',
      code: 'resolve/missing-variable',
      summary: 'a host variable is not set',
      detail: 'FOO is not set on this machine. The plan goes on without it; a session will not. Set it first:',
      command: 'export FOO=...',
    },
  ],
  'diagnostic-long-line': [
    {
      ...unknownKey,
      detail: 'The mark stays under what it marks.',
      at: {
        file: '/home/me/src/web/deep/down/sandbox.yaml',
        line: 112,
        column: 101,
        length: 5,
        sourceLine: `env: { ${'A: "0123456789", '.repeat(6)}WRONG: [1], ${'B: "0123456789", '.repeat(9000)} }`.replace(
          /^(.{100}).*?WRONG/,
          '$1WRONG',
        ),
      },
    },
  ],
  'diagnostic-controls': [
    {
      ...unknownKey,
      summary: 'The key is not known',
      detail: 'It has \u001b[2J and \u202e in it.',
      at: {
        file: '/home/me/src/web/sandbox.yaml',
        line: 2,
        column: 6,
        length: 3,
        sourceLine: 'a\u001b: \tb\u202ec',
      },
    },
  ],
}

describe('the text of diagnostics', () => {
  test.each(Object.entries(situations))('%s', async (name, diagnostics) => {
    const lines = diagnosticText(diagnostics, context)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/${name}.txt`)
  })

  test('wraps what is wrong, and keeps its code whole', () => {
    const long = { severity: 'error', code: 'worktree/beside-folder', summary: 'No work tree beside it' } as const
    const at = (columns: number): string[] => diagnosticText([long], { ...context, style: { ...plainStyle, columns } })
    expect(at(80)).toEqual(['error: No work tree beside it [worktree/beside-folder]'])
    expect(at(40)).toEqual(['error: No work tree beside it', '  [worktree/beside-folder]'])
    const summary = 'No work tree can be used beside a sandbox in the repository itself'
    expect(diagnosticText([{ ...long, summary }], context)).toEqual([`error: ${summary}`, '  [worktree/beside-folder]'])
  })

  test('marks what is meant, in whichever column it stands and however wide the screen is', () => {
    const sourceLine = `${'x'.repeat(500)}WRONG${'y'.repeat(500)}`
    for (const columns of [40, 80, 131]) {
      for (const start of [0, 1, 20, 70, 300, 495]) {
        const line = sourceLine.slice(500 - start)
        const at = { file: '/f', line: 7, column: start + 1, length: 5, sourceLine: line }
        const lines = diagnosticText([{ ...unknownKey, at }], { ...context, style: { ...plainStyle, columns } })
        const marked = lines.findIndex((each) => /^[ |]*\^+$/.test(each))
        const [quoted = '', marks = ''] = lines.slice(marked - 1, marked + 1)
        expect(quoted.length).toBeLessThanOrEqual(columns)
        expect(quoted.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1)).toBe('WRONG')
      }
    }
  })

  test('a mark at the end of the line, where something is missing', () => {
    const at = { file: '/f', line: 1, column: 7, sourceLine: 'agent:' }
    const [, , quoted, marks] = diagnosticText([{ ...unknownKey, at }], context)
    expect(quoted).toBe('    1 | agent:')
    expect(marks).toBe('      |       ^')
  })
})
