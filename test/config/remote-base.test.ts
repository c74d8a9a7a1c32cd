// A base that another part has fetched from a git repository: what it may name, and what it may not.

import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ReadRemoteBase } from '../../src/config/remote-base.js'
import { fail } from '../../src/model/diagnostic.js'
import { project, type Project } from './project.js'

const reference = 'git+https://host/team/base.git//base.yaml@v1'

/** As if `fetched` in the home were the repository. */
function from({ home }: Project): ReadRemoteBase {
  const folder = join(home, 'fetched')
  return () =>
    Promise.resolve({
      file: join(folder, 'base.yaml'),
      folder,
      template: (path) => `git+https://host/team/base.git//${path.slice(folder.length + 1)}@commit`,
    })
}

async function extending(base: string, more: Readonly<Record<string, string>> = {}): Promise<Project> {
  return project({ 'work/sandbox.yaml': `extends: ${reference}\n`, 'fetched/base.yaml': base, ...more })
}

describe('a base in a git repository', () => {
  test('names files and templates that are in it', async () => {
    const made = await extending('extends: ./more.yaml\ntemplate: ./templates/python\nenvFile: .env\n', {
      'fetched/more.yaml': 'agent: shell\n',
    })
    const { config, profiles } = await made.load({ readRemoteBase: from(made) })
    expect(config).toMatchObject({
      agent: { name: 'shell' },
      template: 'git+https://host/team/base.git//templates/python@commit',
      envFile: { [join(made.home, 'fetched/.env')]: { optional: false } },
    })
    expect(profiles).toEqual([])
  })

  test('is asked for by the file of the project and by the line', async () => {
    const made = await extending('agent: shell\n')
    const asked: unknown[] = []
    const readRemoteBase: ReadRemoteBase = (...request) => {
      asked.push(request)
      return from(made)(...request)
    }
    await made.load({ readRemoteBase })
    const file = join(made.folder, 'sandbox.yaml')
    expect(asked).toEqual([[reference, file, expect.objectContaining({ file, line: 1 })]])
  })

  test.each([
    ['mounts: ["./data:/data"]\n', 'a mount is of a folder of this machine'],
    ['template: ../python\n', 'leads out of the folder'],
    ['extends: ../other.yaml\n', 'leads out of the folder'],
    ['envFile: ../../.env\n', 'leads out of the folder'],
  ])('says %j at its own line', async (base, why) => {
    const made = await extending(base)
    expect(await made.problems({ readRemoteBase: from(made) })).toMatchObject([
      { code: 'config/bad-value', detail: expect.stringContaining(why) as string, at: { line: 1 } },
    ])
  })

  test('is no way to have a file of the user’s read as its own', async () => {
    const made = await project({
      'work/sandbox.yaml': `extends: ${reference}\n`,
      'fetched/x': '',
      'private.yaml': 'a: b\n',
    })
    await symlink(join(made.home, 'private.yaml'), join(made.home, 'fetched/base.yaml'))
    expect(await made.problems({ readRemoteBase: from(made) })).toMatchObject([{ code: 'config/unreadable' }])
  })

  test('that cannot be had is one problem among the others', async () => {
    const made = await project({ 'work/sandbox.yaml': `extends: ${reference}\nagnet: x\n` })
    const readRemoteBase: ReadRemoteBase = (_, __, at) => fail('template/git-unreachable', 'It cannot', { at })
    const codes = (await made.problems({ readRemoteBase })).map(({ code }) => code)
    expect(codes.sort()).toEqual(['config/unknown-key', 'template/git-unreachable'])
  })

  test('cannot be that of a personal file', async () => {
    const made = await project({ 'work/sandbox.yaml': '', '.config/sbx/sandbox.yaml': `extends: ${reference}\n` })
    const [first] = await made.problems({ readRemoteBase: from(made) })
    expect(first).toMatchObject({ code: 'config/remote-base', at: { line: 1 } })
  })
})
