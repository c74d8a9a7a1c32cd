// A call of sbx that goes on while the test looks at it or interrupts it.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { commandLine, type Project, type Ran } from './project.js'
import { until } from './until.js'

export class Begun {
  readonly ended: Promise<Ran>
  readonly #child: ChildProcessWithoutNullStreams
  #stdout = ''
  #stderr = ''

  constructor(project: Project, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [commandLine, ...args], {
      cwd: project.folder,
      env: { ...project.env, ...env },
    })
    this.#child.stdout.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()))
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (exitCode) => {
        resolve({ exitCode, stdout: this.#stdout, stderr: this.#stderr })
      })
    })
  }

  /** Waits until it has printed this, on either stream. */
  async prints(pattern: RegExp): Promise<void> {
    await this.comesTo(() => Promise.resolve(pattern.test(this.#stdout + this.#stderr)), String(pattern))
  }

  /** Waits until something is so; where it never is, the call is ended and what it printed is told. */
  async comesTo(look: () => Promise<boolean>, what: string): Promise<void> {
    try {
      await until(look, () => `${what}, but\n${this.#stdout}\n${this.#stderr}`)
    } catch (error) {
      this.#child.kill('SIGKILL')
      throw error
    }
  }

  /** Closes its input, which is the end of a session that reads it. */
  async end(): Promise<Ran> {
    this.#child.stdin.end()
    return this.ended
  }

  async interrupt(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): Promise<Ran> {
    this.#child.kill(signal)
    return this.ended
  }
}
