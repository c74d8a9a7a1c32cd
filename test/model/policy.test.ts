// What a pattern of the user's policy stands for. A yes is by what is reached and never by what a file calls it, since that
// is what an agent can write; a no is by both, and for what holds the denied thing as well.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allowingRule, denyingRule, matchesGlob, namesSource, type Policy } from '../../src/model/policy.js'

const at = { file: '/home/ada/.config/sbx/policy.yaml', line: 1, column: 1 }

function policy(deny: readonly string[], allow: readonly string[]): Policy {
  const rules = (patterns: readonly string[]) => patterns.map((pattern) => ({ pattern, at }))
  return { file: at.file, deny: rules(deny), allow: rules(allow) }
}

const grant = (key: string, subject = key) => ({ key, subject })
const mount = (source: string, mode: 'ro' | 'rw' = 'ro') => grant('mount:/data', `mount:${source}:${mode}`)

test.each([
  ['socket', grant('socket'), true],
  ['mount', mount('/anything', 'rw'), true],
  ['mount:/h/data', mount('/h/data', 'rw'), true],
  ['mount:/h/data', mount('/h/data/deep/er'), true],
  ['mount:/h/data:ro', mount('/h/data/deep'), true],
  ['mount:/h/data:ro', mount('/h/data', 'rw'), false],
  ['mount:/h/data', mount('/h'), false],
  ['mount:/h/data', mount('/h/data-of-others'), false],
  ['mount:/h/*/public', mount('/h/web/public/css'), true],
  ['mount:/h/*/public', mount('/h/web/private'), false],
  // What is mounted, and not where to.
  ['mount:/data', mount('/etc/passwd'), false],
  ['env:AWS_*', grant('env:AWS_KEY'), true],
  ['env:AWS_*', grant('env:MY_AWS_KEY'), false],
  ['env:NPM_TOKEN', grant('secret:ANYTHING', 'env:NPM_TOKEN'), true],
  // A secret by a harmless name that is another variable.
  ['env:NPM_TOKEN', grant('secret:NPM_TOKEN', 'env:AWS_SECRET'), false],
  ['secret:NPM_TOKEN', grant('secret:NPM_TOKEN', 'env:AWS_SECRET'), false],
  ['secret', grant('secret:NPM_TOKEN', 'env:AWS_SECRET'), false],
  // A file of the workspace that has become a link.
  ['env-file:.env', grant('env-file:.env', 'file:/h/.aws/credentials'), false],
  ['file:/h/web', grant('env-file:.env', 'file:/h/.aws/credentials'), false],
  ['file:/h/web', grant('env-file:.env', 'file:/h/web/.env'), true],
  ['file:/h/x', grant('secret:X', 'file:/h/x:ro'), false],
  ['template:ghcr.io/*', grant('template', 'template:ghcr.io/acme/x:1'), true],
  ['template:ghcr.io/*', grant('template', 'template:docker.io/ghcr.io/x'), false],
  ['port:127.0.0.2:*', grant('port:22/tcp', 'port:127.0.0.2:8080'), true],
  // By the port of this machine: the other one is the file's choice.
  ['port:0.0.0.0:8080', grant('port:8080/tcp', 'port:0.0.0.0:22'), false],
  ['login:claude', grant('login', 'login:claude'), true],
  ['login:claude', grant('login', 'login:codex'), false],
  ['host:*.corp.example:443', grant('host:api.corp.example:443'), true],
  ['host:*.corp.example', grant('host:*.corp.example:443'), true],
  ['host:*.corp.example', grant('host:api.corp.example:22'), false],
  ['host:*.corp.example', grant('host:corp.example:443'), false],
  ['host:*.corp.example', grant('host:xcorp.example:443'), false],
  ['host:api.corp.example', grant('host:*.corp.example:443'), false],
  ['host', grant('host:anything.example:1'), true],
  ['show:.env', grant('show:.env'), true],
  ['sudo', grant('network'), false],
])('%s allows %o: %s', (pattern, wanted, isAllowed) => {
  expect(allowingRule(policy([], [pattern]), wanted) !== undefined).toBe(isAllowed)
  expect(allowingRule(policy([pattern], []), wanted)).toBe(undefined)
  expect(allowingRule(undefined, wanted)).toBe(undefined)
})

