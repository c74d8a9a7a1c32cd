// A git repository of a test's own, on this machine's disk, with templates in it.

import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export class Repository {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** `folder` must not be there. */
  static async create(folder: string): Promise<Repository> {
    await mkdir(folder)
    const repository = new Repository(folder)
    await repository.git('init', '--quiet', '--initial-branch=main')
    return repository
  }

  /** In a folder that is there, and may be no repository yet. */
  static at(folder: string): Repository {
    return new Repository(folder)
  }

  /** Calls git as nobody in particular, without the machine's own settings; gives what it printed. */
  async git(...args: readonly string[]): Promise<string> {
    const who = { GIT_AUTHOR_NAME: 'T', GIT_AUTHOR_EMAIL: 't@example.com' }
    const { stdout } = await run('git', [...args], {
      cwd: this.folder,
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_SYSTEM: '/dev/null',
        GIT_COMMITTER_NAME: 'T',
        GIT_COMMITTER_EMAIL: 't@example.com',
        ...who,
      },
    })
    return stdout.trim()
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, file)), { recursive: true })
    await writeFile(join(this.folder, file), text)
  }

  /** Commits all that is there; gives the commit's id. */
  async commit(message = 'change'): Promise<string> {
    await this.git('add', '--all')
    await this.git('commit', '--quiet', '--allow-empty', '--message', message)
    return this.git('rev-parse', 'HEAD')
  }

  /** A tag with a message, which is an object of its own. */
  async tag(name: string): Promise<void> {
    await this.git('tag', '--force', '--annotate', '--message', name, name)
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
