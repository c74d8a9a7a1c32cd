// Nothing is done that needs a yes and has none; what would be a yes is named to the letter, and none implies another.

import { mkdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Begun } from './support/begun.js'
import { expectValid } from './support/documents.js'
import { nothing, objectsOf } from './support/objects.js'
import { Project } from './support/project.js'

/** The command that a refusal says to copy: a line of its own, without the name of the program. */
function commandIn(stderr: string): readonly string[] {
  const command = /^ {4}sbx (.+)$/m.exec(stderr)?.[1]
  if (command === undefined) throw new Error(`no command in\n${stderr}`)
  return command.split(' ')
}

describe('without a terminal', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.create()
    await mkdir(project.beside('data'))
    await project.write(`agent: shell\nmounts: ["${project.beside('data')}:/data"]\nsocket: host\n`)
  })
  afterAll(async () => {
    await project.remove()
  })

  test('apply must exit 3, name the flags, and have done nothing', async () => {
    const ran = await project.sbx(['apply'])
    expect(ran.exitCode).toBe(3)
    expect(commandIn(ran.stderr)).toEqual(['apply', '--yes', '--allow', 'mount:/data', '--allow', 'socket'])
    expect(await objectsOf(project)).toEqual(nothing)
  })

  test.each([[['--yes', '--allow', 'mount:/data']], [['--allow-widen', '--discard']]])(
    'apply %s must not be taken for more than it says',
    async (flags) => {
      expect((await project.sbx(['apply', ...flags])).exitCode).toBe(3)
      expect(await objectsOf(project)).toEqual(nothing)
    },
  )

  test('--allow with a name that no grant has must exit 64 and name those there are', async () => {
    const ran = await project.sbx(['apply', '--yes', '--allow', 'mount:/dat', '--allow', 'socket'])
    expect(ran.exitCode).toBe(64)
    expect(ran.stderr).toContain('mount:/dat')
    expect(ran.stderr.replaceAll(/\s+/g, ' ')).toContain('This plan has mount:/data, socket')
    expect(await objectsOf(project)).toEqual(nothing)
  })

  test('run must exit 3 as well, and start nothing', async () => {
    const ran = await project.sbx(['run', '--', '-c', 'echo started'])
    expect(ran).toMatchObject({ exitCode: 3, stdout: '' })
    expect(commandIn(ran.stderr).slice(0, 1)).toEqual(['run'])
    expect(await objectsOf(project)).toEqual(nothing)
  })

  test('the command that was named must be the one that works', async () => {
    await project.ok(commandIn((await project.sbx(['apply'])).stderr))
    expect((await project.container()).State.Running).toBe(true)
  })

  test('a yes must outlive the sandbox, and be needed again once it is revoked', async () => {
    await project.ok(['rm'])
    await project.ok(['apply', '--yes'])
    const revoked = await project.json(['grants', 'revoke', 'socket'])
    expectValid('grants-revoke', revoked)
    expect(revoked).toMatchObject({ revoked: [{ key: 'socket', in_use: true }] })
    const ran = await project.sbx(['run', '--', '-c', 'echo started'])
    expect(ran).toMatchObject({ exitCode: 3, stdout: '' })
    expect(commandIn(ran.stderr).slice(0, 3)).toEqual(['run', '--allow', 'socket'])
    const listed = await project.json(['grants'])
    expectValid('grants', listed)
    const grants = [
      { key: 'mount:/data', value: `rw:${project.beside('data')}`, in_use: true, by: 'user' },
      { key: 'socket', value: 'host', in_use: true, by: null, approved_at: null },
    ]
    expect(listed).toMatchObject({ sandboxes: [{ workspace: project.folder, grants }] })
  })

  test('what was granted once must not be asked again, nor less of it', async () => {
    await project.write(`agent: shell\nmounts: ["${project.beside('data')}:/data:ro"]\n`)
    await project.ok(['apply', '--yes'])
    await project.write(`agent: shell\nmounts: ["${project.beside('data')}:/data"]\n`)
    const ran = await project.sbx(['apply', '--yes'])
    expect(ran.exitCode).toBe(3)
    expect(commandIn(ran.stderr)).toEqual(['apply', '--yes', '--allow', 'mount:/data'])
  })

  test('run must do without a yes what neither loses nor widens', async () => {
    await project.write('agent: shell\nresources: { pids: 100 }\n')
    expect(await project.ok(['run', '--', '-c', 'echo ran'])).toBe('ran\n')
  })

  test('files outside of what is kept must need --keep or --discard, and be counted', async () => {
    await project.inside('sudo touch /opt/one /opt/two')
    await project.write('agent: shell\nports: ["3000"]\n')
    const before = await objectsOf(project)
    for (const args of [
      ['apply', '--yes', '--allow-widen'],
      ['run', '--yes'],
    ]) {
      const ran = await project.sbx(args)
      expect(ran.exitCode).toBe(3)
      expect(ran.stderr.replaceAll(/\s+/g, ' ')).toMatch(
        /2 files outside kept paths would be lost.* --discard in place of --keep/,
      )
      expect(commandIn(ran.stderr)).toEqual([...args, '--keep'])
    }
    expect(await objectsOf(project)).toEqual(before)
    await project.ok(['apply', '--yes', '--discard'])
    expect(await project.inside('ls /opt')).toBe('')
  })

  test('an open session must not be ended by a yes to something else, and can be waited for', async () => {
    const session = new Begun(project, ['exec', '--', 'sh', '-c', 'echo open; cat'])
    await session.prints(/open/)
    await project.write('agent: shell\nports: ["4000"]\n')
    const before = await objectsOf(project)
    const ran = await project.sbx(['run', '--yes', '--discard', '--', '-c', 'true'])
    expect(ran.exitCode).toBe(3)
    expect(ran.stderr.replaceAll(/\s+/g, ' ')).toMatch(/1 open session \(sh, open .*\) would be ended/)
    expect(commandIn(ran.stderr)).toEqual(['run', '--discard', '--yes', '--wait'])
    const removal = await project.sbx(['rm'])
    expect(removal.exitCode).toBe(3)
    expect(removal.stderr).toMatch(/1 open session/)
    const waiting = new Begun(project, ['apply', '--yes', '--wait'])
    await waiting.prints(/Waiting for 1 open session \(sh/)
    expect(await objectsOf(project)).toEqual(before)
    expect((await session.end()).exitCode).toBe(0)
    expect((await waiting.ended).exitCode).toBe(0)
    expect(await objectsOf(project)).not.toEqual(before)
  })
})
