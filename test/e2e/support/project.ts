// A project folder of a test's own, with a home, a scope and so sandboxes of its own, and the built command line to call
// in it. Everything that was made goes with it.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Docker from 'dockerode'
import { removeScope } from './scope.js'

export const commandLine = fileURLToPath(new URL('../../../dist/sbx.cjs', import.meta.url))

/** Who can own a workspace here: only root can give one away. */
export const owners: readonly number[] = process.getuid?.() === 0 ? [1000, 501, 0] : [process.getuid?.() ?? 1000]

export type Ran = {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Running = {
  readonly pid: number | undefined
  readonly ended: Promise<Ran>
  kill(signal: NodeJS.Signals): void
}

export type RunOptions = {
  readonly env?: Readonly<Record<string, string>>
  /** Relative to the project. */
  readonly folder?: string
  /** Standard input; null keeps it open. */
  readonly input?: string | null
}

export class Project {
  readonly scope: string
  readonly home: string
  /** The workspace: real path. */
  readonly folder: string
  readonly docker = new Docker()
  readonly #root: string

  private constructor(root: string, scope: string) {
    this.#root = root
    this.scope = scope
    this.home = join(root, 'home')
    this.folder = join(root, 'project')
  }

  /** `owner` owns the workspace; sandbox.yaml itself belongs to whoever runs the test. */
  static async create(options: { readonly owner?: number; readonly scope?: string } = {}): Promise<Project> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'sbx-e2e-')))
    // Temporary folders are closed to others; the agent's user inside is another.
    await chmod(root, 0o755)
    const project = new Project(root, options.scope ?? `e2e${randomBytes(4).toString('hex')}`)
    await mkdir(project.home)
    await mkdir(project.folder)
    await project.#own(project.folder, options.owner ?? 1000)
    return project
  }

  async #own(path: string, owner: number): Promise<void> {
    if (process.getuid?.() === 0) await chown(path, owner, owner)
  }

  /** Writes sandbox.yaml, or another file of the project. */
  async write(text: string, file = 'sandbox.yaml'): Promise<void> {
    const path = join(this.folder, file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }

  /** A path beside the workspace, on the same file system, for mount sources and the like. */
  beside(name: string): string {
    return join(this.#root, name)
  }

  get env(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.home,
      SBX_SCOPE: this.scope,
      NO_COLOR: '1',
      ...inherited('DOCKER_HOST', 'SSL_CERT_FILE'),
      // sbx takes from either; Node reads all of this one at each start, which is a third of what a call costs.
      ...(process.env['SSL_CERT_FILE'] === process.env['NODE_EXTRA_CA_CERTS'] ? {} : inherited('NODE_EXTRA_CA_CERTS')),
    }
  }

  /** Starts `sbx`, without a terminal. */
  start(args: readonly string[], options: RunOptions = {}): Running {
    const child = spawn(process.execPath, [commandLine, ...args], {
      cwd: join(this.folder, options.folder ?? '.'),
      env: { ...this.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    if (options.input !== null) child.stdin.end(options.input ?? '')
    const closed = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    const ended = Promise.all([text(child.stdout), text(child.stderr), closed]).then(([stdout, stderr, exitCode]) => ({
      exitCode,
      stdout,
      stderr,
    }))
    return { pid: child.pid, ended, kill: (signal) => child.kill(signal) }
  }

  /** Runs `sbx` to its end, without a terminal. */
  async sbx(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.start(args, options).ended
  }

  /** The same, and fails the test with what was printed where sbx failed. Gives standard output. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const ran = await this.sbx(args, options)
    if (ran.exitCode !== 0) {
      throw new Error(`sbx ${args.join(' ')} exited ${String(ran.exitCode)}\n${ran.stdout}\n${ran.stderr}`)
    }
    return ran.stdout
  }

  async json<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
    return JSON.parse(await this.ok([...args, '--json'], options)) as T
  }

  /** Every container of this scope, as the engine lists it. */
  async containers(): Promise<readonly Docker.ContainerInfo[]> {
    return this.docker.listContainers({ all: true, filters: { label: [`dev.sbx.scope=${this.scope}`] } })
  }

  /** The one container of this scope that an agent is in, inspected; fails where there is none or more. */
  async container(): Promise<Docker.ContainerInspectInfo> {
    const containers = (await this.containers()).filter(({ Labels }) => Labels['dev.sbx.role'] === 'agent')
    const [only, ...more] = containers
    if (only === undefined || more.length > 0) {
      throw new Error(`${String(containers.length)} containers where one was expected`)
    }
    return this.docker.getContainer(only.Id).inspect()
  }

  /** Runs a command in the sandbox by way of sbx and gives what it printed. */
  async inside(script: string): Promise<string> {
    return (await this.ok(['exec', '--quiet', '--', 'sh', '-c', script])).trimEnd()
  }

  async remove(): Promise<void> {
    await removeScope(this.docker, this.scope)
    await rm(this.#root, { recursive: true, force: true })
  }
}

function inherited(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
