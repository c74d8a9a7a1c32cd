// Where mounts come from on this machine: nothing that a sandbox could have swapped is ever mounted.

import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Project } from './support/project.js'
import { Screen } from './support/screen.js'

let project: Project
beforeEach(async () => {
  project = await Project.create()
})
afterEach(async () => {
  await project.remove()
})

function mounting(source: string): string {
  return `agent: shell\nnetwork: none\nmounts:\n  - ${source}:/data:ro\n`
}

test('a source beneath the workspace must be refused, with its line, and nothing be made', async () => {
  await mkdir(join(project.folder, 'hooks'))
  await project.write(mounting('./hooks'))
  const ran = await project.sbx(['apply', '--yes', '--allow', 'mount:/data'])
  expect(ran.exitCode).toBe(1)
  expect(ran.stderr).toContain('sandbox.yaml:4')
  expect(await project.containers()).toEqual([])
})

test('a source beneath what another sandbox can write must be refused', async () => {
  const other = await Project.create({ scope: project.scope })
  try {
    await other.write('agent: shell\nnetwork: none\n')
    await other.ok(['apply', '--yes'])
    await mkdir(join(other.folder, 'data'))
    await project.write(mounting(join(other.folder, 'data')))
    const ran = await project.sbx(['apply', '--yes', '--allow', 'mount:/data'])
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toContain(join(other.folder, 'data'))
    expect(await project.containers()).toHaveLength(1)
  } finally {
    await other.remove()
  }
})

test('a source that became a link between an apply and the next start must be refused, and nothing start', async () => {
  const source = project.beside('data')
  await mkdir(source)
  await mkdir(project.beside('elsewhere'))
  await writeFile(project.beside('elsewhere/key'), 'not for the sandbox')
  await project.write(mounting(source))
  await project.ok(['apply', '--yes', '--allow', 'mount:/data'])
  await project.ok(['stop'])

  await rename(source, project.beside('aside'))
  await symlink(project.beside('elsewhere'), source)

  for (const args of [
    ['apply', '--yes'],
    ['run', '--', '-c', 'cat /data/key'],
    ['apply', '--yes', '--recreate'],
  ]) {
    const ran = await project.sbx(args)
    expect(ran).toMatchObject({ exitCode: 3 })
    expect(ran.stderr).toContain('mount:/data')
    expect(ran.stdout).not.toContain('not for the sandbox')
    expect((await project.container()).State.Running).toBe(false)
  }
})

test('a source that becomes a link while a person thinks about the plan must not be mounted', async () => {
  const source = project.beside('data')
  await mkdir(source)
  await mkdir(project.beside('elsewhere'))
  await project.write(mounting(source))
  const screen = await Screen.open(project)
  try {
    await screen.enter('$SBX apply --yes')
    await screen.see(/\[y\/N\] $/)
    await rename(source, project.beside('aside'))
    await symlink(project.beside('elsewhere'), source)
    await screen.clear()
    await screen.enter('y')
    await screen.see(/^host> $/m)
    expect(await screen.text()).toContain('source')
    await screen.enter('echo "code $?"')
    await screen.see(/^code 1/m)
  } finally {
    await screen.close()
  }
  expect(await project.containers()).toEqual([])
})

test('a workspace whose way became a link must not be mounted', async () => {
  await project.write('agent: shell\nnetwork: none\n')
  await project.ok(['apply', '--yes'])
  const before = await project.container()
  await project.ok(['stop'])
  await rename(project.folder, `${project.folder}-aside`)
  await symlink(`${project.folder}-aside`, project.folder)
  // Called in it, sbx means the folder that the link leads to, which is another workspace.
  await project.sbx(['apply', '--yes'])
  const after = await project.docker.getContainer(before.Id).inspect()
  expect(after.State.Running).toBe(false)
})

test('a source that is not there must be an error that names the key, and nothing be made of it', async () => {
  await project.write(mounting(project.beside('absent')))
  const ran = await project.sbx(['plan'])
  expect(ran.exitCode).toBe(1)
  expect(ran.stderr).toContain('sandbox.yaml:4')
  await expect(rename(project.beside('absent'), project.beside('there'))).rejects.toThrow('ENOENT')
})
