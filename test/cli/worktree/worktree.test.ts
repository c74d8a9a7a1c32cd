// `sbx run --worktree` and `sbx rm --worktree`, without an engine: what is made and removed on this machine, and that no program of
// the repository's settings is run for it.

import { mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Declared } from '../../../src/cli/declared/declared.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { leftTrees } from '../../../src/cli/worktree/rm-worktree.js'
import { inWorkTree, sharedNameLines } from '../../../src/cli/worktree/run-in-worktree.js'
import { isThere } from '../../../src/cli/worktree/worktree-place.js'
import { DiagnosticError, fail } from '../../../src/model/diagnostic.js'
import type { ListedContainer } from '../../../src/model/live.js'
import { readHost } from '../../../src/resolve/host.js'
import { forgetTree } from '../../../src/resolve/made-trees.js'
import { PoisonedRepository } from '../../template/support/poisoned.js'

class Fixture {
  readonly repository = new PoisonedRepository()
  readonly root: string
  readonly errors = new PassThrough()
  listed: readonly ListedContainer[] = []

  constructor() {
    this.repository.write('agent: shell\n')
    this.repository.write('* filter=evil\n', '.gitattributes')
    this.repository.write('name: part\n', 'part/sandbox.yaml')
    this.repository.git('add', '--all')
    this.repository.git('commit', '--quiet', '--message', 'one')
    this.root = realpathSync(this.repository.folder)
  }

  /** Of the work tree of a branch whose name is one. */
  tree(branch: string): string {
    return join(dirname(this.root), `work-${branch}`)
  }

  invocation(folder = '.'): Invocation {
    const [input, output] = [new PassThrough(), new PassThrough()]
    const { signal } = new AbortController()
    const workingFolder = join(this.root, folder)
    return { env: {}, workingFolder, input, output, errors: this.errors, options: { color: false }, signal }
  }

  async host() {
    const home = realpathSync(this.repository.home)
    return readHost(this.repository.env, { platform: 'linux', home, hostName: 'box', uid: 1000, gid: 1000 })
  }

  /** Gives the workspace that the rest of the call is handed. */
  async run(branch: string, then: (workspace: string) => void = () => undefined, folder = '.'): Promise<string> {
    let given = ''
    const rest = async (workspace: string): Promise<number> => {
      given = workspace
      then(workspace)
      return 0
    }
    const host = await this.host()
    await inWorkTree(this.invocation(folder), { host, list: async () => this.listed, branch }, rest)
    return given
  }

  get told(): string {
    return ((this.errors.read() as Buffer | null) ?? '').toString()
  }

  /** What a work tree leaves on a machine. */
  get traces(): readonly string[] {
    const { home } = this.repository
    const under = (folder: string): readonly string[] => (isThere(folder) ? readdirSync(folder) : [])
    return [
      ...readdirSync(home).filter((name) => name.startsWith('work')),
      ...under(join(this.root, '.git/worktrees')),
      ...readdirSync(join(this.root, '.git/refs/heads')),
      ...under(join(home, '.local/state/sbx/worktrees')).map(() => 'remembered'),
    ]
  }

  async rm(ids: readonly string[], isAsked: boolean): Promise<void> {
    await (await leftTrees(this.invocation(), await this.host(), this.listed, ids, isAsked)).offer()
  }
}

function sandbox(id: string, workspace: string, mode: 'bind' | 'clone' = 'bind'): ListedContainer {
  const spec = { workspace: { path: workspace, readonly: false, mode }, mounts: {} }
  return { sandbox: { id, displayName: id, workspace }, spec } as unknown as ListedContainer
}

const untouched = ['work', 'main']

