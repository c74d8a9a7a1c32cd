import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../src/model/diagnostic.js'
import type { Moved } from '../../src/model/saved-plan.js'
import { diagnosticText } from '../../src/ui/diagnostic-text.js'
import { movedTable } from '../../src/ui/moved-text.js'
import { plainStyle } from '../../src/ui/style.js'

const now = new Date(2026, 10, 21, 20, 0)
const at = (hours: number, minutes: number, day = 21): number =>
  new Date(2026, 10, day, hours, minutes).getTime() / 1000
const context = { home: '/home/me', now, configDigest: '9f3c1a2'.padEnd(64, '0') }

function textOf(moved: readonly Moved[]): string {
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'plan/stale',
    summary: 'The saved plan is stale',
    detail: 'What p.json was made of has moved; nothing was done.',
    table: movedTable(moved, context),
    command: 'sbx plan -o p.json',
  }
  return diagnosticText([diagnostic], { style: plainStyle, workingFolder: '/w', home: '/home/me' }).join('\n')
}

describe('what has moved is told', () => {
  test('of a container that another apply made anew, beside a config that did not move', () => {
    const ids = ['3f9a1c2b77de', '81d0c55e9a10'].map((id) => id.padEnd(64, '0'))
    expect(textOf([{ what: 'container', before: ids[0] ?? '', after: ids[1] ?? '', at: at(19, 31) }])).toBe(
      [
        'error: The saved plan is stale [plan/stale]',
        '  What p.json was made of has moved; nothing was done.',
        '  container  3f9a1c2b77de  ->  81d0c55e9a10  recreated 19:31 by another apply',
        '  config     9f3c1a2       ->  9f3c1a2       same',
        '',
        '    sbx plan -o p.json',
      ].join('\n'),
    )
  })

  test.each<readonly [Moved, readonly string[]]>([
    [
      { what: 'config', before: 'a'.repeat(64), after: 'b'.repeat(64), settings: ['/env/A', '/mounts/~1data'] },
      ['config', 'aaaaaaa', '->', 'bbbbbbb', 'changed: env.A, mounts["/data"]'],
    ],
    [
      { what: 'config', before: 'a', after: 'b', settings: ['/a', '/b', '/c', '/d', '/e'] },
      ['config', 'a', '->', 'b', 'changed: a, b, c and 2 others'],
    ],
    [
      { what: 'config', before: 'a', after: 'b', settings: ['/inode'] },
      ['config', 'a', '->', 'b', 'the workspace folder was made anew'],
    ],
    [
      { what: 'config', before: 'a', after: 'b', settings: ['/env/A', '/inode'] },
      ['config', 'a', '->', 'b', 'changed: env.A; the workspace folder was made anew'],
    ],
    [
      { what: 'container', name: 'f'.repeat(64), fact: '/observed/resources/memory', before: 2 ** 28, after: 2 ** 27 },
      ['resources.memory', '256m', '->', '128m', 'changed, in ffffffffffff'],
    ],
    [
      { what: 'container', name: 'f'.repeat(64), fact: '/observed/resources/memory', before: 2 ** 28 },
      ['resources.memory', '256m', '->', '(none)', 'changed, in ffffffffffff'],
    ],
    [
      { what: 'container', name: 'f'.repeat(64), fact: '/fixed/observed/restartPolicy', before: 'no', after: 'always' },
      ['restartPolicy', 'no', '->', 'always', 'changed, in ffffffffffff'],
    ],
    [{ what: 'container', before: 'f'.repeat(64) }, ['container', 'ffffffffffff', '->', '(none)', 'removed']],
    [
      { what: 'container', after: 'f'.repeat(64), at: at(9, 5, 20) },
      ['container', '(none)', '->', 'ffffffffffff', 'made 2026-11-20 09:05 by another apply'],
    ],
    [
      { what: 'image', name: 'acme/py:1', before: `sha256:${'1'.repeat(64)}`, after: `sha256:${'2'.repeat(64)}` },
      ['image acme/py:1', '111111111111', '->', '222222222222', 'the tag was moved'],
    ],
    [
      { what: 'image', name: 'acme/py:1', before: null, after: `sha256:${'2'.repeat(64)}` },
      ['image acme/py:1', '(not there)', '->', '222222222222', 'came to the engine'],
    ],
    [{ what: 'home', before: true, after: false }, ['home', 'there', '->', 'gone', '']],
    [{ what: 'engine', before: 'AB:CD', after: 'EF:GH' }, ['engine', 'AB:CD', '->', 'EF:GH', 'another engine']],
    [{ what: 'files', before: 1, after: 3 }, ['files', '1 path', '->', '3 paths', 'more would be lost']],
    [
      { what: 'step', before: 3, after: 4, name: 'pull-image' },
      ['steps', '3', '->', '4', 'others, from pull-image on'],
    ],
  ])('%j', (moved, row) => {
    expect(movedTable([moved], context)[0]).toEqual(row)
  })

  test('with its prose whole in 80 columns, below itself where it does not fit', () => {
    const ids = ['3f9a1c2b77de', '81d0c55e9a10'].map((id) => id.padEnd(64, '0'))
    const text = textOf([
      { what: 'container', before: ids[0] ?? '', after: ids[1] ?? '', at: at(9, 5, 20) },
      { what: 'record', before: 'sbx-web-3f2a1c-record-0011aabb', after: 'sbx-web-3f2a1c-record-2233ccdd' },
    ])
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(text.replaceAll(/\s+/g, ' ')).toContain('something else was applied')
    expect(text.replaceAll(/\s+/g, ' ')).toMatch(/recreated 2026-11-20 .*09:05 by another apply/)
  })

  test('with the names of settings whole, whatever is cut beside them', () => {
    const text = textOf([
      { what: 'container', name: 'f'.repeat(64), fact: '/observed/resources/memory', after: 2 ** 28 },
      { what: 'record', before: 'sbx_e2e-web-3f2a1c-record-0011aabb', after: 'sbx_e2e-web-3f2a1c-record-2233ccdd' },
    ])
    expect(text).toContain('  resources.memory  ')
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('with names from outside escaped', () => {
    expect(textOf([{ what: 'image', name: '\u001b[2Jx', before: '\u001b]0;', after: null }])).not.toContain('\u001b')
  })
})
