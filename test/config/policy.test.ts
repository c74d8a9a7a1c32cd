// The user's own policy is read whole or not at all, and what is wrong with it is told at its place.

import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readPolicy } from '../../src/config/policy.js'
import { DiagnosticError, type Diagnostic } from '../../src/model/diagnostic.js'
import type { Policy } from '../../src/model/policy.js'
import { realPathIfReachable } from '../../src/resolve/read.js'

type Place = { readonly home: string; readonly file: string; readonly read: () => Policy | null }

function userWith(text: string | null): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-policy-')))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const home = join(root, 'ada')
  const configFolder = join(home, '.config/sbx')
  mkdirSync(configFolder, { recursive: true })
  const file = join(configFolder, 'policy.yaml')
  if (text !== null) writeFileSync(file, text, { mode: 0o600 })
  const uid = process.getuid?.() ?? 0
  return { home, file, read: () => readPolicy({ configFolder, home, uid, realPath: realPathIfReachable }) }
}

function problemsOf(read: () => unknown): readonly Diagnostic[] {
  try {
    read()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics
    throw error
  }
  return []
}

function patterns(policy: Policy | null): readonly (readonly string[])[] {
  return [policy?.deny ?? [], policy?.allow ?? []].map((rules) => rules.map(({ pattern }) => pattern))
}

test('where there is none, nothing is said', () => {
  expect(userWith(null).read()).toBe(null)
})

test('patterns are kept with their places, and ~ is the home', () => {
  const { home, file, read } = userWith(
    'deny:\n  - socket\n  - mount:~/.ssh/\nallow: ["mount:~/datasets:ro", "host:*.corp.example:443", "template:~/tpl"]\n',
  )
  const policy = read()
  expect(policy?.file).toBe(file)
  expect(policy?.deny[1]?.at).toMatchObject({ file, line: 3, column: 5 })
  expect(patterns(policy)).toEqual([
    ['socket', `mount:${home}/.ssh`],
    [`mount:${home}/datasets:ro`, 'host:*.corp.example:443', `template:${home}/tpl`],
  ])
})

test('a link that is denied is denied at both ends, one that is allowed is no way on', () => {
  const { home, read } = userWith('deny: ["mount:~/keys:rw"]\nallow: ["mount:~/keys"]\n')
  mkdirSync(join(home, 'real'))
  symlinkSync(join(home, 'real'), join(home, 'keys'))
  expect(patterns(read())).toEqual([[`mount:${home}/keys:rw`, `mount:${home}/real:rw`], [`mount:${home}/keys`]])
})

test.each<[string, readonly (readonly [code: string, line: number, column: number, words: string])[]]>([
  ['denny: [socket]\n', [['policy/unknown-key', 1, 1, 'Did you mean `deny`?']]],
  [
    'deny: [sockets, "mounts:~/x"]\n',
    [
      ['policy/unknown-grant', 1, 8, 'Did you mean `socket`?'],
      ['policy/unknown-grant', 1, 17, 'Did you mean `mount`?'],
    ],
  ],
  ['deny: socket\n', [['policy/wrong-type', 1, 7, 'a list of patterns']]],
  [
    'deny:\n  - 7\n  - [socket]\n',
    [
      ['policy/wrong-type', 2, 5, 'A pattern is text'],
      ['policy/wrong-type', 3, 5, 'A pattern is text'],
    ],
  ],
  ['- socket\n', [['policy/wrong-type', 1, 1, 'the lists `deny` and `allow`']]],
  ['allow: ["secret:NPM_TOKEN"]\n', [['policy/bad-pattern', 1, 9, 'env:NAME']]],
  ['allow: [env-file]\n', [['policy/bad-pattern', 1, 9, 'file:~/PATH']]],
  ['allow: ["socket:host"]\n', [['policy/bad-pattern', 1, 9, 'by itself']]],
  ['allow: ["mount:"]\n', [['policy/bad-pattern', 1, 9, '`mount` alone']]],
  ['allow: ["mount:data"]\n', [['policy/bad-pattern', 1, 9, 'begin it with / or ~/']]],
  ['allow: ["mount:~/data/../.ssh"]\n', [['policy/bad-pattern', 1, 9, 'one of its parts']]],
  ['allow: ["host:API.example"]\n', [['policy/bad-pattern', 1, 9, 'lower case']]],
  ['deny: [socket\n', [['config/syntax', 2, 1, '']]],
  ['deny: [socket]\ndeny: [env]\n', [['config/duplicate-key', 2, 1, '']]],
])('%j is told at its place', (text, expected) => {
  const told = problemsOf(userWith(text).read)
  expect(told.map(({ code, at }) => [code, at?.line, at?.column])).toEqual(
    expected.map(([code, line, column]) => [code, line, column]),
  )
  for (const [index, [, , , words]] of expected.entries()) expect(told[index]?.detail).toContain(words)
})

test('a policy that others can write is none', () => {
  const { file, read } = userWith('allow: [socket]\n')
  chmodSync(file, 0o660)
  expect(problemsOf(read)).toMatchObject([{ code: 'policy/writable', command: `chmod go-w ${file}` }])
})

test('of a place that cannot be looked at, the pattern is what it says', () => {
  const { home, read } = userWith(`deny: ["mount:~/circle", "mount:~/${'a'.repeat(300)}"]\n`)
  symlinkSync(join(home, 'circle'), join(home, 'circle'))
  expect(patterns(read())[0]).toEqual([`mount:${home}/circle`, `mount:${home}/${'a'.repeat(300)}`])
})
