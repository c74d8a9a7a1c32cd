import { describe, expect, test } from 'vitest'
import type { LoggedOut, LoginStatus } from '../../src/model/login.js'
import { loggedOutJson, loginJson } from '../../src/ui/login-json.js'
import { loggedOutText, loginText } from '../../src/ui/login-text.js'
import { plainStyle } from '../../src/ui/style.js'
import { expectValid } from '../e2e/support/documents.js'

const now = new Date('2026-11-20T12:00:00Z')
const claude: LoginStatus = {
  agent: 'claude',
  title: 'Claude Code',
  volume: 'docker-claude-sandbox-data',
  kinds: ['subscription'],
  since: now.getTime() / 1000 - 3 * 86_400,
  keys: [{ name: 'ANTHROPIC_API_KEY', onHost: true }],
  current: { credentials: 'sandbox', keys: {} },
}
const opencode: LoginStatus = {
  agent: 'opencode',
  title: 'opencode',
  volume: 'docker-opencode-sandbox-data',
  kinds: [],
  since: null,
  keys: [
    { name: 'ANTHROPIC_API_KEY', onHost: true },
    { name: 'OPENAI_API_KEY', onHost: false },
  ],
  current: null,
}
const screen = { style: { ...plainStyle, isTerminal: true }, now }

test('who is logged in, how, since when and where from is told within the screen', async () => {
  const lines = loginText([claude, opencode], screen)
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/login.txt')
})

describe('the sandbox of the current folder', () => {
  const told = (current: LoginStatus['current'], kinds = claude.kinds): string =>
    loginText([{ ...claude, kinds, current }], { style: plainStyle, now }).join('\n')

  test.each([
    ['uses this login', { credentials: 'sandbox', keys: {} }],
    ["this machine's own login", { credentials: 'host', keys: {} }],
    ['no login but its own', { credentials: 'none', keys: {} }],
    ['ANTHROPIC_API_KEY (`secrets`)', { credentials: 'sandbox', keys: { ANTHROPIC_API_KEY: 'secrets' } }],
  ] as const)('%s', (words, current) => {
    expect(told(current)).toContain(words)
  })

  test('without a login it is told that there is none yet', () => {
    expect(told({ credentials: 'sandbox', keys: {} }, [])).toContain('has no login yet')
  })
})

test('as JSON it is what its schema says', () => {
  const document = loginJson([
    { ...claude, current: { credentials: 'none', keys: { ANTHROPIC_API_KEY: 'env' } } },
    opencode,
  ])
  expectValid('login', document)
  expect(document).toMatchObject({
    agents: [
      {
        agent: 'claude',
        logged_in: true,
        since: '2026-11-17T12:00:00.000Z',
        keys: [{ given_by: 'env', on_host: true }],
      },
      { agent: 'opencode', logged_in: false, since: null, credentials: null },
    ],
  })
})

test.each([
  ['removed', 'is removed'],
  ['emptied', 'is empty'],
  ['absent', 'There was no login of claude.'],
] as const)('a logout that left the volume %s says so, and what it did not touch', (done, words) => {
  const loggedOut: LoggedOut = {
    ...{ agent: 'claude', title: 'Claude Code', volume: 'docker-claude-sandbox-data', done, isCopied: true },
    hostLogin: '~/.claude/.credentials.json',
  }
  const text = loggedOutText(loggedOut).join('\n')
  expect(text).toContain(words)
  expect(text).toContain('(~/.claude/.credentials.json)')
  expect(text.includes('Copies')).toBe(done !== 'absent')
  expectValid('logout', loggedOutJson(loggedOut))
})
