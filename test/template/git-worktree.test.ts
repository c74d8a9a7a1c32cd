// Work trees made, looked at and removed without a program of the repository's settings being run.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { plainFolders } from '../../src/cli/host/plain-folders.js'
import { readPlain } from '../../src/cli/host/read-plain.js'
import { findGitFolders } from '../../src/template/git-folder.js'
import { makeWorkTree, removeWorkTree, unmakeWorkTree } from '../../src/template/git-worktree.js'
import { workTreeHolds } from '../../src/template/git-worktree-state.js'
import { PoisonedRepository } from './support/poisoned.js'

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

class Fixture {
  readonly repository = new PoisonedRepository()
  readonly root: string
  readonly folder: string

  constructor() {
    const { repository } = this
    repository.write('#!/bin/sh\n', 'run')
    repository.git('add', 'run')
    repository.git('update-index', '--chmod=+x', 'run')
    mkdirSync(join(repository.folder, 'deep'))
    symlinkSync('../run', join(repository.folder, 'deep/link'))
    repository.write('* filter=evil\n', '.gitattributes')
    repository.write('/ignored\n', '.gitignore')
    repository.git('add', 'deep', '.gitattributes', '.gitignore')
    repository.git('commit', '--quiet', '--message', 'one')
    this.root = realpathSync(repository.folder)
    this.folder = join(realpathSync(repository.home), 'work-try')
  }

  get context() {
    return { env: this.repository.env }
  }

  async make(branch = 'try', isNewBranch = true) {
    const folders = await findGitFolders(this.root, readPlain)
    const commit = this.repository.git('rev-parse', 'HEAD')
    return makeWorkTree(folders, { folder: this.folder, branch, commit, isNewBranch }, plainFolders, this.context)
  }

  async holds(): Promise<string | null> {
    return workTreeHolds(await findGitFolders(this.folder, readPlain), isThere, readPlain, this.context)
  }

