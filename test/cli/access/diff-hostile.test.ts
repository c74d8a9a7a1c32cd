// A repository that an agent wrote all of, `.git` too: nothing it names is run, and nothing of another one is shown.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { TestRepository } from '../support/repository.js'

let repository: TestRepository
let mark: string

beforeEach(() => {
  repository = new TestRepository()
  mark = join(repository.home, 'was-run')
  repository.write('agent: claude\nenv: { V: one }\n')
  repository.commit()
  repository.write('agent: claude\nenv: { V: two }\n')
})

const gitFolder = (): string => join(repository.folder, '.git')

async function expectCompared(): Promise<void> {
  const { exitCode, output, errors } = await repository.sbx(['diff'])
  expect([exitCode, errors, output]).toEqual([0, '', expect.stringContaining('one -> two')])
}

async function expectRefused(code: string, ...args: readonly string[]): Promise<void> {
  const { exitCode, output } = await repository.sbx(['diff', '--json', ...args])
  expect([exitCode, output]).toEqual([1, expect.stringContaining(`"code":"${code}"`)])
}

/** Another repository of the same user, with a secret in it that nobody meant to show. */
function otherRepository(): { readonly other: TestRepository; readonly commit: string } {
  const other = new TestRepository()
  other.write('agent: claude\nenv: { V: hunter2 }\n')
  other.commit()
  return { other, commit: other.head }
}

describe('nothing that a repository configures is run', () => {
  const run = (): string => `touch ${mark}; cat`

  test('its own settings, in whichever file', async () => {
    const hooks = join(repository.folder, 'hooks')
    mkdirSync(hooks)
    for (const hook of [
      'post-index-change',
      'reference-transaction',
      'post-checkout',
      'fsmonitor-watchman',
      'pre-auto-gc',
    ]) {
      writeFileSync(join(hooks, hook), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 })
    }
    repository.write('* filter=evil diff=evil merge=evil\n', '.gitattributes')
    const settings = `
[core]
  fsmonitor = ${JSON.stringify(run())}
  hooksPath = ${hooks}
  pager = ${JSON.stringify(run())}
  editor = ${JSON.stringify(run())}
  askPass = ${join(hooks, 'post-checkout')}
  sshCommand = ${JSON.stringify(run())}
  gitProxy = ${JSON.stringify(run())}
  alternateRefsCommand = ${JSON.stringify(run())}
[alias]
  rev-parse = ${JSON.stringify(`!${run()}`)}
  ls-tree = ${JSON.stringify(`!${run()}`)}
  cat-file = ${JSON.stringify(`!${run()}`)}
[filter "evil"]
  clean = ${JSON.stringify(run())}
  smudge = ${JSON.stringify(run())}
  process = ${JSON.stringify(run())}
  required = true
[diff]
  external = ${JSON.stringify(run())}
[diff "evil"]
  command = ${JSON.stringify(run())}
  textconv = ${JSON.stringify(run())}
[merge "evil"]
  driver = ${JSON.stringify(run())}
[credential]
  helper = ${JSON.stringify(`!${run()}`)}
[uploadpack]
  packObjectsHook = ${JSON.stringify(run())}
[gpg]
  program = ${join(hooks, 'post-checkout')}
[pager]
  ls-tree = ${JSON.stringify(run())}
`
    writeFileSync(join(repository.folder, 'more'), settings)
    const path = join(repository.folder, 'more')
    writeFileSync(
      join(gitFolder(), 'config'),
      `[core]\n  repositoryformatversion = 0\n${settings}[include]\n  path = ${path}\n[includeIf "gitdir:/"]\n  path = ${path}\n`,
    )
    // It would be, by git itself.
    expect(() => repository.git('status')).toThrow()
    expect(existsSync(mark)).toBe(true)
    rmSync(mark)
    await expectCompared()
    expect(existsSync(mark)).toBe(false)
  })

  test('a remote that has what is missing', async () => {
    const blob = repository.git('rev-parse', 'HEAD:sandbox.yaml')
    repository.git('config', 'extensions.partialClone', 'origin')
    repository.git('config', 'core.repositoryFormatVersion', '1')
    repository.git('config', 'remote.origin.promisor', 'true')
    repository.git('config', 'remote.origin.url', `ext::sh -c "touch% ${mark}"`)
    repository.git('config', 'protocol.ext.allow', 'always')
    rmSync(join(gitFolder(), 'objects', blob.slice(0, 2), blob.slice(2)))
    await expectRefused('diff/no-objects')
    expect(existsSync(mark)).toBe(false)
  })
})

describe('what a commit holds is what it says', () => {
  test('whatever is to be put in its place', async () => {
    repository.write('agent: claude\nenv: { V: other }\n', 'other.yaml')
    const other = repository.git('hash-object', '-w', 'other.yaml')
    repository.git('replace', repository.git('rev-parse', 'HEAD:sandbox.yaml'), other)
    expect(repository.git('show', 'HEAD:sandbox.yaml')).toContain('other')
    await expectCompared()
  })

  test('whatever grafts say of its parents', async () => {
    const head = repository.git('rev-parse', 'HEAD')
    const tree = repository.git('rev-parse', 'HEAD^{tree}')
    const unrelated = repository.git('commit-tree', '-m', 'x', tree)
    mkdirSync(join(gitFolder(), 'info'), { recursive: true })
    writeFileSync(join(gitFolder(), 'info/grafts'), `${head} ${unrelated}\n`)
    await expectRefused('diff/no-revision', 'HEAD~1')
  })
})

