import { expect, test } from 'vitest'
import type { ListedContainer } from '../../src/model/live.js'
import { listText, renamedText } from '../../src/ui/list-text.js'
import { pruneText } from '../../src/ui/prune-text.js'
import { plainStyle } from '../../src/ui/style.js'
import type { KeptSession } from '../../src/model/session.js'
import { sessionCell } from '../../src/ui/session-cell.js'
import { context, liveContainer, sandbox, situations } from './situations.js'

const sandboxes: readonly ListedContainer[] = [
  liveContainer,
  {
    ...liveContainer,
    state: 'exited',
    createdAt: liveContainer.createdAt - 12 * 86_400,
    sandbox: {
      ...sandbox,
      displayName: 'payments-service',
      workspace: '/home/me/src/some/deep/folder/of/a/monorepo/payments-service',
      profile: 'review',
    },
    spec: { ...liveContainer.spec, template: { kind: 'image', reference: 'ghcr.io/acme/agent:3' } },
  },
]

const unasked = new Map<string, never>()

test('a list lines up within the screen', async () => {
  const lines = listText(sandboxes, unasked, { ...context, style: { ...plainStyle, isTerminal: true } })
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/list.txt')
})

test('beyond a terminal nothing of a list is cut', () => {
  expect(listText(sandboxes, unasked, context).join('\n')).toContain(
    '~/src/some/deep/folder/of/a/monorepo/payments-service',
  )
})

test('one that was renamed is shown with the name that it has, and how to have it back', () => {
  const renamed = { ...liveContainer, name: 'by-\u001bhand', was: liveContainer.name }
  expect(listText([liveContainer, renamed], unasked, context)[2]).toMatch(/ running as by-\\ehand /)
  expect(renamedText([liveContainer, renamed], context.home)).toEqual([
    expect.stringContaining(`is called by-\\ehand and was ${liveContainer.name}: no other command finds it.`),
  ])
})

test('an empty list says how to make a sandbox', () => {
  expect(listText([], unasked, context).join('\n')).toContain('sbx run claude')
})

const session: KeptSession = {
  ...{ id: '6921b3a0ff', state: 'running', exitCode: null, startedAt: 1_000, endedAt: null, program: 'claude' },
  ...{ isAttached: false, quietSince: 8_020, mood: null },
}
const ended: KeptSession = { ...session, state: 'ended', exitCode: 1, endedAt: 7_900, quietSince: null }

test.each<readonly [string, readonly KeptSession[] | null]>([
  ['?', null],
  ['-', []],
  ['quiet 3m, open 2h', [ended, session]],
  ['open 2h', [{ ...session, quietSince: 8_150 }]],
  ['open 0s', [{ ...session, startedAt: 9_999, quietSince: 9_999 }]],
  ['working, open 2h', [{ ...session, mood: 'working' }]],
  ['waiting 3m, open 2h', [{ ...session, mood: 'waiting' }]],
  ['2 open', [session, session]],
  ['3 open, 1 waiting', [session, { ...session, mood: 'waiting' }, { ...session, mood: 'working' }]],
  ['exit 1, 5m ago', [{ ...ended, exitCode: 0 }, ended]],
  ['exit 137, 1d ago', [{ ...ended, exitCode: 137, endedAt: -100_000 }]],
  ['lost', [ended, { ...ended, state: 'lost', exitCode: null, endedAt: null }]],
])('sessions are told as %s', (text, sessions) => {
  expect(sessionCell(sessions, 8_200)).toBe(text)
})

test('sessions and ports have columns where there are any', async () => {
  const containers = sandboxes.map((container, at) => ({
    ...container,
    id: String(at),
    ...(at > 0
      ? {}
      : {
          published: {
            '5173/tcp': { address: '127.0.0.1', hostPort: 33_080 },
            '53/udp': { address: '::', hostPort: 33_053 },
          },
        }),
  }))
  const now = context.now.getTime() / 1000
  const waiting: KeptSession = { ...session, mood: 'waiting', startedAt: now - 7_200, quietSince: now - 200 }
  const lines = listText(containers, new Map([['0', [waiting]]]), context)
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/list-sessions.txt')
})

test('what a prune removes is named object by object', () => {
  const plans = (situations['remove'] ?? []).map(({ plan }) => plan)
  expect(pruneText(plans)).toEqual([
    '  web  not needed',
    '      - container   sbx-web-3f2a1c-agent-9b1c04aa (running)',
    '      - record      sbx-web-3f2a1c-record-00000000',
    '      - volume      sbx-web-3f2a1c-home',
    '      - image       localhost/sbx-web-3f2a1c:5d41402a',
  ])
})
