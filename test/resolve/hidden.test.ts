import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkHidden, resolveHidden } from '../../src/resolve/hidden.js'
import { checkUnmoved, fallenOut, rememberHidden } from '../../src/resolve/hidden-state.js'
import { complaints, fromLine, machine } from './fixture.js'

const hiding = (...paths: readonly string[]) => ({
  workspace: { hide: Object.fromEntries(paths.map((path) => [path, true as const])) },
})

describe('what is hidden', () => {
  test('is what is there, as a file or a folder', () => {
    const { workspace, write } = machine()
    write('home/ada/src/web/.env', 'KEY=1')
    write('home/ada/src/web/config/keys/live', 'k')
    const config = hiding('.env', 'config/keys', 'not/there', '.env/in-a-file')
    expect(resolveHidden(config, {}, { path: workspace, onHost: workspace }, {})).toEqual({
      hide: { '.env': 'file', 'config/keys': 'folder' },
      problems: [],
    })
  })

  test('is nothing more in a folder that is hidden as a whole', () => {
    const { workspace, write } = machine()
    write('home/ada/src/web/secrets/key', 'k')
    expect(
      resolveHidden(hiding('secrets/key', 'secrets'), {}, { path: workspace, onHost: workspace }, {}).hide,
    ).toEqual({ secrets: 'folder' })
  })

  test('has no link at its end and none on the way, be there something behind it or not', () => {
    const { workspace, write, root } = machine()
    write('home/ada/src/web/real/key', 'k')
    symlinkSync('real', join(workspace, 'config'))
    symlinkSync(join(root, 'nowhere'), join(workspace, '.env'))
    const origins = { '/workspace/hide/.env': fromLine(4) }
    const { hide, problems } = resolveHidden(
      hiding('.env', 'config/key'),
      origins,
      { path: workspace, onHost: workspace },
      {},
    )
    expect(hide).toEqual({})
    expect(problems).toMatchObject([
      { code: 'resolve/hidden-link', at: { line: 4 }, detail: expect.stringContaining('.env is a link') as string },
      { code: 'resolve/hidden-link', detail: expect.stringContaining('config, on the way to config/key') as string },
    ])
  })

  test('is the workspace, and not what is mounted into it', () => {
    const { workspace, write } = machine()
    write('home/ada/src/web/data/x', '')
    const mounts = { [`${workspace}/data`]: { source: '/srv/data', readonly: true } }
    for (const path of ['data', 'data/x']) {
      const { problems } = resolveHidden(hiding(path), {}, { path: workspace, onHost: workspace }, mounts)
      expect(problems.map(({ code }) => code)).toEqual(['resolve/hidden-mount'])
    }
  })

  test('is not to be seen through a mount of what is in it', () => {
    const { workspace, folder } = machine()
    const mounts = { '/mnt': { source: folder('home/ada/src/web/keys/live'), readonly: true } }
    const { problems } = resolveHidden(hiding('keys'), {}, { path: workspace, onHost: workspace }, mounts)
    expect(problems.map(({ code }) => code)).toEqual(['resolve/hidden-mounted'])
    expect(resolveHidden(hiding('keys/livery'), {}, { path: workspace, onHost: workspace }, mounts).problems).toEqual(
      [],
    )
  })

  test('is not to be seen through a mount at another place', () => {
    const { workspace, home, write } = machine()
    write('home/ada/src/web/data/x', '')
    for (const source of [home, workspace, `${workspace}/data`, `${workspace}/data/x`]) {
      const mounts = { '/mnt': { source, readonly: true } }
      const { problems } = resolveHidden(hiding('data/x'), {}, { path: workspace, onHost: workspace }, mounts)
      expect(problems.map(({ code }) => code)).toEqual(['resolve/hidden-mounted'])
    }
    const mounts = { '/mnt': { source: `${workspace}/other`, readonly: true } }
    expect(resolveHidden(hiding('data/x'), {}, { path: workspace, onHost: workspace }, mounts).problems).toEqual([])
  })
})

