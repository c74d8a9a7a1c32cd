import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { commandTable } from '../../../src/cli/command-table.js'
import { callLike, ofCall, taken } from '../../../src/cli/call/call.js'

const call = { options: { color: true, config: '/w/a b.yaml', profile: 'review', host: 'unix:///e.sock' } }

test('a command that needs the file has the file, the profile and the engine of the call', () => {
  expect(callLike(call, 'sbx apply --upgrade')).toBe(
    "sbx apply --upgrade --config '/w/a b.yaml' --profile review --host unix:///e.sock",
  )
  expect(callLike({ options: { color: true, context: 'remote' } }, 'sbx adopt web-3f2a1c')).toBe(
    'sbx adopt web-3f2a1c --context remote',
  )
  expect(callLike({ options: { color: true, context: 'remote' } }, 'cd /src/web && sbx apply')).toBe(
    'cd /src/web && sbx apply --context remote',
  )
  expect(callLike({ options: { color: true } }, 'sbx plan')).toBe('sbx plan')
})

test.each(['rm web', 'prune --yes', 'ls --kept', 'stop web', 'logout claude'])('sbx %s asks no file', (words) => {
  expect(callLike(call, `sbx ${words}`)).toBe(`sbx ${words} --host unix:///e.sock`)
})

test('what each verb takes is what the command table gives it, but for the file where a sandbox is named', () => {
  const names = ['config', 'profile', 'host', 'context']
  const verbs = new Map<string, readonly string[]>()
  const gather = (parent: Command, before: string): void => {
    for (const command of parent.commands) {
      const verb = before + command.name()
      const options = command.options.map((option) => option.attributeName())
      const own = names.filter((name) => options.includes(name))
      if (own.length > 0) verbs.set(verb, own)
      gather(command, `${verb} `)
    }
  }
  gather(
    commandTable([], () => undefined),
    '',
  )
  expect(Object.keys(taken).sort()).toEqual([...verbs.keys()].sort())
  for (const [verb, own] of verbs) {
    const isOfNamed = ['rm', 'stop', 'inspect'].includes(verb)
    expect([verb, taken[verb]]).toEqual([verb, isOfNamed ? ['host', 'context'] : own])
  }
})

test.each([
  ['grants', 'grants --host tcp://e'],
  ['grants revoke socket', 'grants revoke socket --config /w/c.yaml --profile p --host tcp://e'],
  ['grants revoke', 'grants revoke --config /w/c.yaml --profile p --host tcp://e'],
  ['net log -f', 'net log -f --config /w/c.yaml --profile p --host tcp://e'],
  ['diff main', 'diff main --config /w/c.yaml'],
])('sbx %s of another file and engine', (words, whole) => {
  const other = { options: { color: true, config: '/w/c.yaml', profile: 'p', host: 'tcp://e' } }
  expect(callLike(other, `sbx ${words}`)).toBe(`sbx ${whole}`)
})

test('what a command says itself stays, as does what it hands on, and what is no command of sbx', () => {
  expect(callLike(call, 'sbx apply p.json --config /w/c.yaml --host tcp://e --profile x')).toBe(
    'sbx apply p.json --config /w/c.yaml --host tcp://e --profile x',
  )
  expect(callLike({ options: { color: true, host: 'tcp://e' } }, 'sbx exec -- ls --host x')).toBe(
    'sbx exec --host tcp://e -- ls --host x',
  )
  for (const other of ['docker ps', 'sbx plan show p.json', 'sbx schema', 'chown me /w']) {
    expect(callLike(call, other)).toBe(other)
  }
})

test('whoever finds something wrong need not know the call', () => {
  const diagnostic = { severity: 'error', code: 'a/b', summary: 'A b' } as const
  const remote = { options: { color: true, host: 'tcp://e' } }
  expect(ofCall(remote, { ...diagnostic, detail: 'First `sbx rm a`, then `ls`:', command: 'sbx apply' })).toEqual({
    ...diagnostic,
    detail: 'First `sbx rm a --host tcp://e`, then `ls`:',
    command: 'sbx apply --host tcp://e',
  })
  expect(ofCall(remote, diagnostic)).toEqual(diagnostic)
})
