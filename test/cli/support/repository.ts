// A git repository with a home beside it, and sbx called in it within this process.

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { runCommandLine } from '../../../src/cli/program.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const who = { GIT_AUTHOR_NAME: 'T', GIT_AUTHOR_EMAIL: 't@x', GIT_COMMITTER_NAME: 'T', GIT_COMMITTER_EMAIL: 't@x' }

export type Called = { readonly exitCode: number; readonly output: string; readonly errors: string }

export class TestRepository {
  readonly home: string
  readonly folder: string

  constructor(...options: readonly string[]) {
    this.home = temporaryFolder('diff')
    this.folder = join(this.home, 'work')
    mkdirSync(this.folder)
    this.git('init', '--quiet', '--initial-branch=main', ...options)
  }

  get env(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.home,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
    }
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', [...args], { cwd: this.folder, env: { ...this.env, ...who }, stdio: 'pipe' })
      .toString()
      .trim()
  }

  write(text: string, file = 'sandbox.yaml'): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true })
    writeFileSync(join(this.folder, file), text)
  }

  /** All that is there. */
  commit(): void {
    this.git('add', '--all')
    this.git('commit', '--quiet', '--allow-empty', '--message', 'change')
  }

  /** Id of the last commit. */
  get head(): string {
    return this.git('rev-parse', 'HEAD')
  }

  /** With the working folder below the repository's top where one is named. */
  async sbx(args: readonly string[], folder = '.', env: Readonly<Record<string, string>> = {}): Promise<Called> {
    const [output, errors] = [new PassThrough(), new PassThrough()]
    const streams = {
      env: { ...this.env, ...env },
      workingFolder: join(this.folder, folder),
      input: new PassThrough(),
      output,
      errors,
    }
    const exitCode = await runCommandLine(args, streams)
    return { exitCode, output: text(output), errors: text(errors) }
  }
}

function text(stream: PassThrough): string {
  return ((stream.read() as Buffer | null) ?? '').toString()
}
