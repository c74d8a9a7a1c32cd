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
      await project.write(`agent: shell\nname: ${name}\n${name === 'api' ? '' : 'network: none\n'}`)
      // The last one has the network that the others of this folder do without.
      await project.ok(['apply', '--yes', '--allow-widen'])
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

  async function who(...args: readonly string[]): Promise<string> {
    const options = { folder: 'nested' }
    const [sandbox] = await project.json<readonly { readonly name: string }[]>(['inspect', ...args], options)
    return sandbox?.name ?? ''
  }

  test('ls -q must print ids alone, oldest first', async () => {
    // The engine tells whole seconds, in which two can be made.
    const made = (await project.containers()).toSorted((a, b) => a.Created - b.Created || (a.Id < b.Id ? -1 : 1))
    const sandboxes = made.map(({ Labels: labels }) => labels['dev.sbx.sandbox'] ?? '')
    expect(new Set(sandboxes)).toEqual(new Set(Object.values(ids)))
    expect(await project.ok(['ls', '-q'])).toBe(sandboxes.map((each) => `${each}\n`).join(''))
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

  test('without a name the one that the file describes must be meant, also where the file cannot be applied', async () => {
    expect(await who()).toBe('api')
    const unusable = '  # not there:\ntemplate: ./gone\nenv: { TOKEN: "${env:SBX_NOT_SET}" }\n'
    for (const more of ['', unusable]) {
      await project.write(`agent: shell\nname: web-old\n${more}`)
      expect(await who()).toBe('web-old')
    }
    await project.write('name: web\ntemplate: shell\n', 'other.yaml')
    expect(await who('--config', '../other.yaml')).toBe('web')
    const hostname = await project.ok(['exec', 'web', '--', 'hostname'])
    const named = ['exec', '--config', '../project/other.yaml', '--', 'hostname']
    expect(await project.ok(named, { folder: '../home' })).toBe(hostname)
  })

  test('a folder with several must be told to name one where the file describes none of them or has errors', async () => {
    for (const text of ['agent: claude\nname: web\n', 'agent: [']) {
      await project.write(text)
      for (const verb of ['stop', 'rm', 'inspect', 'shell']) {
        const ran = await project.sbx([verb], { folder: 'nested' })
        expect(ran.exitCode).toBe(verb === 'shell' ? 125 : 1)
        expect(ran.stderr).toContain('More than one sandbox fits')
        expect(ran.stderr).toContain(id('api'))
      }
    }
    expect(await project.containers()).toHaveLength(3)
  })

  test('a --config whose sandbox is gone, or that is not there, must mean no sandbox', async () => {
    await project.write('agent: shell\nname: never-made\n', 'other.yaml')
    const none = await project.sbx(['rm', '--config', 'other.yaml'])
    expect(none).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('cli/no-sandbox-here') })
    const ran = await project.sbx(['rm', '--config', 'gone.yaml'])
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('There is no such config file') })
    expect(await project.containers()).toHaveLength(3)
  })

  test('stop, inspect and rm must reach that of a profile by --profile, and apply must tell it apart', async () => {
    await project.write('agent: shell\nname: web\nprofiles: { review: { network: none } }\n')
    const review = ['--profile', 'review']
    expect((await project.sbx(['rm', ...review])).stderr).toContain('None with the profile review')
    expect(await project.ok(['apply', '--yes', ...review])).toMatch(/^Applied: web \(review\) created in /m)
    const running = async (): Promise<unknown> =>
      (await project.json<ListDocument>(['ls'])).sandboxes.map(({ status }) => status).sort()
    await project.ok(['stop', ...review])
    expect(await running()).toEqual(['running', 'running', 'running', 'stopped'])
    expect(await project.json(['inspect', ...review])).toMatchObject([{ name: 'web', profile: 'review' }])
    expect(await project.json(['inspect'])).toMatchObject([{ id: id('web'), profile: null }])
    await project.ok(['rm', '--volumes', ...review])
    expect(await running()).toEqual(['running', 'running', 'running'])
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
    const left = (await project.ok(['ls', '-q'])).trim().split('\n')
    expect(new Set(left)).toEqual(new Set([id('web'), id('api')]))
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
