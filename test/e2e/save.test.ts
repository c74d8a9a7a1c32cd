// The flags of a call, and those that stayed from earlier ones, written into the file so that they need not be given
// again: once they are approved, and before they are applied.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { objectsOf } from './support/objects.js'
import { Project } from './support/project.js'

const fileText = (project: Project): Promise<string> => readFile(join(project.folder, 'sandbox.yaml'), 'utf8')

describe('in a folder with a file', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.create()
    await mkdir(project.beside('data'))
  })
  afterAll(async () => {
    await project.remove()
  })

  test('run --save must write the file and keep what is in it, and the next run must need no flags', async () => {
    await project.write('agent: shell # small\n')
    const flags = ['-e', 'WORD=saved', '--credentials', 'none', '--save']
    expect(await project.ok(['run', ...flags, '--', '-c', 'echo $WORD'])).toBe('saved\n')
    expect(await fileText(project)).toBe('agent: shell # small\ncredentials: none\nenv:\n  WORD: saved\n')
    expect(await project.ok(['run', '--', '-c', 'echo $WORD'])).toBe('saved\n')
    expect((await project.sbx(['plan', '--detailed-exitcode'])).exitCode).toBe(0)
  })

  test('a refused run --save must leave the file and the sandbox as they were, and name a call that saves', async () => {
    const text = `agent: shell\nmounts:\n  - ${project.beside('data')}:/data\n`
    await project.write(text)
    const before = await objectsOf(project)
    const ran = await project.sbx(['run', '-e', 'MORE=1', '--save', '--', '-c', 'true'])
    expect(ran).toMatchObject({ exitCode: 3, stdout: '' })
    expect(ran.stderr).toContain('sbx run -e MORE=... --save --allow mount:/data')
    expect(ran.stderr).not.toContain('Saved')
    expect(await fileText(project)).toBe(text)
    expect(await objectsOf(project)).toEqual(before)
  })
})

describe('in a folder without a file', () => {
  const show = ['--', '-c', 'echo "<$WORD> <$HANDED>"; cat /data/note']
  let project: Project
  beforeAll(async () => {
    project = await Project.create()
    await mkdir(project.beside('data'))
    await writeFile(project.beside('data/note'), 'from the host\n')
  })
  afterAll(async () => {
    await project.remove()
  })

  test('run --save must refuse values that nobody knows any more, before anything is written or changed', async () => {
    const flags = ['-e', 'WORD=one', '-e', 'HANDED', '-v', `${project.beside('data')}:/data:ro`]
    const made = await project.sbx(['run', 'shell', ...flags, ...show], { env: { HANDED: 'on' } })
    expect(made).toMatchObject({ exitCode: 0, stdout: '<one> <on>\nfrom the host\n' })
    expect(made.stderr.replaceAll(/\s+/g, ' ')).toMatch(/given by a flag of this call:.* env:HANDED -e /)
    expect(made.stderr).not.toContain('needs a yes')
    const before = await objectsOf(project)
    const ran = await project.sbx(['run', 'shell', '--save', ...show], { env: { HANDED: 'on' } })
    expect(ran).toMatchObject({ exitCode: 125, stdout: '' })
    expect(ran.stderr).toContain('sbx run shell -e WORD=... --save')
    await expect(fileText(project)).rejects.toThrow('ENOENT')
    expect(await objectsOf(project)).toEqual(before)
  })

  test('and must write those that stayed together with those of this call, for the same container', async () => {
    const { Id } = await project.container()
    const ran = await project.sbx(['run', 'shell', '-e', 'WORD=two', '--save', ...show], { env: { HANDED: 'on' } })
    expect(ran).toMatchObject({ exitCode: 0, stdout: '<two> <on>\nfrom the host\n' })
    expect(await fileText(project)).toBe(
      'version: 1\nagent: shell\nenv:\n  WORD: two\n  HANDED: ${env:HANDED}\n' +
        `mounts:\n  - ${project.beside('data')}:/data:ro\n`,
    )
    expect((await project.container()).Id).toBe(Id)
    expect(await project.ok(['run', ...show], { env: { HANDED: 'on' } })).toBe('<two> <on>\nfrom the host\n')
  })
})