describe('sbx run --worktree', () => {
  test('makes the work tree and goes on in it, and goes to it again', async () => {
    const fixture = new Fixture()
    fixture.repository.poison()
    const tree = fixture.tree('try')
    expect(await fixture.run('try')).toBe(tree)
    expect(fixture.told).toMatch(/Made the work tree ~\/work-try of the branch try\.\n.*filter \(evil\)/)
    expect(fixture.traces).toEqual(['work', 'work-try', 'work-try', 'main', 'try', 'remembered'])
    expect(await fixture.run('try')).toBe(tree)
    expect(await fixture.run('try', undefined, '../work-try')).toBe(tree)
    expect(fixture.told).toBe('')
    expect(fixture.repository.marks).toEqual([])
  })

  test('from a folder in it, goes on where the file is that is nearest there', async () => {
    const fixture = new Fixture()
    mkdirSync(join(fixture.root, 'part/new'))
    expect(await fixture.run('try', undefined, 'part/new')).toBe(join(fixture.tree('try'), 'part'))
    expect(await fixture.run('two', undefined, '../work-try')).toBe(fixture.tree('two'))
  })

  test('leaves nothing where the rest is refused', async () => {
    const fixture = new Fixture()
    fixture.repository.poison()
    const refused = fixture.run('try', () => fail('approval/needed', 'No'))
    await expect(refused).rejects.toThrow('approval/needed')
    expect(fixture.told).toContain('Removed the work tree ~/work-try again.')
    expect(fixture.traces).toEqual(untouched)
    expect(fixture.repository.marks).toEqual([])
  })

  test('leaves a branch that was there, a tree that a sandbox is on, and a tree that holds something', async () => {
    const fixture = new Fixture()
    fixture.repository.git('branch', 'old')
    await expect(fixture.run('old', () => fail('x/y', 'No'))).rejects.toThrow()
    expect(fixture.traces).toEqual(['work', 'main', 'old'])
    const used = fixture.run('used', (workspace) => {
      fixture.listed = [sandbox('used', workspace)]
      fail('x/y', 'No')
    })
    await expect(used).rejects.toThrow('x/y')
    expect(isThere(fixture.tree('used'))).toBe(true)
    const holding = fixture.run('holding', (workspace) => {
      writeFileSync(join(workspace, 'new'), '')
      fail('x/y', 'No')
    })
    await expect(holding).rejects.toThrow('x/y')
    expect(fixture.told).toContain('The work tree ~/work-holding stays: it has a file that is not committed.')
    expect(isThere(fixture.tree('holding'))).toBe(true)
  })

  test.each([
    ['main', 'worktree/branch-taken'],
    ['-x', 'worktree/bad-branch'],
    ['a..b', 'worktree/bad-branch'],
    ['HEAD', 'worktree/bad-branch'],
    ['taken', 'worktree/folder-taken'],
  ])('refuses the branch %s before anything is made', async (branch, code) => {
    const fixture = new Fixture()
    mkdirSync(fixture.tree('taken'))
    await expect(fixture.run(branch)).rejects.toThrow(code)
    expect(fixture.traces).toEqual(['work', 'work-taken', 'main'])
  })

  test('says which one is meant where the file gives all of them one name', () => {
    const of = (config: { readonly name?: string }, flag?: string) => {
      const origins = flag === undefined ? {} : { '/name': { kind: 'flag', flag } }
      return sharedNameLines({ loaded: { config, origins }, desired: { id: 'web-3f2a1c' } } as unknown as Declared)
    }
    expect(of({ name: 'web' }).join()).toMatch(/names it web, .*; this one is web-3f2a1c\./)
    expect(of({})).toEqual([])
    expect(of({ name: 'mine' }, '--name')).toEqual([])
  })

  test('refuses beside a sandbox of the main tree, before anything is made', async () => {
    const fixture = new Fixture()
    fixture.listed = [sandbox('web', fixture.root)]
    await expect(fixture.run('try')).rejects.toMatchObject({
      diagnostics: [
        {
          code: 'worktree/beside-folder',
          summary: 'No work tree can be used beside a sandbox in the repository itself',
          detail: expect.stringMatching(/`sbx run --clone NAME`.*\(`sbx rm web`\)/) as string,
        },
      ],
    })
    expect(fixture.traces).toEqual(untouched)
  })

  test('says what a call left that was ended in the middle, and begins anew without it', async () => {
    const fixture = new Fixture()
    await fixture.run('try')
    const own = join(fixture.root, '.git/worktrees/work-try')
    rmSync(join(fixture.tree('try'), '.git'))
    writeFileSync(join(own, 'locked'), 'initializing')
    const told = async (): Promise<string> =>
      fixture.run('try').catch((error: unknown) => {
        if (!(error instanceof DiagnosticError)) throw error
        expect(error.diagnostics).toMatchObject([{ code: 'worktree/unfinished' }])
        return error.diagnostics[0]?.command ?? ''
      })
    const command = await told()
    expect(command).toBe(`git worktree repair && git worktree remove --force --force ${fixture.tree('try')}`)
    // What the repository alone says nobody is told to remove.
    const { stateFolder } = await fixture.host()
    await forgetTree(stateFolder, fixture.tree('try'))
    expect(await told()).toBe(`git worktree unlock ${fixture.tree('try')} && git worktree prune`)
    for (const part of command.split(' && ')) fixture.repository.git(...part.split(' ').slice(1))
    expect([isThere(own), isThere(fixture.tree('try'))]).toEqual([false, false])
    expect(await fixture.run('try')).toBe(fixture.tree('try'))
  })

  test('refuses outside of a repository, in one without a commit, and where the tree is gone', async () => {
    const fixture = new Fixture()
    await expect(fixture.run('try', undefined, '..')).rejects.toThrow('worktree/no-repository')
    await fixture.run('try')
    rmSync(fixture.tree('try'), { recursive: true })
    await expect(fixture.run('try')).rejects.toThrow('worktree/branch-taken')
    const empty = join(fixture.repository.home, 'empty')
    fixture.repository.git('init', '--quiet', empty)
    await expect(fixture.run('try', undefined, '../empty')).rejects.toThrow('worktree/empty')
  })
})