describe('directly before a start', () => {
  const spec = (path: string) =>
    ({
      workspace: { path, readonly: false },
      hide: { '.env': 'file', secrets: 'folder' },
    }) as const

  test('what was put in the way since the plan is told', async () => {
    const { workspace, write } = machine()
    write('home/ada/src/web/.env', '')
    write('home/ada/src/web/secrets/key', '')
    expect(() => checkHidden(spec(workspace))).not.toThrow()
    rmSync(join(workspace, '.env'))
    renameSync(join(workspace, 'secrets'), join(workspace, 'old'))
    symlinkSync('old', join(workspace, 'secrets'))
    const told = await complaints(Promise.resolve().then(() => checkHidden(spec(workspace))))
    expect(told.map(({ code }) => code)).toEqual(['resolve/hidden-changed', 'resolve/hidden-link'])
  })
})

describe('a cover', () => {
  function sandbox() {
    const { workspace, write, folder } = machine()
    const file = write('home/ada/src/web/.env', 'KEY=1')
    write('home/ada/src/web/secrets/key', 'k')
    const spec = {
      workspace: { path: workspace, readonly: false },
      hide: { '.env': 'file', secrets: 'folder' },
    } as const
    const state = folder('home/ada/.local/state/sbx')
    const started = (startedAt: string) => ({ id: 'c1', startedAt, spec })
    const web = { id: 'web', workspace, inode: '1:1:1' }
    return { workspace, file, spec, state, started, web }
  }

  const replace = (file: string): void => {
    writeFileSync(`${file}.new`, 'KEY=2')
    renameSync(`${file}.new`, file)
  }

  test('stays on a file that is written, and falls with one that is replaced', async () => {
    const { file, spec, state, started, web } = sandbox()
    await rememberHidden(state, web, null, spec.hide)
    writeFileSync(file, 'KEY=3')
    expect(await fallenOut(state, 'web', started('t1'))).toEqual([])
    replace(file)
    expect(await fallenOut(state, 'web', started('t1'))).toEqual(['.env'])
  })

  test('falls with a folder that is made anew, and shows nothing of what is gone', async () => {
    const { workspace, file, spec, state, started, web } = sandbox()
    await rememberHidden(state, web, null, spec.hide)
    rmSync(file)
    renameSync(join(workspace, 'secrets'), join(workspace, 'aside'))
    mkdirSync(join(workspace, 'secrets'))
    expect(await fallenOut(state, 'web', started('t1'))).toEqual(['secrets'])
  })

  test('falls where it cannot be looked at', async () => {
    const { workspace, write, folder } = machine()
    write('home/ada/src/web/config/key', 'k')
    const hide = { 'config/key': 'file' } as const
    const spec = { workspace: { path: workspace, readonly: false }, hide }
    const state = folder('state')
    await rememberHidden(state, { id: 'web', workspace, inode: '1:1:1' }, null, hide)
    renameSync(join(workspace, 'config'), join(workspace, 'real'))
    symlinkSync('config', join(workspace, 'config'))
    expect(await fallenOut(state, 'web', { id: 'c1', startedAt: 't1', spec })).toEqual(['config/key'])
  })

  test('is vouched for by nothing where nobody looked before that start', async () => {
    const { spec, state, started, web } = sandbox()
    expect(await fallenOut(state, 'web', started('t1'))).toEqual(['.env', 'secrets'])
    // It ran already when this machine first looked, and the start that was to come did not.
    await rememberHidden(state, web, started('t1'), spec.hide)
    expect(await fallenOut(state, 'web', started('t1'))).toEqual(['.env', 'secrets'])
    expect(await fallenOut(state, 'web', started('t2'))).toEqual([])
  })

  test('is known of the last start also after one that failed', async () => {
    const { file, spec, state, started, web } = sandbox()
    await rememberHidden(state, web, null, spec.hide)
    await rememberHidden(state, web, started('t1'), spec.hide)
    expect(await fallenOut(state, 'web', started('t1'))).toEqual([])
    replace(file)
    expect(await fallenOut(state, 'web', started('t1'))).toEqual(['.env'])
  })

  test('counts as fallen where what this machine wrote down cannot be read', async () => {
    const { spec, state, started, web } = sandbox()
    await rememberHidden(state, web, null, spec.hide)
    for (const text of [
      '{',
      '[]',
      '{"format":1,"looks":[]}',
      '{"format":2}',
      '{"format":2,"looks":[{"sandboxId":"web","before":null,"inode":"","paths":{".env":1},"parents":{}}]}',
    ]) {
      for (const name of readdirSync(join(state, 'hidden'))) writeFileSync(join(state, 'hidden', name), text)
      expect(await fallenOut(state, 'web', started('t1'))).toEqual(['.env', 'secrets'])
    }
  })

  test("is nobody's business where nothing is hidden", async () => {
    const { workspace, state } = sandbox()
    const spec = { workspace: { path: workspace, readonly: false } }
    expect(await fallenOut(state, 'web', { id: 'c1', startedAt: 't1', spec })).toEqual([])
  })
})

