// Which sandbox a command means, and what ls, stop, rm and prune do with those they mean.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ListDocument } from './support/documents.js'
import { nothing, objectsOf } from './support/objects.js'
import { Project } from './support/project.js'

describe('several sandboxes', () => {
  let project: Project
  let ids: Readonly<Record<string, string>>
  beforeAll(async () => {
    project = await Project.create()
    await mkdir(join(project.folder, 'nested'))
    for (const name of ['web', 'web-old', 'api']) {
      await project.write(`agent: shell\nname: ${name}\n`)
      await project.ok(['apply', '--yes'])
    }
    const { sandboxes } = await project.json<ListDocument>(['ls'])
    ids = Object.fromEntries(sandboxes.map(({ name, id }) => [name, id]))
  })
  afterAll(async () => {
    await project.remove()
  })

  function id(name: string): string {
    return ids[name] ?? `no ${name}`
  }

  async function who(name: string): Promise<string> {
    const [sandbox] = await project.json<readonly { readonly name: string }[]>(['inspect', name])
    return sandbox?.name ?? ''
  }

  test('ls -q must print ids alone, oldest first', async () => {
    expect(await project.ok(['ls', '-q'])).toBe(`${id('web')}\n${id('web-old')}\n${id('api')}\n`)
  })

  test('a name must go before a prefix, and an unambiguous prefix must do', async () => {
    expect(await who('web')).toBe('web')
    expect(await who(id('web-old'))).toBe('web-old')
    expect(await who('web-o')).toBe('web-old')
    expect(await who('a')).toBe('api')
  })

  test('an ambiguous prefix must be refused with those that fit', async () => {
    const ran = await project.sbx(['stop', 'we'])
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toContain(id('web'))
    expect(ran.stderr).toContain(id('web-old'))
    expect((await project.containers()).map(({ State }) => State)).toEqual(['running', 'running', 'running'])
  })

  test('what nothing is called must be refused, and a part of an engine id is not a name', async () => {
    const [container] = await project.containers()
    for (const name of ['nothing', container?.Id.slice(0, 3) ?? '']) {
      const ran = await project.sbx(['rm', name])
      expect(ran.exitCode).toBe(1)
      expect(ran.stderr).toContain('sbx ls')
    }
    expect(await project.containers()).toHaveLength(3)
  })

  test('a folder with several must be told to name one', async () => {
    const ran = await project.sbx(['stop'], { folder: 'nested' })
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toContain(id('api'))
  })

  test('exec NAME must reach that sandbox from any folder', async () => {
    const ran = await project.sbx(['exec', 'web-old', '--', 'pwd'], { folder: '../home' })
    expect(ran).toMatchObject({ exitCode: 0, stdout: `${project.folder}\n` })
  })

  test('stop must stop those that are named, and no other, and do nothing the second time', async () => {
    await project.ok(['stop', 'web', 'web-old'])
    const status = async (): Promise<unknown> =>
      Object.fromEntries((await project.json<ListDocument>(['ls'])).sandboxes.map((each) => [each.name, each.status]))
    expect(await status()).toEqual({ web: 'stopped', 'web-old': 'stopped', api: 'running' })
    const before = await objectsOf(project)
    expect(await project.ok(['stop', 'web'])).toBe('Nothing to do.\n')
    expect(await objectsOf(project)).toEqual(before)
    expect((await project.sbx(['exec', 'web', '--', 'true'])).exitCode).toBe(125)
  })

  test('stop, ls and rm must need no file', async () => {
    await project.write('agent: [')
    await project.ok(['stop', 'api'])
    await project.ok(['rm', 'web-old'])
    expect(await project.ok(['ls', '-q'])).toBe(`${id('web')}\n${id('api')}\n`)
  })

  test('rm $(sbx ls -q) must remove all and keep the homes, which rm --volumes removes by id', async () => {
    await project.ok(['rm', ...(await project.ok(['ls', '-q'])).trim().split('\n')])
    expect(await project.ok(['ls', '-q'])).toBe('')
    expect((await objectsOf(project)).volumes).toHaveLength(3)
    await project.ok(['rm', '--volumes', ...Object.values(ids)])
    expect((await objectsOf(project)).volumes).toEqual([])
  })

  test('prune must remove the network that no sandbox is on', async () => {
    await project.ok(['prune', '--yes'])
    expect(await objectsOf(project)).toEqual(nothing)
    expect(await project.ok(['prune'])).toBe('Nothing to remove.\n')
  })
})
