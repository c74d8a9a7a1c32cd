// What a session changes in its workspace, as it is told afterwards.

import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { changedSince } from '../../src/resolve/changed-since.js'
import { lookBefore, reportSince } from '../../src/resolve/workspace-report.js'
import { machine } from './fixture.js'

const env = { PATH: process.env.PATH }
const everything = { env, isWhole: true }

/** Files by path, before a session and written in it; gives what is told after it. */
async function told(
  before: Readonly<Record<string, string>>,
  session: (place: { readonly write: (path: string, text: string) => void; readonly workspace: string }) => void,
  { isWhole = true, hide = {} }: { readonly isWhole?: boolean; readonly hide?: Record<string, 'file' | 'folder'> } = {},
): Promise<Record<string, readonly string[]>> {
  const { workspace } = machine()
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(workspace, path)), { recursive: true })
    writeFileSync(join(workspace, path), text)
  }
  for (const [path, text] of Object.entries(before)) write(path, text)
  const looked = await lookBefore({ workspace: { path: workspace, readonly: false }, hide, mounts: {} })
  session({ write, workspace })
  const { changes } = await reportSince(looked, { env, isWhole })
  return Object.fromEntries(changes.map(({ path, what }) => [path, what]))
}

const repository = {
  '.git/HEAD': 'ref: refs/heads/main\n',
  '.git/config': '[core]\n bare = false\n',
  '.git/objects/x': '',
}

describe('of git it is told', () => {
  test('what is done in the git folder that a work tree has beside it, and in the hooks that it names', async () => {
    const { workspace, write, folder } = machine()
    const main = folder('home/ada/src/main')
    for (const [path, text] of Object.entries(repository)) write(`home/ada/src/main/${path}`, text)
    write('home/ada/src/main/.git/config', '[core]\n hooksPath = tools/hooks\n')
    const mounts = {
      [`${main}/.git`]: { source: `${main}/.git`, readonly: false },
      '/data': { source: folder('data'), readonly: false },
    }
    const looked = await lookBefore({ workspace: { path: workspace, readonly: false }, mounts })
    write('home/ada/src/main/.git/hooks/pre-push', 'evil')
    write('home/ada/src/main/.git/config', '[core]\n hooksPath = tools/hooks\n pager = evil\n')
    write('home/ada/src/web/tools/hooks/pre-commit', 'evil')
    const { changes } = await reportSince(looked, everything)
    expect(Object.fromEntries(changes.map(({ path, what }) => [path, what]))).toEqual({
      [`${main}/.git/config`]: ['core.pager = evil'],
      [`${main}/.git/hooks/pre-push`]: ['new: git runs it as a hook'],
      'tools/hooks/pre-commit': ['new: git runs it as a hook'],
    })
    const unwritable = { [`${main}/.git`]: { source: `${main}/.git`, readonly: true } }
    const before = await lookBefore({ workspace: { path: workspace, readonly: false }, mounts: unwritable })
    write('home/ada/src/main/.git/hooks/pre-push', 'of another')
    expect((await reportSince(before, everything)).changes).toEqual([])
  })

  test('which settings run something by now, and none of the others', async () => {
    const changes = await told(repository, ({ write }) => {
      write('.git/config', '[core]\n bare = false\n fsmonitor = touch /tmp/x\n[user]\n name = Ada\n')
    })
    expect(changes).toEqual({ '.git/config': ['core.fsmonitor = touch /tmp/x'] })
  })

  test('that git does not understand what it did', async () => {
    const changes = await told(repository, ({ write }) => {
      write('.git/config', '[core\n')
    })
    expect(changes).toEqual({ '.git/config': ['changed, and git does not understand it'] })
  })

  test('which hooks are new or another, in whatever folder they are', async () => {
    const hooks = {
      ...repository,
      '.git/hooks/pre-push': 'a',
      '.git/hooks/post-merge.sample': '',
      '.husky/pre-commit': 'a',
    }
    const config = { '.git/config': '[core]\n hooksPath = tools/hooks\n', 'tools/hooks/commit-msg': 'a' }
    const changes = await told({ ...hooks, ...config }, ({ write, workspace }) => {
      write('.git/hooks/pre-push', 'b')
      write('.git/hooks/post-merge.sample', 'b')
      write('.git/hooks/pre-commit', 'b')
      write('.husky/pre-commit', 'b')
      write('tools/hooks/commit-msg', 'b')
      symlinkSync('../../evil', join(workspace, '.git/hooks/post-checkout'))
    })
    expect(changes).toEqual({
      '.git/hooks/post-checkout': ['new: a link to ../../evil'],
      '.git/hooks/pre-commit': ['new: git runs it as a hook'],
      '.git/hooks/pre-push': ['changed: git runs it as a hook'],
      '.husky/pre-commit': ['changed: git runs it as a hook'],
      'tools/hooks/commit-msg': ['changed: git runs it as a hook'],
    })
  })

  test('that a hook can be run by now', async () => {
    const changes = await told({ ...repository, '.git/hooks/pre-push': 'a' }, ({ workspace }) => {
      chmodSync(join(workspace, '.git/hooks/pre-push'), 0o755)
    })
    expect(changes).toEqual({ '.git/hooks/pre-push': ['changed: git runs it as a hook'] })
  })

  test('what modules and work trees do', async () => {
    const module = '.git/modules/libs/one'
    const before = {
      ...repository,
      [`${module}/HEAD`]: '',
      [`${module}/config`]: '',
      '.git/worktrees/w/commondir': '../..\n',
    }
    const changes = await told(before, ({ write }) => {
      write(`${module}/config`, '[core]\n pager = evil\n')
      write('.git/worktrees/w/commondir', '/tmp/evil\n')
      write('.git/worktrees/v/commondir', '../..\n')
      write('.git/config.worktree', '[diff]\n external = evil\n')
    })
    expect(changes).toEqual({
      [`${module}/config`]: ['core.pager = evil'],
      '.git/worktrees/w/commondir': ['changed: where git finds the repository'],
      '.git/config.worktree': ['diff.external = evil'],
    })
  })

  test('that the repository is elsewhere by now', async () => {
    const changes = await told(repository, ({ write, workspace }) => {
      rmSync(join(workspace, '.git'), { recursive: true })
      write('.git', 'gitdir: hidden\n')
    })
    expect(changes).toEqual({ '.git': ['new: where git finds the repository'] })
  })

  test('which lines name a filter, and how modules are fetched', async () => {
    const changes = await told({ ...repository, '.gitattributes': '*.png binary\n' }, ({ write }) => {
      write('.gitattributes', '*.png binary\n*.c filter=evil\n*.h text\n')
      write('.git/info/attributes', '* diff=evil\n')
      write('.gitmodules', '[submodule "x"]\n path = x\n url = https://x/y\n update = !evil\n')
    })
    expect(changes).toEqual({
      '.gitattributes': ['*.c filter=evil'],
      '.git/info/attributes': ['* diff=evil'],
      '.gitmodules': ['submodule.x.update = !evil'],
    })
  })

  test('what repositories within the workspace run, and nothing of one that runs nothing', async () => {
    const changes = await told({}, ({ write }) => {
      for (const folder of ['vendored/.git', 'assets/fonts', 'plain/.git']) {
        write(`${folder}/HEAD`, '')
        write(`${folder}/objects/x`, '')
        write(`${folder}/config`, folder === 'plain/.git' ? '[core]\n bare = true\n' : '[core]\n fsmonitor = evil\n')
      }
    })
    expect(changes).toEqual({
      'assets/fonts/config': ['core.fsmonitor = evil'],
      'vendored/.git/config': ['core.fsmonitor = evil'],
    })
  })
})

