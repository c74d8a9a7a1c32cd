import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryIdentity } from '../../../src/cli/host/repository-identity.js'
import { readHost } from '../../../src/resolve/host.js'
import { TestRepository } from '../support/repository.js'

const global = '[user]\n\tname = Ada\n\temail = ada@private.example\n'

/** A repository whose user has this configuration of git. */
class Known extends TestRepository {
  readonly top = realpathSync(this.folder)

  constructor(settings: string) {
    super()
    writeFileSync(join(this.home, '.gitconfig'), settings)
  }

  override get env(): Record<string, string> {
    const { GIT_CONFIG_GLOBAL: _, ...env } = super.env
    return env
  }

  async identity(folder = this.top, env: Readonly<Record<string, string>> = {}) {
    return repositoryIdentity(folder, await readHost({ ...this.env, ...env }))
  }

  /** `Name <address>` of a commit that git makes there. */
  author(folder = this.top): string {
    const env = { ...this.env, GIT_COMMITTER_NAME: 'T', GIT_COMMITTER_EMAIL: 't@x' }
    const ident = execFileSync('git', ['var', 'GIT_AUTHOR_IDENT'], { cwd: folder, env, stdio: 'pipe' }).toString()
    return ident.replace(/ \d+ [+-]\d+\s*$/, '')
  }

  /** Holds what sbx finds against what git says. */
  async expectAsGit(folder = this.top): Promise<void> {
    const { name, email } = (await this.identity(folder)) ?? {}
    expect(`${String(name)} <${String(email)}>`).toBe(this.author(folder))
  }
}

test('what the repository says goes before what the user says, each by itself', async () => {
  const repository = new Known(global)
  await repository.expectAsGit()
  repository.git('config', 'user.email', 'ada@work.example')
  expect(await repository.identity()).toEqual({ name: 'Ada', email: 'ada@work.example' })
  await repository.expectAsGit()
  repository.git('config', 'author.name', 'Ada "the \\ author" #1')
  await repository.expectAsGit()
})

test('a repository alone can know the user, and one that knows nobody has none', async () => {
  const repository = new Known('')
  expect(await repository.identity()).toBeNull()
  expect(await repository.identity(undefined, { GIT_AUTHOR_NAME: 'Grace' })).toEqual({ name: 'Grace', email: null })
  repository.git('config', 'user.name', 'Ada')
  repository.git('config', 'user.email', 'ada@work.example')
  expect(await repository.identity(undefined, { GIT_AUTHOR_NAME: 'Grace' })).toMatchObject({ name: 'Ada' })
  await repository.expectAsGit()
})

test.each(['gitdir:~/', 'onbranch:main', 'hasconfig:remote.*.url:https://git.example/**'])(
  'an includeIf of the user with %s is gone by',
  async (condition) => {
    const repository = new Known(`${global}[includeIf "${condition}"]\n\tpath = ada-work\n`)
    writeFileSync(join(repository.home, 'ada-work'), '[user]\n\temail = ada@work.example\n')
    repository.git('remote', 'add', 'origin', 'https://git.example/ada/web.git')
    // A git before 2.36 does not know the last of them.
    await repository.expectAsGit()
    if (!condition.startsWith('hasconfig')) {
      expect(await repository.identity()).toMatchObject({ email: 'ada@work.example' })
    }
  },
)

test('a work tree is of its repository, and may have settings of its own', async () => {
  const repository = new Known(global)
  repository.commit()
  repository.git('config', 'user.email', 'ada@work.example')
  const tree = join(realpathSync(repository.home), 'tree')
  repository.git('worktree', 'add', '--quiet', tree)
  expect(await repository.identity(tree)).toEqual({ name: 'Ada', email: 'ada@work.example' })
  repository.git('config', 'extensions.worktreeConfig', 'true')
  repository.git('-C', tree, 'config', '--worktree', 'user.name', 'Ada of the tree')
  expect(await repository.identity(tree)).toEqual({ name: 'Ada of the tree', email: 'ada@work.example' })
  await repository.expectAsGit(tree)
  expect(await repository.identity()).toEqual({ name: 'Ada', email: 'ada@work.example' })
})

test('a repository that an agent wrote runs nothing, and leads to no other file', async () => {
  const repository = new Known(global)
  repository.git('config', 'user.email', 'ada@work.example')
  const mark = join(repository.home, 'mark')
  const program = join(repository.home, 'program')
  writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\n`)
  chmodSync(program, 0o755)
  writeFileSync(join(repository.home, 'other'), '[user]\n\tname = From Another File\n')
  execFileSync('mkfifo', [join(repository.home, 'pipe')])
  const runs = [
    'fsmonitor',
    'pager',
    'editor',
    'askPass',
    'sshCommand',
    'alternateRefsCommand',
    'hooksPath',
    'worktree',
  ]
  const poison = [
    `[core]\n${runs.map((key) => `\t${key} = ${program}\n`).join('')}`,
    `[alias]\n\tconfig = !${program}\n[pager]\n\tconfig = ${program}\n[trace2]\n\teventTarget = ${mark}\n`,
    // Git itself would wait at the pipe for ever.
    '[include]\n\tpath = ../../other\n\tpath = ../../pipe\n[includeIf "gitdir:/"]\n\tpath = ../../other\n',
  ]
  writeFileSync(join(repository.top, '.git/config'), poison.join(''), { flag: 'a' })
  expect(await repository.identity()).toEqual({ name: 'Ada', email: 'ada@work.example' })
  expect(existsSync(mark)).toBe(false)
})

test('a name that no terminal and no variable would take is left out', async () => {
  const repository = new Known(global)
  repository.git('config', 'user.name', 'Ada\u001b[2J')
  writeFileSync(join(repository.top, '.git/config'), `[user]\n\temail = ${'a'.repeat(200_000)}\n`, { flag: 'a' })
  expect(await repository.identity()).toEqual({ name: 'Ada', email: 'ada@private.example' })
})

test('what git would not read is gone without', async () => {
  const repository = new Known(global)
  const config = join(repository.top, '.git/config')
  writeFileSync(config, '[user\n')
  expect(await repository.identity()).toEqual({ name: 'Ada', email: 'ada@private.example' })
  rmSync(config)
  symlinkSync(join(repository.home, '.gitconfig'), config)
  expect(await repository.identity()).toBeUndefined()
  const head = join(repository.top, '.git/HEAD')
  rmSync(config)
  rmSync(head)
  expect(await repository.identity()).toBeUndefined()
  execFileSync('mkfifo', [head])
  expect(await repository.identity()).toBeUndefined()
  const below = join(repository.top, 'below')
  mkdirSync(below)
  expect(await repository.identity(below)).toBeUndefined()
})
