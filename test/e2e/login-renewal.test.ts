// A login that its agent renews while it works: what it then has is every sandbox's.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { startModelStub, type ModelStub } from '../support/model/stub.js'
import { gateway } from './support/gateway.js'
import { startOAuthStub, type OAuthStub } from './support/oauth-stub.js'
import { Project } from './support/project.js'

let first: Project
let second: Project
let model: ModelStub
let oauth: OAuthStub

beforeAll(async () => {
  first = await Project.create()
  second = await Project.create({ scope: first.scope })
  const address = await gateway(first)
  model = await startModelStub({ address, command: 'true', answer: 'Done.' })
  const renewed = {
    ...{ token_type: 'Bearer', access_token: 'renewed-access', refresh_token: 'renewed-refresh', expires_in: 28_800 },
    scope: 'user:inference user:profile',
  }
  oauth = await startOAuthStub(first, { address, hosts: ['platform.claude.com', 'api.anthropic.com'], renewed })
  for (const project of [first, second]) {
    await project.write(
      'agent: claude\nenv:\n' +
        `  ANTHROPIC_BASE_URL: "http://${address}:${String(model.port)}"\n` +
        `  HTTPS_PROXY: "http://${address}:${String(oauth.port)}"\n` +
        `  NO_PROXY: "${address}"\n` +
        `  NODE_EXTRA_CA_CERTS: "${first.folder}/ca.pem"\n`,
    )
    await project.ok(['apply', '--yes'])
  }
})
afterAll(async () => {
  await second.remove()
  await first.remove()
  await model.close()
  await oauth.close()
})

async function shared(project: Project): Promise<{ readonly accessToken: string; readonly refreshToken: string }> {
  const text = await project.inside('cat /run/sbx/login/.credentials.json')
  return (
    JSON.parse(text) as { readonly claudeAiOauth: { readonly accessToken: string; readonly refreshToken: string } }
  ).claudeAiOauth
}

test('a login that is renewed in one sandbox must be used by the next', async () => {
  const login = {
    ...{ accessToken: 'first-access', refreshToken: 'first-refresh', expiresAt: Date.now() - 60_000 },
    ...{ scopes: ['user:inference', 'user:profile'], subscriptionType: 'max' },
  }
  const writeLogin = ['exec', '--', 'sh', '-c', 'umask 077; cat > /run/sbx/login/.credentials.json']
  await first.ok(writeLogin, { input: JSON.stringify({ claudeAiOauth: login }) })

  expect(await first.ok(['run', '--quiet', '--', '-p', 'Do it.'])).toBe('Done.\n')
  expect(oauth.renewals.map((body) => (JSON.parse(body) as { readonly refresh_token: string }).refresh_token)).toEqual([
    'first-refresh',
  ])
  expect(await shared(second)).toMatchObject({ accessToken: 'renewed-access', refreshToken: 'renewed-refresh' })

  const before = model.requests.length
  expect(await second.ok(['run', '--quiet', '--', '-p', 'Do it.'])).toBe('Done.\n')
  const asked = model.requests.slice(before).filter(({ format }) => format !== null)
  expect(new Set(asked.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer renewed-access']))
  expect(oauth.renewals).toHaveLength(1)
})