describe('beside git it is told', () => {
  test('what runs where a folder is entered, opened or built', async () => {
    const before = { '.envrc': 'a', Makefile: 'a', '.vscode/tasks.json': '{}', 'sandbox.yaml': 'agent: claude\n' }
    const changes = await told(before, ({ write }) => {
      for (const path of Object.keys(before)) write(path, 'b')
      write('.idea/runConfigurations/x.xml', 'b')
      write('packages/api/.envrc', 'b')
      write('packages/api/.vscode/tasks.json', 'b')
      write('packages/api/notes.txt', 'b')
    })
    expect(Object.keys(changes).sort()).toEqual([
      ...['.envrc', '.idea/runConfigurations/x.xml', '.vscode/tasks.json', 'Makefile'],
      ...['packages/api/.envrc', 'packages/api/.vscode/tasks.json', 'sandbox.yaml'],
    ])
  })

  test('which scripts of package.json are others', async () => {
    const before = JSON.stringify({ scripts: { test: 'vitest', build: 'tsc' }, dependencies: {} })
    const changes = await told({ 'package.json': before }, ({ write }) => {
      write('package.json', JSON.stringify({ scripts: { test: 'vitest', build: 'evil', postinstall: 'x' } }))
    })
    expect(changes).toEqual({ 'package.json': ['scripts.build = evil', 'scripts.postinstall = x'] })
    const inOrder = await told({ 'package.json': before }, ({ write }) => {
      write('package.json', JSON.stringify({ dependencies: { left: '1' }, scripts: { build: 'tsc', test: 'vitest' } }))
    })
    expect(inOrder).toEqual({})
  })

  test('which hidden file another has taken the place of', async () => {
    const changes = await told(
      { '.env': 'a', '.env.prod': 'a' },
      ({ write, workspace }) => {
        write('.env.prod', 'b')
        write('.env.new', 'b')
        renameSync(join(workspace, '.env.new'), join(workspace, '.env'))
      },
      { hide: { '.env': 'file', '.env.prod': 'file' } },
    )
    expect(Object.keys(changes)).toEqual(['.env'])
  })

  test('which files run as their owner', async () => {
    const changes = await told({ 'bin/old': '' }, ({ write, workspace }) => {
      for (const [path, mode] of [
        ['bin/new', 0o4755],
        ['bin/old', 0o2755],
      ] as const) {
        write(path, '')
        chmodSync(join(workspace, path), mode)
      }
    })
    expect(Object.entries(changes).map(([path, [what]]) => `${path} ${String(what?.split(':')[0])}`)).toEqual([
      ...['bin/new setuid', 'bin/old setgid'],
    ])
  })

  test('nothing where nothing of that changed, nor of what was so before', async () => {
    const { workspace, write } = machine()
    write('home/ada/src/web/bin/old', '')
    chmodSync(join(workspace, 'bin/old'), 0o4755)
    expect(changedSince(workspace, Date.now() + 60_000).changes).toEqual([])
    expect(await told(repository, ({ write }) => write('src/index.ts', 'export {}'))).toEqual({})
  })

  test('only what is at the top where the whole is not looked through', async () => {
    const changes = await told(
      {},
      ({ write }) => {
        write('.envrc', '')
        write('sub/.envrc', '')
      },
      { isWhole: false },
    )
    expect(Object.keys(changes)).toEqual(['.envrc'])
  })
})

