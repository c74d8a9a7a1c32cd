// A terminal that a test looks at and types into: tmux on a socket of its own, with a plain shell in it, so that what a
// command leaves behind (its exit code, the terminal's settings) can be asked for afterwards.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { commandLine, type Project } from './project.js'
import { until } from './until.js'

const run = promisify(execFile)

export class Screen {
  readonly #socket: string
  readonly #env: NodeJS.ProcessEnv

  private constructor(socket: string, env: NodeJS.ProcessEnv) {
    this.#socket = socket
    this.#env = env
  }

  static async open(project: Project, env: Readonly<Record<string, string>> = {}): Promise<Screen> {
    const screen = new Screen(project.beside(`screen-${randomBytes(6).toString('hex')}`), {
      ...project.env,
      ...env,
      LANG: 'C.UTF-8',
      // Short enough to type.
      SBX: `${process.execPath} ${commandLine}`,
    })
    const size = ['-x', '100', '-y', '30']
    const shell = "exec env PS1='host> ' bash --norc --noprofile"
    await screen.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-c', project.folder, shell)
    try {
      await screen.see(/^host> $/m)
    } catch (error) {
      await screen.close()
      throw error
    }
    return screen
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-u', '-S', this.#socket, ...args], { env: this.#env })
    return stdout
  }

  /** What is on it now, without trailing blanks. */
  async text(): Promise<string> {
    const text = await this.#tmux('capture-pane', '-p')
    return text.replaceAll(/[ \u00a0]+$/gm, (blanks) => (blanks.length > 0 ? ' ' : '')).trimEnd() + ' '
  }

  async see(pattern: RegExp): Promise<string> {
    return until(
      async () => {
        const text = await this.text()
        return pattern.test(text) ? text : null
      },
      async () => `the screen never showed ${String(pattern)}, but\n${await this.text()}`,
      // Each look is a process.
      150,
    )
  }

  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text)
  }

  /** A key by tmux's name for it: `Enter`, `C-c`. */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key)
  }

  async enter(line: string): Promise<void> {
    await this.type(line)
    await this.press('Enter')
  }

  async clear(): Promise<void> {
    await this.press('C-l')
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows))
  }

  /** As closing a terminal's window does: what runs in it is hung up on. */
  async close(): Promise<void> {
    await this.#tmux('kill-server')
  }
}
