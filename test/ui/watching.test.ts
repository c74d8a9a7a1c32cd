// What sandboxes use and what runs in them, for a person and for a program.

import { describe, expect, test } from 'vitest'
import type { Process, Usage, Watched } from '../../src/model/watching.js'
import { copiedJson, copiedText } from '../../src/ui/cp-text.js'
import { statsJson } from '../../src/ui/stats-json.js'
import { statsLine, statsScreen, statsText } from '../../src/ui/stats-text.js'
import { plainStyle } from '../../src/ui/style.js'
import { topJson } from '../../src/ui/top-json.js'
import { topText } from '../../src/ui/top-text.js'
import { textWidth } from '../../src/ui/characters.js'
import { expectValid } from '../e2e/support/documents.js'

const mebibyte = 1024 * 1024
const now = new Date(2026, 10, 22, 9, 5, 7)

const usage: Usage = {
  ...{ at: 1_800_000_000, cpu: 1.254, memory: 97 * mebibyte, memoryLimit: 128 * mebibyte },
  ...{ pids: 12, pidsLimit: 4096, received: 1_230_000, sent: 900 },
}
const web: Watched = { id: 'web-3f2a1c', name: 'web', state: 'running', usage, sessions: 2 }
const full: Watched = { ...web, name: 'full', usage: { ...usage, memory: 120 * mebibyte, pids: 3_900 } }
const stopped: Watched = { ...web, name: 'old', state: 'exited', usage: null, sessions: null }
const free: Watched = { ...web, name: 'free', usage: { ...usage, cpu: null, memoryLimit: null, pidsLimit: null } }

const hostile = '\u001b[2Jx\u202e\ny'
const control = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

describe('what sandboxes use', () => {
  test('is a line each, in the units of sandbox.yaml', () => {
    expect(statsText([web, stopped, free], plainStyle)).toEqual([
      'NAME   CPU      MEMORY       PIDS      IN        OUT  SESSIONS',
      'web   125%  97m / 128m  12 / 4096  1.2 MB  900 bytes         2',
      'old      -     stopped          -       -          -         -',
      'free     -         97m         12  1.2 MB  900 bytes         2',
    ])
    expect(statsText([], plainStyle)).toEqual(['No sandbox runs.'])
  })

  test('has a warning in words where a limit is near, and a mark that needs no colour', () => {
    const lines = statsText([web, full], plainStyle)
    expect(lines[2]).toContain('! 120m / 128m  ! 3900 / 4096')
    expect(lines.slice(3)).toEqual([
      '',
      '! full uses 93% of its memory. For more, raise resources.memory in sandbox.yaml.',
      '! full uses 95% of its processes. For more, raise resources.pids in sandbox.yaml.',
    ])
    const [just, below] = [0.9, 0.899].map((share) => ({
      ...usage,
      pids: Math.round(4096_000 * share),
      pidsLimit: 4096_000,
    }))
    expect(statsJson([just, below].map((each) => ({ ...web, usage: each ?? null })))['sandboxes']).toMatchObject([
      { near: ['pids'] },
      { near: [] },
    ])
    expect(statsLine(full, now)).toMatch(/^09:05:07 {2}full .* near its limit: memory, pids$/)
  })

  test.each([80, 140, 60, 50, 40, 30])('fits in %i columns, whatever the numbers, and cuts none of them', (columns) => {
    const much = { ...usage, cpu: 63.9, memory: 1_000 * 2 ** 30, memoryLimit: 1_023 * 2 ** 30 }
    const wide = { ...web, name: 'a-sandbox-with-a-long-name-that-somebody-gave-it', usage: { ...much, sent: 5e14 } }
    const style = { ...plainStyle, columns, isTerminal: true }
    const lines = statsScreen([web, wide, full], { style, rows: 40, now })
    const [, , head = '', ...rows] = lines.slice(0, 6)
    expect(Math.max(...[head, ...rows].map(textWidth))).toBeLessThanOrEqual(columns)
    for (const row of rows) expect(row).not.toMatch(/….*(?:\/|%|[kMGT]?B)/)
    expect(rows.map((row) => / (\d+m|1000g) \/ \S+/.test(row))).toEqual([true, true, true])
    expect(lines[0]).toMatch(/^sbx stats at 0(?:9:05:07; C|...)trl-C ends it$/)
  })

  test('does without traffic, sessions, processes and processors in that order where it is narrow', () => {
    const heads = (columns: number): string | undefined =>
      statsScreen([web], { style: { ...plainStyle, columns, isTerminal: true }, rows: 40, now })[2]?.replace(/ +/g, ' ')
    expect([62, 60, 40, 30, 20].map(heads)).toEqual([
      ...['NAME CPU MEMORY PIDS IN OUT SESSIONS', 'NAME CPU MEMORY PIDS SESSIONS'],
      ...['NAME CPU MEMORY PIDS', 'NAME CPU MEMORY', 'NAME MEMORY'],
    ])
  })

  test('fits in the height of a terminal', () => {
    const many = Array.from({ length: 50 }, (_, at) => ({ ...web, name: `web-${at}` }))
    for (const rows of [1, 2, 3, 5, 24]) {
      const lines = statsScreen(many, { style: { ...plainStyle, isTerminal: true }, rows, now })
      const narrow = statsScreen(many, { style: { ...plainStyle, columns: 20, isTerminal: true }, rows, now })
      expect(Math.max(...narrow.map(textWidth))).toBeLessThanOrEqual(20)
      expect(lines).toHaveLength(rows)
      expect(lines.at(-1)).toBe(`and ${51 - (rows < 3 ? rows - 1 : rows - 3)} more lines: make the terminal higher`)
    }
  })

  test('is as its schema says', () => {
    expectValid('stats', statsJson([web, full, stopped, free]))
    expect(statsJson([stopped])['sandboxes']).toMatchObject([{ status: 'stopped', at: null, cpu: null, near: [] }])
  })
})