test.each([
  ['mount:/h/.ssh', mount('/h/.ssh'), true],
  ['mount:/h/.ssh', mount('/h/.ssh/id'), true],
  // What holds it has it.
  ['mount:/h/.ssh', mount('/h'), true],
  ['mount:/h/.ssh', mount('/'), true],
  ['mount:/h/clients/*', mount('/h/clients'), true],
  ['mount:/h/clients/*', mount('/h'), true],
  ['mount:/h/clients/*', mount('/h/other'), false],
  ['mount:/h/*/.ssh', mount('/h'), true],
  ['mount:/h/*/.ssh', mount('/h/ada'), true],
  ['mount:/h/*/.ssh:rw', mount('/h/ada', 'rw'), true],
  ['mount:/h/*/.ssh', mount('/h/ada/web'), false],
  ['mount:/h/*/.config/*/keys', mount('/h/ada/.config/tool'), true],
  ['mount:/h/*/.config/*/keys', mount('/h/ada/.local'), false],
  ['file:/h/*-keys/*', grant('secret:X', 'file:/h/own-keys'), true],
  ['mount:/h/docs:rw', mount('/h/docs', 'rw'), true],
  ['mount:/h/docs:rw', mount('/h/docs', 'ro'), false],
  ['mount:/h/docs:ro', mount('/h/docs', 'rw'), true],
  ['env:AWS_*', grant('secret:HARMLESS', 'env:AWS_SECRET_ACCESS_KEY'), true],
  ['secret:PROD_*', grant('secret:PROD_DB', 'file:/h/db'), true],
  ['secret', grant('secret:X', 'env:X'), true],
  ['file:/h/.aws', grant('env-file:.env', 'file:/h/.aws/credentials'), true],
  ['host:paste.example', grant('host:paste.example:8443'), true],
  ['host:paste.example', grant('host:*.paste.example:443'), false],
  ['host:a.paste.example', grant('host:*.paste.example:443'), true],
  ['host:a.paste.example', grant('host:*.paste.example:8443'), true],
  ['host:a.paste.example:*', grant('host:*.paste.example:443'), true],
  ['host:a.paste.example:443', grant('host:*.paste.example:8443'), false],
  ['host:a.paste.example:8*', grant('host:*.paste.example:8443'), true],
  ['host:*.a.paste.example', grant('host:*.paste.example:443'), true],
  ['host:*.paste.example', grant('host:*.a.paste.example:443'), true],
  // Neither holds the other, and a.paste.example is both.
  ['host:a.*', grant('host:*.paste.example:443'), true],
  ['host:a.*', grant('host:*.paste.example.b:443'), true],
  ['host:*.other.example', grant('host:*.paste.example:443'), false],
  ['host:*', grant('host:*.paste.example:443'), true],
  ['host:paste.example:443', grant('host:paste.example:22'), false],
  ['template', grant('template', 'template:/h/tpl'), true],
  ['network', grant('network'), true],
  ['network', grant('host:api.example:443'), false],
])('%s denies %o: %s', (pattern, wanted, isDenied) => {
  expect(denyingRule(policy([pattern], []), wanted) !== undefined).toBe(isDenied)
  expect(denyingRule(policy([], [pattern]), wanted)).toBe(undefined)
})

const inTree = '/h/.ssh'

test.each([
  [['mount:/h/.ssh'], { path: '/h/.ssh/id', readonly: false }, inTree, true],
  [['mount:/h/.ssh/keys'], { path: '/h/.ssh/keys', readonly: true }, inTree, true],
  [['mount:/h/.ssh:ro'], { path: '/h/.ssh', readonly: false }, inTree, false],
  // A pattern that happens to match names nothing.
  [['mount'], { path: '/h/.ssh', readonly: true }, inTree, false],
  [['mount:/h'], { path: '/h/.ssh', readonly: true }, inTree, false],
  [['mount:/h/*'], { path: '/h/.ssh', readonly: true }, inTree, false],
  [['mount:/h'], { path: '/h', readonly: true }, null, true],
  [['mount:/'], { path: '/h', readonly: true }, null, false],
])('%o names %o in %s: %s', (allow, source, tree, isNamed) => {
  expect(namesSource(policy([], allow), source, tree)).toBe(isNamed)
})

test('a star is any text, in time that grows with the text alone', () => {
  const part = fc.stringMatching(/^[ab.]{0,6}$/)
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), part, (parts, text) => {
      const asRegExp = new RegExp(`^${parts.map((each) => each.replaceAll('.', '\\.')).join('.*')}$`)
      expect(matchesGlob(parts.join('*'), text)).toBe(asRegExp.test(text))
      expect(matchesGlob(parts.join('*'), parts.join(text))).toBe(true)
    }),
  )
  const began = performance.now()
  expect(matchesGlob('*a'.repeat(200), `${'a'.repeat(100_000)}b`)).toBe(false)
  expect(performance.now() - began).toBeLessThan(1000)
})
