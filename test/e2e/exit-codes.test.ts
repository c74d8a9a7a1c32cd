// The table of exit codes: what a script may rely on. 69 is in unreachable.test.ts.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Begun } from './support/begun.js'
import { objectsOf } from './support/objects.js'
import { Project } from './support/project.js'

describe('the exit code', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.create()
    await project.write('agent: shell\n')
  })
  afterAll(async () => {
    await project.remove()
  })

  async function exitCode(...args: readonly string[]): Promise<number | null> {
    return (await project.sbx(args)).exitCode
  }

  test('must be 64 for wrong use', async () => {
    for (const args of [
      ['bogus'],
      ['plan', '--bogus'],
      ['plan', 'too', 'many'],
      ['ls', '--host', 'a', '--context', 'b'],
    ])
      expect(await exitCode(...args), args.join(' ')).toBe(64)
  })

  test('of plan must be 0 with changes, and with --detailed-exitcode 2', async () => {
    expect(await exitCode('plan')).toBe(0)
    expect(await exitCode('plan', '--detailed-exitcode')).toBe(2)
  })

  test('must be 3 for an approval that was not given', async () => {
    expect(await exitCode('apply')).toBe(3)
    expect(await exitCode('run', '--', '-c', 'true')).toBe(0)
    expect(await exitCode('plan', '--detailed-exitcode')).toBe(0)
  })

  test.each([
    ['run', ['run', '--', '-c']],
    ['exec', ['exec', '--', 'sh', '-c']],
  ] as const)('of %s must be the command’s own, and 128 and the signal that ended it', async (_, args) => {
    expect(await exitCode(...args, 'true')).toBe(0)
    expect(await exitCode(...args, 'exit 3')).toBe(3)
    expect(await exitCode(...args, 'exit 125')).toBe(125)
    expect(await exitCode(...args, 'kill -9 $$')).toBe(137)
  })

  test('of shell must be that of the shell', async () => {
    expect((await project.sbx(['shell'], { input: 'exit 9\n' })).exitCode).toBe(9)
  })

  test('of a command that is not there must be the shell’s 127', async () => {
    expect(await exitCode('exec', '--', 'not-there')).toBe(127)
  })

  test('of run and exec must be 125 for a failure of sbx', async () => {
    expect(await exitCode('exec', 'not-there', '--', 'true')).toBe(125)
    expect(await exitCode('exec')).toBe(125)
    expect(await exitCode('run', '--bogus')).toBe(125)
  })

  test('must be 1 for what fails', async () => {
    expect(await exitCode('rm', 'not-there')).toBe(1)
    expect(await exitCode('plan', '--config', 'not-there.yaml')).toBe(1)
    expect(await exitCode('plan', '--profile', 'not-there')).toBe(1)
  })

  test('of an apply that fails must be 1, with the old sandbox as it was', async () => {
    const before = await objectsOf(project)
    await project.write('agent: shell\nsetup: ["echo about to fail; exit 7"]\n')
    const ran = await project.sbx(['apply', '--yes'])
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toMatch(/about to fail/)
    expect(await objectsOf(project)).toEqual(before)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('must be 130 after %s, with nothing half done', async (signal) => {
    const before = await objectsOf(project)
    await project.write(`agent: shell\nsetup: [": building for ${signal}; sleep 600"]\n`)
    const apply = new Begun(project, ['apply', '--yes'])
    await apply.comesTo(async () => {
      const running = await project.docker.listContainers()
      return running.some(({ Command }) => Command.includes(`building for ${signal}`))
    }, 'a build that runs')
    const ran = await apply.interrupt(signal)
    expect(ran.exitCode).toBe(130)
    expect(ran.stdout + ran.stderr).not.toMatch(/a bug in sbx/)
    expect(await objectsOf(project)).toEqual(before)
  })
})