describe('a folder with something hidden in it', () => {
  test('that is another or gone at the next start may be somewhere else with it', async () => {
    const { workspace, write, folder } = machine()
    const state = folder('state')
    write('home/ada/src/web/deploy/keys/live', 'k')
    const hide = { 'deploy/keys/live': 'file' } as const
    const web = { id: 'web', workspace, inode: '1:1:1' }
    const check = () => checkUnmoved(state, web, Object.keys(hide))
    await check()
    await rememberHidden(state, web, null, hide)
    // The file itself is an editor's to replace, and a person's to delete.
    rmSync(join(workspace, 'deploy/keys/live'))
    await check()

    renameSync(join(workspace, 'deploy/keys'), join(workspace, 'deploy/other'))
    expect(await complaints(check())).toMatchObject([{ code: 'resolve/hidden-moved' }])
    mkdirSync(join(workspace, 'deploy/keys'))
    await checkUnmoved(state, { ...web, inode: '1:2:2' }, Object.keys(hide))
    const [told] = await complaints(check())
    expect(told?.detail).toContain('deploy/keys in')
    expect(told?.command).toBe(`rm ${state}/hidden/${readdirSync(join(state, 'hidden')).join()}`)
    rmSync(join(workspace, 'deploy/keys'), { recursive: true })
    renameSync(join(workspace, 'deploy/other'), join(workspace, 'deploy/keys'))
    await check()
  })

  test.each<[string, string, readonly string[]]>([
    ['by a sandbox of another name', 'web2', ['deploy/keys/live']],
    ['where the file hides the folder itself by now', 'web', ['deploy']],
  ])('is missed %s too', async (_, id, hidden) => {
    const { workspace, write, folder } = machine()
    const state = folder('state')
    write('home/ada/src/web/deploy/keys/live', 'k')
    const inode = '1:1:1'
    await rememberHidden(state, { id: 'web', workspace, inode }, null, { 'deploy/keys/live': 'file' })
    await checkUnmoved(state, { workspace, inode }, hidden)
    renameSync(join(workspace, 'deploy'), join(workspace, 'aside'))
    mkdirSync(join(workspace, 'deploy/keys'), { recursive: true })
    // What is to be seen from now on was approved, and is nobody's to find.
    await checkUnmoved(state, { workspace, inode }, ['.env'])
    expect(await complaints(checkUnmoved(state, { workspace, inode }, hidden))).toMatchObject([
      { code: 'resolve/hidden-moved' },
    ])
    // The next start of another does not make it forgotten.
    await rememberHidden(state, { id: `${id}-too`, workspace, inode }, null, {})
    expect(await complaints(checkUnmoved(state, { workspace, inode }, hidden))).toHaveLength(1)
  })
})