const claude: Process = {
  ...{ pid: 4711, parent: 1, user: 'agent', cpu: 0.125, memory: 201 * mebibyte, seconds: 3_700 },
  command: 'claude --continue',
}

describe('what runs in a sandbox', () => {
  test('is a line each', () => {
    expect(topText([claude], plainStyle)).toEqual([
      ' PID  USER     CPU  MEMORY  FOR     COMMAND',
      '4711  agent  12.5%    201m  1 hour  claude --continue',
    ])
    expect(topText([], plainStyle)).toEqual(['Nothing runs but what keeps the sandbox up.'])
  })

  test('is cut at the edge of a terminal, and beyond many', () => {
    const many = Array.from({ length: 600 }, () => ({ ...claude, command: 'x'.repeat(900) }))
    const lines = topText(many, { ...plainStyle, isTerminal: true })
    expect(lines).toHaveLength(502)
    expect(lines.at(-1)).toBe('and 100 more: --json has all of them')
    expect(Math.max(...lines.map(textWidth))).toBe(80)
  })

  test('is as its schema says', () => {
    const keeper = { ...claude, command: 'tmux', keepsSession: true } as const
    expect(topText([keeper, claude, keeper], plainStyle).slice(1)).toEqual([
      ...topText([claude], plainStyle).slice(1),
      '2 processes that keep sessions: --json has them',
    ])
    expect(topText([{ ...claude, command: 'x'.repeat(500) }], plainStyle)[1]).toMatch(/ x{59}\.\.\.x{58}$/)
    expectValid('top', topJson('web', [claude, keeper]))
    expect(topJson('web', [keeper])).toMatchObject({ processes: [{ command: 'tmux' }] })
  })
})

test('of what was left out the first are told, and a program gets all', () => {
  const skipped = Array.from({ length: 25 }, (_, at) => ({ path: at === 0 ? '' : `f${at}`, why: 'it is a pipe' }))
  const done = { target: '/home/me/out', files: 1, bytes: 2_500, skipped }
  const { lines, leftOut } = copiedText(done)
  expect(lines).toEqual(['Copied 1 file (2.5 kB) to /home/me/out.'])
  expect(leftOut).toHaveLength(21)
  expect([leftOut[0], leftOut.at(-1)]).toEqual([
    'left out it: it is a pipe',
    'and left out 5 more: --json has all of them',
  ])
  expectValid('cp', copiedJson(done))
})

test('nothing from inside reaches the screen raw', () => {
  const lines = [
    ...statsText(
      [
        { ...web, name: hostile },
        { ...full, name: hostile },
      ],
      plainStyle,
    ),
    ...statsScreen([{ ...full, name: hostile }], { style: plainStyle, rows: 24, now }),
    statsLine({ ...web, name: hostile }, now),
    ...topText([{ ...claude, user: hostile, command: hostile }], plainStyle),
    ...Object.values(
      copiedText({ target: hostile, files: 1, bytes: 1, skipped: [{ path: hostile, why: hostile }] }),
    ).flat(),
  ]
  for (const line of lines) expect(line).not.toMatch(control)
})
