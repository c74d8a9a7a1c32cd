// An engine that a test may kill: dockerd with folders, mounts and a network namespace of its own, without networks. Needs root.

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { until } from '../../e2e/support/until.js'

const run = promisify(execFile)

const start = `
exec >>"$1/log" 2>&1
[ -z "$2" ] || mount -t tmpfs tmpfs "$2" || exit 1
exec dockerd --host="unix://$1/docker.sock" --data-root="$1/data" --exec-root="$1/run" --pidfile="$1/docker.pid" \\
  --bridge=none --iptables=false --ip-masq=false --exec-opt=native.cgroupdriver=cgroupfs
`

export class OwnEngine {
  readonly socket: string
  readonly docker: Docker
  /** Where its data is. */
  readonly data: string
  readonly #root: string
  readonly #isSmall: boolean
  readonly #hidden: string
  #daemon: ChildProcess | null = null

  private constructor(root: string, isSmall: boolean, hidden: string) {
    this.#root = root
    this.#isSmall = isSmall
    this.#hidden = hidden
    this.socket = join(root, 'docker.sock')
    this.data = join(root, 'data')
    this.docker = new Docker({ socketPath: this.socket })
  }

  /**
   * `size` of its disk, which is memory then; without it the disk is that of the machine. `hidden` is a folder of this
   * machine in which it sees nothing, as one on another machine would.
   */
  static async create({
    size,
    hidden = '',
  }: { readonly size?: string; readonly hidden?: string } = {}): Promise<OwnEngine> {
    const root = await mkdtemp(join(tmpdir(), 'sbx-engine-'))
    const engine = new OwnEngine(root, size !== undefined, hidden)
    await mkdir(engine.data)
    if (size !== undefined) await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', engine.data])
    try {
      await engine.start()
    } catch (error) {
      await engine.#leave()
      throw error
    }
    return engine
  }

  async start(): Promise<void> {
    const args = ['--net', '--mount', 'sh', '-c', start, 'sh', this.#root, this.#hidden]
    const daemon = spawn('unshare', args, { stdio: 'ignore' })
    this.#daemon = daemon
    await until(
      async () => {
        if (daemon.exitCode !== null) throw new Error(`it ended:\n${await this.#log()}`)
        return this.docker.ping().then(
          () => true,
          () => false,
        )
      },
      () => this.#log(),
    )
  }

  /** Gives it an image that the engine of the other tests has. */
  async load(reference: string): Promise<void> {
    const saved = await new Docker().getImage(reference).get()
    const answer = await this.docker.loadImage(saved, { quiet: true })
    answer.resume()
    await once(answer, 'end')
  }

  async #log(): Promise<string> {
    return (await readFile(join(this.#root, 'log'), 'utf8')).slice(-3_000)
  }

  /** As a crash does: its containers go on for now. */
  kill(): void {
    this.#daemon?.kill('SIGKILL')
  }

  /** With the containerd that it had started, which the next one would otherwise wait for. */
  async untilDead(): Promise<void> {
    const daemon = this.#daemon
    if (daemon !== null && this.#isAlive()) await once(daemon, 'exit')
    const file = join(this.#root, 'run/containerd/containerd.pid')
    const pid = await readFile(file, 'utf8').catch(() => null)
    if (pid !== null) {
      if (await lives(pid)) process.kill(Number(pid), 'SIGKILL')
      await until(
        async () => !(await lives(pid)),
        () => `containerd ${pid} goes on`,
      )
    }
    for (const left of [file, join(this.#root, 'docker.pid')]) await rm(left, { force: true })
  }

  /** With all that it has: what runs goes on without it, so that one that is dead is started for it again. */
  async stop(): Promise<void> {
    try {
      if (!this.#isAlive()) {
        await this.untilDead()
        await this.start()
      }
      const containers = await this.docker.listContainers({ all: true })
      await Promise.all(containers.map(({ Id }) => this.docker.getContainer(Id).remove({ force: true })))
    } finally {
      await this.#leave()
    }
  }

  #isAlive(): boolean {
    return this.#daemon !== null && this.#daemon.exitCode === null && this.#daemon.signalCode === null
  }

  async #leave(): Promise<void> {
    this.#daemon?.kill('SIGTERM')
    await this.untilDead()
    if (this.#isSmall) await run('umount', [this.data])
    await rm(this.#root, { recursive: true, force: true })
  }
}

/** One that has ended and that nobody has asked about is none. */
async function lives(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return stat !== null && !stat.includes(') Z ')
}