  /** Git's own word, in a repository whose settings are harmless again. */
  told(...args: readonly string[]): string {
    return this.repository.git(
      ...['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'core.attributesFile=/dev/null'],
      ...['-c', 'filter.evil.process=', '-c', 'filter.evil.clean=', '-c', 'filter.evil.required=false'],
      ...['-C', this.folder, ...args],
    )
  }

  /** What is in the repository that a work tree could have left. */
  get traces(): readonly string[] {
    const git = join(this.root, '.git')
    return [
      ...(isThere(this.folder) ? ['folder'] : []),
      ...(existsSync(join(git, 'worktrees')) ? ['worktrees'] : []),
      ...readdirSync(join(git, 'refs/heads'), { recursive: true }).map(String).sort(),
    ]
  }
}

describe('a work tree is made', () => {
  test('as git would have made it, and nothing of the settings is run', async () => {
    const fixture = new Fixture()
    fixture.repository.poison()
    const made = await fixture.make()
    expect(made?.own).toBe(join(fixture.root, '.git/worktrees/work-try'))
    expect(fixture.repository.marks).toEqual([])
    expect(readdirSync(fixture.folder).sort()).toEqual(['.git', '.gitattributes', '.gitignore', 'deep', 'run'])
    expect(lstatSync(join(fixture.folder, 'run')).mode & 0o111).not.toBe(0)
    expect(lstatSync(join(fixture.folder, 'deep/link')).isSymbolicLink()).toBe(true)
    expect(await fixture.holds()).toBeNull()
    expect(fixture.repository.marks).toEqual([])
    expect(fixture.told('status', '--short', '--branch')).toBe('## try')
    expect(fixture.told('worktree', 'list')).toContain(`${fixture.folder} `)
    expect(fixture.told('reflog', 'try')).toContain('branch: Created from HEAD')
    expect(fixture.told('fsck')).toBe('')
  })

  test('of a branch that is there, and of one whose name has folders', async () => {
    const fixture = new Fixture()
    fixture.repository.git('branch', 'a/b')
    await fixture.make('a/b', false)
    expect(fixture.told('status', '--short', '--branch')).toBe('## a/b')
  })

  test('never where something is', async () => {
    const fixture = new Fixture()
    writeFileSync(fixture.folder, '')
    expect(await fixture.make()).toBeNull()
    expect(fixture.traces).toEqual(['folder', 'main'])
  })

  test('or leaves nothing: of a branch that cannot be, of objects that are gone, of an entry that is a link', async () => {
    const fixture = new Fixture()
    const before = fixture.traces
    await expect(fixture.make('main/below')).rejects.toThrow('clone/git-failed')
    expect(fixture.traces).toEqual(before)
    const blob = fixture.repository.git('rev-parse', 'HEAD:run')
    const object = join(fixture.root, '.git/objects', blob.slice(0, 2), blob.slice(2))
    rmSync(object)
    await expect(fixture.make('try')).rejects.toThrow('clone/git-failed')
    expect(fixture.traces).toEqual(before)
    const elsewhere = join(fixture.repository.home, 'elsewhere')
    mkdirSync(elsewhere)
    symlinkSync(elsewhere, join(fixture.root, '.git/worktrees'))
    await expect(fixture.make('try')).rejects.toThrow(/ELOOP|ENOTDIR/)
    expect(readdirSync(elsewhere)).toEqual([])
    expect(isThere(fixture.folder)).toBe(false)
  })

  test('and unmade with its branch, but for one that has moved since', async () => {
    const fixture = new Fixture()
    const made = await fixture.make()
    if (made === null) throw new Error('not made')
    await unmakeWorkTree(made, plainFolders, fixture.context)
    expect(fixture.traces).toEqual(['main'])
    const again = await fixture.make()
    if (again === null) throw new Error('not made')
    fixture.told('commit', '--quiet', '--allow-empty', '--message', 'two')
    await expect(unmakeWorkTree(again, plainFolders, fixture.context)).rejects.toThrow('clone/git-failed')
    expect(fixture.traces).toContain('try')
  })
})

describe('what a work tree holds is told without running anything', () => {
  async function withTree(
    change: (fixture: Fixture) => void,
  ): Promise<{ holds: string | null; marks: readonly string[] }> {
    const fixture = new Fixture()
    await fixture.make()
    change(fixture)
    fixture.repository.poison()
    return { holds: await fixture.holds(), marks: fixture.repository.marks }
  }

  test.each([
    ['nothing', () => undefined, null],
    ['what is ignored', ({ folder }: Fixture) => writeFileSync(join(folder, 'ignored'), 'x'), null],
    ['what is committed', (fixture: Fixture) => fixture.told('commit', '-qm', 'x', '--allow-empty'), null],
    [
      'a new file',
      ({ folder }: Fixture) => writeFileSync(join(folder, 'new'), 'x'),
      'has a file that is not committed',
    ],
    [
      'changed files',
      ({ folder }: Fixture) => {
        writeFileSync(join(folder, 'run'), 'x')
        rmSync(join(folder, 'deep/link'))
      },
      'has 2 files that are not committed',
    ],
    ['no branch', (fixture: Fixture) => fixture.told('checkout', '--quiet', '--detach'), 'is on no branch'],
    ['a lock', (fixture: Fixture) => fixture.told('worktree', 'lock', '.'), 'is locked'],
    [
      'a merge',
      ({ root }: Fixture) => writeFileSync(join(root, '.git/worktrees/work-try/MERGE_HEAD'), ''),
      'is in the middle of a merge, a rebase or the like',
    ],
    [
      'a repository within, with settings of its own',
      ({ folder, repository }: Fixture) => {
        repository.git('init', '--quiet', join(folder, 'inner'))
        writeFileSync(join(folder, 'inner/.git/config'), `[core]\n\tfsmonitor = touch ${repository.home}/marks/inner\n`)
        writeFileSync(join(folder, 'inner/x'), 'x')
      },
      'has a file that is not committed',
    ],
  ] as const)('%s', async (_, change, holds) => {
    expect(await withTree(change)).toEqual({ holds, marks: [] })
  })

  test('a submodule, in which git would run by its own settings', async () => {
    const { holds, marks } = await withTree((fixture) => {
      const { folder, repository } = fixture
      repository.git('init', '--quiet', join(folder, 'lib'))
      repository.git('-C', join(folder, 'lib'), 'commit', '--quiet', '--allow-empty', '--message', 'x')
      fixture.told('add', 'lib')
      fixture.told('commit', '--quiet', '--message', 'lib')
      writeFileSync(join(folder, 'lib/.git/config'), `[core]\n\tfsmonitor = touch ${repository.home}/marks/lib\n`)
    })
    expect({ holds, marks }).toEqual({ holds: 'has submodules', marks: [] })
  })

  test('and removed it leaves its branch', async () => {
    const fixture = new Fixture()
    await fixture.make()
    await removeWorkTree(await findGitFolders(fixture.folder, readPlain).then(asTree), plainFolders)
    expect(fixture.traces).toEqual(['main', 'try'])
  })
})

function asTree({ root, own, common }: { readonly root: string; readonly own: string; readonly common: string }) {
  return { folder: root, own, common }
}
