// Commands of sbx's own in a container that has reasons not to let them end.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Command } from '../../../src/model/command.js'
import { makeDockerSubject, type DockerSubject } from '../support/docker.js'
import { bringUp, shell } from '../support/sandbox.js'
import { until } from '../support/until.js'

let subject: DockerSubject
let id: string

beforeAll(async () => {
  subject = await makeDockerSubject()
  id = await bringUp(subject, { id: 'run-command' })
})

afterAll(async () => {
  await subject.close()
})

const doing = 'see a test through'

function command(script: string): Command {
  return { argv: ['/bin/sh', '-c', script], user: 'agent', doing }
}

/** How many processes inside are this program with this argument. */
async function count(program: string, argument: string): Promise<number> {
  const all = await shell(subject, id, `cat /proc/[0-9]*/cmdline | tr '\\0' '|'`, 'root')
  return all.split(`${program}|${argument}|`).length - 1
}

test('both outputs, the exit code and the input are the command’s, and nothing is left of its session', async () => {
  const run = subject.engine.run(id, { ...command('cat; echo err >&2; exit 7'), input: 'in\n' })
  expect(await run).toEqual({ exitCode: 7, stdout: 'in\n', stderr: 'err\n' })
  // The one that looks is noted itself.
  expect(await shell(subject, id, 'ls /run/sbx/sessions | wc -l')).toBe('1')
})

test('an interruption ends the wait at once, and the command inside', async () => {
  const controller = new AbortController()
  const run = subject.engine.run(id, command('sleep 4321 & sleep 4321; wait'), controller.signal)
  const told = expect(run).rejects.toMatchObject({
    kind: 'interrupted',
    diagnostics: [{ code: 'engine/interrupted', summary: 'Interrupted' }],
  })
  await until(async () => (await count('sleep', '4321')) === 2)
  controller.abort()
  await told
  await until(async () => (await count('sleep', '4321')) === 0)
})

test('a command that takes too long is ended, and told with what it was for', async () => {
  const run = subject.engine.run(id, { ...command('sleep 6543'), limit: 1_500 })
  await expect(run).rejects.toMatchObject({
    kind: 'failed',
    diagnostics: [
      { code: 'engine/command-timeout', detail: `It was given 1.5 seconds while sbx was trying to ${doing}.` },
    ],
  })
  await until(async () => (await count('sleep', '6543')) === 0)
})

test('a command that prints without end is ended, and told', async () => {
  await expect(subject.engine.run(id, command('exec cat /dev/zero'))).rejects.toMatchObject({
    diagnostics: [{ code: 'engine/command-output', detail: expect.stringContaining(doing) }],
  })
  await until(async () => (await count('cat', '/dev/zero')) === 0)
})