describe('sbx rm', () => {
  async function withTree(): Promise<Fixture> {
    const fixture = new Fixture()
    fixture.listed = [sandbox('one', await fixture.run('try'))]
    fixture.repository.poison()
    expect(fixture.told).not.toBe('')
    return fixture
  }

  test('removes the work tree when asked to, and leaves its branch', async () => {
    const fixture = await withTree()
    await fixture.rm(['one'], true)
    expect(fixture.told).toBe('Removed the work tree ~/work-try. Its branch stays.\n')
    expect(fixture.traces).toEqual(['work', 'main', 'try'])
    expect(fixture.repository.marks).toEqual([])
  })

  test('leaves it unasked, and says how it goes', async () => {
    const fixture = await withTree()
    await fixture.rm(['one'], false)
    expect(fixture.told).toBe(
      `The work tree ~/work-try stays; to remove it: git worktree remove ${fixture.tree('try')}\n`,
    )
    expect(isThere(fixture.tree('try'))).toBe(true)
  })

  test('of one that git made says nothing unasked', async () => {
    const fixture = new Fixture()
    fixture.repository.git('worktree', 'add', '--quiet', fixture.tree('own'))
    fixture.listed = [sandbox('one', fixture.tree('own'))]
    await fixture.rm(['one'], false)
    expect(fixture.told).toBe('')
    await fixture.rm(['one'], true)
    expect(isThere(fixture.tree('own'))).toBe(false)
  })

  test('refuses before anything is removed: what is not committed, what another works in, what is none', async () => {
    const fixture = await withTree()
    const detailOf = async (): Promise<string> => {
      const error: unknown = await fixture.rm(['one'], true).catch((thrown: unknown) => thrown)
      if (!(error instanceof DiagnosticError)) throw error
      return `${error.diagnostics[0]?.code ?? ''}: ${error.diagnostics[0]?.detail ?? ''}`
    }
    writeFileSync(join(fixture.tree('try'), 'new'), '')
    expect(await detailOf()).toMatch(/^worktree\/kept: .*work-try has a file that is not committed\.$/)
    rmSync(join(fixture.tree('try'), 'new'))
    fixture.listed = [...fixture.listed, sandbox('two', fixture.tree('try'))]
    expect(await detailOf()).toMatch(/is where two works as well/)
    fixture.listed = [sandbox('one', fixture.root)]
    expect(await detailOf()).toMatch(/is in no work tree/)
    fixture.listed = [sandbox('one', fixture.tree('try'), 'clone')]
    expect(await detailOf()).toMatch(/is not what one works in/)
    await fixture.rm(['one'], false)
    expect(fixture.told).toBe('')
    expect(isThere(fixture.tree('try'))).toBe(true)
  })

  test('of a sandbox in a folder of a work tree that git made leaves the whole', async () => {
    const fixture = new Fixture()
    fixture.repository.git('worktree', 'add', '--quiet', fixture.tree('own'))
    fixture.listed = [sandbox('one', join(fixture.tree('own'), 'part'))]
    await expect(fixture.rm(['one'], true)).rejects.toThrow('worktree/kept')
    expect(isThere(fixture.tree('own'))).toBe(true)
  })
})
