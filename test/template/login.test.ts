import { describe, expect, test } from 'vitest'
import { builtInTemplate } from '../../src/template/built-in.js'
import { hostToken } from '../../src/template/login.js'
import { codesOf, diagnosticsOf } from './fixture.js'

const { descriptor } = builtInTemplate('claude')
const now = Date.parse('2026-01-01T12:00:00Z')
const login = (oauth: object): string => JSON.stringify({ claudeAiOauth: oauth })
const valid = { accessToken: 'at-secret', refreshToken: 'rt-secret', expiresAt: now + 3_600_000 }

test('the access token is taken while it is good', () => {
  expect(hostToken(descriptor, login(valid), now)).toBe('at-secret')
  expect(hostToken(descriptor, login({ accessToken: 'at-secret' }), now)).toBe('at-secret')
})

describe('what stands in the way is said', () => {
  test.each<readonly [string, string | null, string]>([
    ['no file', null, 'login/not-logged-in'],
    ['an empty file', ' \n', 'login/not-logged-in'],
    ['no token', login({ expiresAt: now + 1 }), 'login/not-logged-in'],
    ['a token that is no text', login({ ...valid, accessToken: 1 }), 'login/not-logged-in'],
    ['another shape', '[1]', 'login/not-logged-in'],
    ['a prototype', '{"claudeAiOauth":{}}', 'login/not-logged-in'],
    ['no JSON', '{"claudeAiOauth":{"accessToken":"at-secret"', 'login/unreadable'],
    ['an old token', login({ ...valid, expiresAt: now - 1 }), 'login/expired'],
    ['a token about to end', login({ ...valid, expiresAt: now + 59_000 }), 'login/expired'],
  ])('%s', async (_, text, code) => {
    const diagnostics = await diagnosticsOf(() => hostToken(descriptor, text, now))
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code])
    expect(JSON.stringify(diagnostics)).not.toContain('-secret')
  })

  test('an agent without a login on the host', async () => {
    const shell = builtInTemplate('shell').descriptor
    expect(await codesOf(() => hostToken(shell, login(valid), now))).toEqual(['login/not-supported'])
  })
})
