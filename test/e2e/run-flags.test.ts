// The flags of `sbx run` lie over the file, are shown, and are never lost without a word.

import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ListDocument } from './support/documents.js'
import { objectsOf } from './support/objects.js'
import { Project } from './support/project.js'

async function withData(): Promise<Project> {
  const project = await Project.create()
  await mkdir(project.beside('data'))
  await writeFile(project.beside('data/note'), 'from the host\n')
  return project
}

async function names(project: Project): Promise<readonly string[]> {
  return (await project.json<ListDocument>(['ls'])).sandboxes.map(({ name }) => name)
}

describe('in a folder without a file', () => {
  let project: Project
  const show = ['--', '-c', 'echo "<$WORD> <$HANDED>"; cat /data/note 2>/dev/null || echo "no data"']
  beforeAll(async () => {
    project = await withData()
  })
  afterAll(async () => {
    await project.remove()
  })

  test('run must say which agents there are when none is named', async () => {
    const ran = await project.sbx(['run'])
    expect(ran.exitCode).toBe(125)
    expect(ran.stderr).toMatch(/claude,[^.]* shell\./)
  })

  test('run AGENT must work, with its flags in the plan and what they allow not asked about', async () => {
    const flags = ['-e', 'WORD=one', '-e', 'HANDED', '-v', `${project.beside('data')}:/data:ro`]
    const ran = await project.sbx(['run', 'shell', ...flags, ...show], { env: { HANDED: 'on' } })
    expect(ran).toMatchObject({ exitCode: 0, stdout: '<one> <on>\nfrom the host\n' })
    expect(ran.stderr).toMatch(/mounts .*data -> \/data .*\(-v\)/)
    expect(ran.stderr).toMatch(/WORD .*\(-e\)/)
  })

  test('flags must stay with the sandbox', async () => {
    const { Id } = await project.container()
    const ran = await project.sbx(['run', 'shell', '-e', 'WORD=two', ...show], { env: { HANDED: 'on' } })
    expect(ran).toMatchObject({ exitCode: 0, stdout: '<two> <on>\nfrom the host\n' })
    expect((await project.container()).Id).toBe(Id)
  })

  test('a value that was typed and kept nowhere must be asked for again, and nothing changes meanwhile', async () => {
    const before = await objectsOf(project)
    const ran = await project.sbx(['run', 'shell', ...show], { env: { HANDED: 'on' } })
    expect(ran).toMatchObject({ exitCode: 125, stdout: '' })
    expect(ran.stderr).toContain('sbx run -e WORD=')
    expect(ran.stderr).toContain('--reset')
    expect(ran.stderr).not.toMatch(/Plan:/)
    expect(await objectsOf(project)).toEqual(before)
  })

  test('--reset must forget them', async () => {
    const ran = await project.sbx(['run', 'shell', '--reset', '--yes', ...show])
    expect(ran).toMatchObject({ exitCode: 0, stdout: '<> <>\nno data\n' })
    expect((await project.container()).Mounts.map(({ Destination }) => Destination)).not.toContain('/data')
    expect((await project.sbx(['run', 'shell', ...show])).stderr).toBe('')
  })
})

describe('a mount by a link in the workspace', () => {
  const show = ['--', '-c', 'cat /data/note']
  let project: Project
  const link = async (name: string): Promise<void> => {
    await rm(join(project.folder, 'data'), { force: true })
    await symlink(project.beside(name), join(project.folder, 'data'))
  }
  beforeAll(async () => {
    project = await withData()
    await mkdir(project.beside('private'))
    await writeFile(project.beside('private/note'), 'not for an agent\n')
  })
  afterAll(async () => {
    await project.remove()
  })

  test('must be asked about although it was typed, and again when it leads elsewhere', async () => {
    await link('data')
    const typed = ['run', 'shell', '-v', './data:/data']
    expect(await project.sbx([...typed, ...show])).toMatchObject({ exitCode: 3, stdout: '' })
    expect(await project.ok([...typed, '--allow', 'mount:/data', ...show])).toBe('from the host\n')
    expect(await project.ok(['run', 'shell', ...show])).toBe('from the host\n')
    await link('private')
    const before = await objectsOf(project)
    for (const again of [['run', 'shell'], typed]) {
      const ran = await project.sbx([...again, ...show])
      expect(ran).toMatchObject({ exitCode: 3, stdout: '' })
      expect(ran.stderr).toContain('--allow mount:/data')
    }
    expect(await objectsOf(project)).toEqual(before)
  })
})

