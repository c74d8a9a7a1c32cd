import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ownUid, placed, project } from './project.js'

const startFolder = process.cwd()
afterEach(() => process.chdir(startFolder))

describe('the file', () => {
  test('is the nearest one upwards', async () => {
    const { load, folder } = await project({
      'work/sandbox.yaml': 'agent: outer\n',
      'work/a/sandbox.yaml': 'agent: inner\n',
      'work/a/b/package.json': '{}',
      'work/a/b/c/x': '',
    })
    const { config, directory } = await load({ workingFolder: join(folder, 'a/b/c') })
    expect(config.agent).toEqual({ name: 'inner' })
    expect(directory).toBe(join(folder, 'a'))
  })

  test('is not looked for above the root of the repository', async () => {
    const { load, folder } = await project({
      'work/sandbox.yaml': 'agent: outer\n',
      'work/clone/.git/HEAD': '',
      'work/clone/src/x': '',
      'work/worktree/.git': 'gitdir: elsewhere\n',
    })
    expect((await load({ workingFolder: join(folder, 'clone/src') })).file).toBeNull()
    expect((await load({ workingFolder: join(folder, 'worktree') })).file).toBeNull()
  })

  test('is not looked for above the home folder', async () => {
    const { load, folder, home } = await project({ 'sandbox.yaml': 'agent: outer\n', 'work/x/y': '' })
    expect((await load({ workingFolder: join(folder, 'x'), home: folder })).file).toBeNull()
    expect((await load({ workingFolder: join(folder, 'x') })).file).not.toBeNull()
    await symlink(folder, join(home, 'link'))
    expect((await load({ workingFolder: join(folder, 'x'), home: join(home, 'link') })).file).toBeNull()
  })

  test('with the other ending is told, not passed over', async () => {
    const { problems } = await project({ 'work/sandbox.yml': 'agent: a\n' })
    expect(await problems()).toMatchObject([{ code: 'config/wrong-name', command: 'mv sandbox.yml sandbox.yaml' }])
  })

  test('wins over one with the other ending', async () => {
    const { load } = await project({ 'work/sandbox.yaml': 'agent: a\n', 'work/sandbox.yml': 'agent: b\n' })
    expect((await load()).config.agent).toEqual({ name: 'a' })
  })

  test('is told when it is not there although it was named', async () => {
    const { problems } = await project({})
    expect((await problems({ explicitFile: 'gone.yaml' })).map(({ code }) => code)).toEqual(['config/no-file'])
  })

  test('is refused when it belongs to someone else, as is a base', async () => {
    const { problems, folder, home } = await project({
      'base.yaml': 'agent: a\n',
      'work/sandbox.yaml': 'extends: ../base.yaml\n',
    })
    const stranger = ownUid() + 4321
    if (ownUid() === 0) await chown(join(home, 'base.yaml'), stranger, stranger)
    const told = (await problems(ownUid() === 0 ? {} : { uid: stranger })).map(({ code }) => code)
    expect(told).toEqual(['config/foreign-file'])
    if (ownUid() !== 0) return
    await chown(join(folder, 'sandbox.yaml'), stranger, stranger)
    expect((await problems()).map(placed)).toEqual(['1:1 config/foreign-file <>'])
    expect((await problems({ uid: stranger })).map(({ code }) => code)).toEqual([])
  })

  test('is refused when it is no plain file, without waiting for anyone', async () => {
    const { problems, folder } = await project({})
    const file = join(folder, 'sandbox.yaml')
    execFileSync('mkfifo', [file])
    expect((await problems()).map(({ code }) => code)).toEqual(['config/unreadable'])
    expect((await problems({ explicitFile: file })).map(({ code }) => code)).toEqual(['config/unreadable'])
  })

  test('is refused when it is a folder or a link to nothing', async () => {
    const { problems, folder } = await project({})
    await mkdir(join(folder, 'a/sandbox.yaml'), { recursive: true })
    await mkdir(join(folder, 'b'))
    await symlink('gone', join(folder, 'b/sandbox.yaml'))
    await mkdir(join(folder, 'c'))
    await symlink('sandbox.yaml', join(folder, 'c/sandbox.yaml'))
    for (const name of ['a', 'b', 'c']) {
      expect((await problems({ workingFolder: join(folder, name) })).map(({ code }) => code)).toEqual([
        'config/unreadable',
      ])
    }
  })
})

describe('a link in its place', () => {
  test('is refused when it leads to what is no YAML file, and nothing of that is quoted', async () => {
    const { problems, folder } = await project({ secret: 'aws_secret_access_key = AKIAPLANTED\n' })
    await mkdir(join(folder, 'work'))
    await symlink(join(folder, 'secret'), join(folder, 'work/sandbox.yaml'))
    const found = await problems({ workingFolder: join(folder, 'work') })
    expect(found.map(({ code }) => code)).toEqual(['config/unreadable'])
    expect(JSON.stringify(found)).not.toContain('AKIAPLANTED')
  })
})

describe('looking for it runs and follows nothing', () => {
  test('no .config/config.js of the working folder', async () => {
    const { load, folder } = await project({
      'work/.config/config.js': 'require("node:fs").writeFileSync(require("node:path").join(__dirname, "ran"), "")\n',
      'work/package.json': '{"cosmiconfig": {"searchPlaces": ["evil.yaml"]}}',
      'work/evil.yaml': 'agent: evil\n',
      'work/sandbox.yaml': 'agent: good\n',
    })
    process.chdir(folder)
    expect((await load()).config.agent).toEqual({ name: 'good' })
    expect(execFileSync('ls', [join(folder, '.config')], { encoding: 'utf8' })).toBe('config.js\n')
  })

  test('no $import', async () => {
    const { problems, folder } = await project({ 'work/sandbox.yaml': '$import: ./other.yaml\n' })
    await writeFile(join(folder, 'other.yaml'), 'agent: evil\n')
    await chmod(join(folder, 'other.yaml'), 0o644)
    expect((await problems()).map(placed)).toEqual(['1:1 config/unknown-key <$import>'])
  })
})
