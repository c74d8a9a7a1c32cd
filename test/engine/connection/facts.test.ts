// What an engine says of what it puts between a sandbox and its machine.

import type Docker from 'dockerode'
import { expect, test } from 'vitest'
import type { Client } from '../../../src/engine/connection/client.js'
import { readProtection } from '../../../src/engine/connection/facts.js'

function engineThatSays(info: object): { readonly client: Client; readonly asked: () => number } {
  let count = 0
  const docker = { info: async () => (count++, info) } as unknown as Docker
  const client = { docker, call: (_: string, call: Promise<unknown>) => call } as unknown as Client
  return { client, asked: () => count }
}

test.each<readonly [string, object, boolean]>([
  ['the built-in profile', { SecurityOptions: ['name=apparmor', 'name=seccomp,profile=default'] }, true],
  ['a profile by its path', { SecurityOptions: ['name=seccomp,profile=/etc/docker/seccomp.json'] }, true],
  ['the words of old engines', { SecurityOptions: ['seccomp'] }, true],
  ['nothing of it', {}, true],
  ['that it does without', { SecurityOptions: ['name=seccomp,profile=unconfined', 'name=rootless'] }, false],
  ['other options alone', { SecurityOptions: ['name=cgroupns'] }, false],
  ['no options', { SecurityOptions: null }, false],
])('of an engine that says %s it is known whether it filters system calls', async (_, info, expected) => {
  expect((await readProtection(engineThatSays(info).client)).hasSyscallFilter).toBe(expected)
})

test('an engine without root is known as that', async () => {
  const isRootless = async (info: object) => (await readProtection(engineThatSays(info).client)).isRootless
  expect(await isRootless({ SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless'] })).toBe(true)
  expect(await isRootless({ SecurityOptions: ['name=seccomp,profile=builtin'] })).toBe(false)
  expect(await isRootless({})).toBe(false)
})

test('runtimes are known by name, and asked for once', async () => {
  const { client, asked } = engineThatSays({ Runtimes: { runsc: { path: '/usr/bin/runsc' }, runc: { path: 'runc' } } })
  expect((await readProtection(client)).runtimes).toEqual(['runc', 'runsc'])
  expect((await readProtection(client)).runtimes).toEqual(['runc', 'runsc'])
  expect(asked()).toBe(1)
})