describe('in a folder with a file', () => {
  let project: Project
  beforeAll(async () => {
    project = await withData()
    await project.write('agent: shell\nname: web\nnetwork: none\nenv: { WORD: from the file }\n')
  })
  afterAll(async () => {
    await project.remove()
  })
  const socket = 'test -w /var/run/docker.sock && echo socket || echo no socket'
  const show = ['--', '-c', `echo "<$WORD>"; cat /data/note 2>/dev/null || echo "no data"; ${socket}`]
  const image = 'localhost/sbx-shell:latest'

  test('-e, -v, -t and --mount-docker-socket must lie over it for this call, as a grant that was typed', async () => {
    const flags = ['-e', 'WORD=from a flag', '-v', `${project.beside('data')}:/data`, '-t', image]
    const ran = await project.sbx(['run', ...flags, '--mount-docker-socket', ...show])
    expect(ran).toMatchObject({ exitCode: 0, stdout: '<from a flag>\nfrom the host\nsocket\n' })
    expect(ran.stderr).toMatch(/engine socket/)
    const { Config, Mounts: mounts } = await project.container()
    const mount = mounts.find(({ Destination }) => Destination === '/data')
    expect(mount).toMatchObject({ Source: project.beside('data'), RW: true })
    expect(Config.Image).toBe(image)
  })

  test('a run without them must ask before it undoes them, and elsewhere exit 3 naming them', async () => {
    const before = await objectsOf(project)
    const ran = await project.sbx(['run', ...show])
    expect(ran).toMatchObject({ exitCode: 3, stdout: '' })
    const said = ran.stderr.replaceAll(/\s+/g, ' ')
    expect(said).toContain(`-e WORD`)
    expect(said).toContain(`-v ${project.beside('data')}:/data`)
    expect(said).toContain(`-t ${image}`)
    expect(said).toContain('--mount-docker-socket')
    expect(said).toContain('sbx run --reset')
    expect(await objectsOf(project)).toEqual(before)
  })

  test('--reset must go back to what the file says', async () => {
    expect(await project.ok(['run', '--reset', ...show])).toBe('<from the file>\nno data\nno socket\n')
    expect((await project.container()).Config.Image).not.toBe(image)
    expect((await project.sbx(['plan', '--detailed-exitcode'])).exitCode).toBe(0)
  })

  test('--name and -w must make another sandbox', async () => {
    const [web] = await project.containers()
    await mkdir(join(project.folder, '../elsewhere'))
    expect(await project.ok(['run', '--name', 'other', '--', '-c', 'pwd'])).toBe(`${project.folder}\n`)
    expect(await names(project)).toEqual(['web', 'other'])
    const ran = await project.ok(['run', 'shell', '-w', '../elsewhere', '--', '-c', 'pwd'])
    expect(ran).toBe(`${project.beside('elsewhere')}\n`)
    expect(await project.containers()).toHaveLength(3)
    expect((await project.docker.getContainer(web?.Id ?? '').inspect()).State.Running).toBe(true)
  })

  test('--credentials must say where the login lives', async () => {
    const login = async (): Promise<boolean> => {
      const [claude] = (await project.json<ListDocument>(['ls'])).sandboxes.filter(({ agent }) => agent === 'claude')
      const { Mounts } = await project.docker.getContainer(claude?.container_id ?? '').inspect()
      return Mounts.some(({ Destination }) => Destination === '/run/sbx/login')
    }
    await project.ok(['run', 'claude', '--', '--version'])
    expect(await login()).toBe(true)
    await project.ok(['run', 'claude', '--credentials', 'none', '--', '--version'])
    expect(await login()).toBe(false)
  })

  test('arguments that begin with a dash must be appended to the file’s, others replace them', async () => {
    await project.write('agent: { name: shell, args: [-c, \'echo "$0 $@"\', file] }\nname: web\nnetwork: none\n')
    expect(await project.ok(['run', '--', '-x', '--yes'])).toBe('file -x --yes\n')
    await project.write('echo replaced "$@"\n', 'script')
    expect(await project.ok(['run', '--', 'script', '-x'])).toBe('replaced -x\n')
  })

  test('a flag that does not exist must exit 125, and one with a value that does not, too', async () => {
    for (const flags of [['--bogus'], ['--credentials', 'bogus'], ['-v', 'nonsense']]) {
      expect((await project.sbx(['run', ...flags])).exitCode).toBe(125)
    }
  })
})