describe('objects of another repository are not shown', () => {
  test('through alternates', async () => {
    const { other, commit } = otherRepository()
    mkdirSync(join(gitFolder(), 'objects/info'), { recursive: true })
    writeFileSync(join(gitFolder(), 'objects/info/alternates'), `${other.folder}/.git/objects\n`)
    expect(repository.git('show', `${commit}:sandbox.yaml`)).toContain('hunter2')
    await expectRefused('diff/no-revision', commit)
    writeFileSync(join(gitFolder(), 'refs/heads/main'), `${commit}\n`)
    await expectRefused('diff/no-revision')
  })

  test('through a link for one of them, for a folder or for all', async () => {
    const { other, commit } = otherRepository()
    const objects = join(gitFolder(), 'objects')
    const theirs = join(other.folder, '.git/objects')
    writeFileSync(join(gitFolder(), 'refs/heads/main'), `${commit}\n`)
    for (const folder of readdirSync(theirs).filter((name) => name.length === 2)) {
      mkdirSync(join(objects, folder), { recursive: true })
      for (const name of readdirSync(join(theirs, folder))) {
        symlinkSync(join(theirs, folder, name), join(objects, folder, name))
      }
    }
    await expectRefused('diff/no-objects')

    rmSync(objects, { recursive: true })
    mkdirSync(objects)
    for (const folder of readdirSync(theirs)) symlinkSync(join(theirs, folder), join(objects, folder))
    await expectRefused('diff/no-objects')

    rmSync(objects, { recursive: true })
    symlinkSync(theirs, objects)
    await expectRefused('diff/no-objects')
  })

  test('through a .git that is a link, a file or says that it is of another', async () => {
    const { other, commit } = otherRepository()
    const theirs = join(other.folder, '.git')
    writeFileSync(join(gitFolder(), 'commondir'), `${theirs}\n`)
    await expectRefused('diff/git-elsewhere', commit)

    rmSync(gitFolder(), { recursive: true })
    writeFileSync(gitFolder(), `gitdir: ${theirs}\n`)
    await expectRefused('diff/git-elsewhere')

    mkdirSync(join(repository.folder, 'fake/worktrees/x'), { recursive: true })
    writeFileSync(join(repository.folder, 'fake/worktrees/x/commondir'), `${theirs}\n`)
    writeFileSync(join(repository.folder, 'fake/worktrees/x/gitdir'), `${gitFolder()}\n`)
    writeFileSync(gitFolder(), 'gitdir: fake/worktrees/x\n')
    await expectRefused('diff/git-elsewhere')

    rmSync(gitFolder())
    symlinkSync(theirs, gitFolder())
    await expectRefused('diff/git-elsewhere')
  })

  test('through a link for HEAD, for a branch or for a folder of them', async () => {
    const { other } = otherRepository()
    const theirs = join(other.folder, '.git')
    rmSync(join(gitFolder(), 'HEAD'))
    symlinkSync(join(theirs, 'refs/heads/main'), join(gitFolder(), 'HEAD'))
    await expectRefused('diff/git-elsewhere')
    rmSync(join(gitFolder(), 'HEAD'))
    writeFileSync(join(gitFolder(), 'HEAD'), 'ref: refs/heads/main\n')
    renameSync(join(gitFolder(), 'refs/heads'), join(gitFolder(), 'refs/mine'))
    symlinkSync(join(theirs, 'refs/heads'), join(gitFolder(), 'refs/heads'))
    await expectRefused('diff/no-revision')
  })
})

test('a submodule has a version of its own', async () => {
  const outer = new TestRepository()
  outer.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', repository.folder, 'part')
  outer.write('agent: claude\nenv: { V: three }\n', 'part/sandbox.yaml')
  const { exitCode, output } = await outer.sbx(['diff'], 'part')
  expect([exitCode, output]).toEqual([0, expect.stringContaining('one -> three')])
})

test('a named pipe is not waited for', async () => {
  rmSync(join(repository.folder, 'sandbox.yaml'))
  execFileSync('mkfifo', [join(repository.folder, 'sandbox.yaml')])
  await expectRefused('config/unreadable')
})

test('no line is shown of a file that is not one of ours', async () => {
  writeFileSync(join(gitFolder(), 'x.yaml'), 'hunter2\n')
  repository.write('hunter2: [\n', '.npmrc')
  symlinkSync('.npmrc', join(repository.folder, 'link.yaml'))
  symlinkSync('.git/x.yaml', join(repository.folder, 'other.yaml'))
  for (const base of ['link.yaml', 'other.yaml', '.git/x.yaml']) {
    repository.write(`agent: claude\nextends: ${base}\n`)
    const { exitCode, output, errors } = await repository.sbx(['diff'])
    expect([base, exitCode, output, errors]).toEqual([base, 1, '', expect.stringContaining('[config/unreadable]')])
    expect(errors).not.toContain('hunter2')
  }
  repository.write('agent: claude\n')
  symlinkSync('.npmrc', join(repository.folder, 'sandbox.lock'))
  expect((await repository.sbx(['diff'])).errors).toMatch(/\[lock\/unreadable\](?![^]*hunter2)/)
})
