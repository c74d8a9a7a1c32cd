import { expect, test } from 'vitest'
import type { ListedContainer } from '../../src/model/live.js'
import { keptText } from '../../src/ui/kept-text.js'
import { listText, renamedText } from '../../src/ui/list-text.js'
import { pruneText } from '../../src/ui/prune-text.js'
import { plainStyle } from '../../src/ui/style.js'
import type { KeptSession } from '../../src/model/session.js'
import { isStarvedCell, sessionCell } from '../../src/ui/session-cell.js'
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

test.each([40, 60, 80, 100, 200])(
  'of a list %i columns wide names, states, sessions and ports are whole',
  (columns) => {
    const containers = sandboxes.map((container, at) => ({
      ...container,
      id: String(at),
      spec: { ...container.spec, workspace: { ...container.spec.workspace, mode: 'clone' as const } },
      published: {
        '3000/tcp': { address: '127.0.0.1', hostPort: 33_001 },
        '5173/tcp': { address: '127.0.0.1', hostPort: 33_237 },
      },
    }))
    const last: KeptSession = { ...ended, exitCode: 137, endedAt: context.now.getTime() / 1000 - 18 }
    const style = { ...plainStyle, columns, isTerminal: true }
    const lines = listText(containers, new Map([['1', [last]]]), { ...context, style })
    // A path that is longer than a line is one word.
    expect(lines.filter((line) => line.length > columns && /\S \S/.test(line))).toEqual([])
    const text = lines.join('\n')
    for (const whole of [/^web /m, /^payments-service /m, ' running', ' stopped', 'exit 137, 18s ago', /\(clone\)/])
      expect(text).toMatch(whole)
    expect(text.split('3000 -> 33001, 5173 -> 33237')).toHaveLength(3)
  },
)

test('a template is shown where it is called otherwise than the agent, and a lone place in the row where there is room', async () => {
  const published = { '5173/tcp': { address: '127.0.0.1', hostPort: 33_237 } }
  const one = { ...liveContainer, published }
  const now = context.now.getTime() / 1000
  const quiet = new Map([[one.id, [{ ...session, startedAt: now - 7_200, quietSince: now - 700 }]]])
  const on = (columns: number): string =>
    listText([one], quiet, { ...context, style: { ...plainStyle, columns, isTerminal: true } }).join('\n')
  await expect(`${[120, 80, 60].map(on).join('\n\n')}\n`).toMatchFileSnapshot('golden/list-narrow.txt')
  expect(listText(sandboxes, unasked, context)[0]).toContain('TEMPLATE')
})

test('of homes that are kept the volumes are whole, on a screen of any width', () => {
  const id = 'payments-service-login-3f2a1c'
  const named = { ...sandbox, id, workspace: `/home/me/src/some/deep/folder/of/${id}` }
  const kept = {
    ...{ name: `sbx-${id}-home`, sandbox: named, createdAt: '2026-11-20T08:00:00Z', clone: `sbx-${id}-workspace` },
  }
  const on = (columns: number): string[] =>
    keptText({ homes: [kept], clones: [] }, { ...context, style: { ...plainStyle, columns, isTerminal: true } })
  expect(on(80)[0]).toMatch(/^SANDBOX +AGENT +WORKSPACE +CREATED$/)
  expect(on(80).slice(2)).toEqual([`    volume ${kept.name}`, `    clone ${kept.clone}`])
  expect(on(200)[1]).toContain(` ${kept.name}  ${kept.clone} `)
  expect(on(80).filter((line) => line.length > 80)).toEqual([])
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
  ['lost (memory?)', [{ ...ended, state: 'lost', exitCode: null, endedAt: null, isStarved: true }]],
  ['exit 137 (memory?), 5m ago', [{ ...ended, exitCode: 137, isStarved: true }]],
  ['lost', [ended, { ...ended, state: 'lost', exitCode: null, endedAt: null }]],
])('sessions are told as %s', (text, sessions) => {
  expect(sessionCell(sessions, 8_200)).toBe(text)
  expect(isStarvedCell(sessions)).toBe(text.includes('memory'))
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