describe('the look', () => {
  test('follows no link out of the workspace', async () => {
    const { root, workspace, write, folder } = machine()
    const looked = await lookBefore({ workspace: { path: workspace, readonly: false }, mounts: {} })
    write('outside/tasks.json', 'x')
    write('outside/hooks/pre-commit', 'x')
    folder('home/ada/src/web/.git')
    symlinkSync(join(root, 'outside'), join(workspace, '.vscode'))
    symlinkSync(join(root, 'outside/hooks'), join(workspace, '.git/hooks'))
    const { changes } = await reportSince(looked, everything)
    expect(changes).toEqual([
      { path: '.git/hooks', what: [`new: a link to ${root}/outside/hooks`] },
      { path: '.vscode', what: [`new: a link to ${root}/outside`] },
    ])
  })

  test('says where it ended early, and looks last where others made the most files', () => {
    const { workspace, write } = machine()
    for (const name of ['a', 'b', 'c', 'd']) write(`home/ada/src/web/node_modules/${name}/x`, '')
    write('home/ada/src/web/src/deep/tool', '')
    chmodSync(join(workspace, 'src/deep/tool'), 0o4755)
    const { changes, isCut } = changedSince(workspace, 0, { entries: 6, time: 60_000 })
    expect(isCut).toBe(true)
    expect(changes.map(({ path }) => path)).toContain('src/deep/tool')
  })

  test('ends in time, and where it is broken off, and says so', async () => {
    const { workspace, write } = machine()
    const looked = await lookBefore({ workspace: { path: workspace, readonly: false }, mounts: {} })
    write('home/ada/src/web/.git/config', '[core]\n pager = evil\n')
    write('home/ada/src/web/sub/HEAD', '')
    write('home/ada/src/web/sub/objects/x', '')
    write('home/ada/src/web/sub/hooks/pre-push', '')
    const broken = new AbortController()
    broken.abort()
    const { signal } = broken
    for (const bounds of [{ time: 0 }, { signal }]) {
      expect(await reportSince(looked, { ...everything, ...bounds })).toEqual({ changes: [], isCut: true })
    }
    const whole = await reportSince(looked, { ...everything, time: 60_000 })
    expect(whole).toMatchObject({ changes: [{ path: '.git/config' }, { path: 'sub/hooks/pre-push' }], isCut: false })
  })

  test('asks git once about what is the same, and no git that lies in the workspace', async () => {
    const { root, workspace, write } = machine()
    const looked = await lookBefore({ workspace: { path: workspace, readonly: false }, mounts: {} })
    for (let count = 0; count < 20; count++) {
      write(`home/ada/src/web/${String(count)}/HEAD`, '')
      write(`home/ada/src/web/${String(count)}/objects/x`, '')
      write(`home/ada/src/web/${String(count)}/config`, '[core]\n pager = evil\n')
    }
    for (const path of ['home/ada/src/web/bin/git', 'tools/git']) {
      const said = join(root, path.startsWith('tools') ? 'asked' : 'planted')
      chmodSync(write(path, `#!/bin/sh\necho >>${said}\nPATH=${process.env.PATH ?? ''} exec git "$@"\n`), 0o755)
    }
    const path = [join(workspace, 'bin'), join(root, 'tools')].join(':')
    const { changes } = await reportSince(looked, { env: { PATH: path }, isWhole: true, time: 60_000 })
    expect(changes).toHaveLength(20)
    expect(readFileSync(join(root, 'asked'), 'utf8')).toBe('\n')
    expect(existsSync(join(root, 'planted'))).toBe(false)
  })

  test('has nothing to say of a workspace that is gone', async () => {
    const { workspace } = machine()
    const looked = await lookBefore({ workspace: { path: join(workspace, 'gone'), readonly: false }, mounts: {} })
    expect(await reportSince(looked, everything)).toEqual({ changes: [], isCut: false })
  })
})
