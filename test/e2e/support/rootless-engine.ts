// An engine without root, of a user who is there for it alone: dockerd in a user namespace, with folders, processes and a
// network namespace of its own. Root is needed to become that user, and for nothing else. The machine's lists of users
// stay as they are: the engine sees copies with one user more.

import { spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chmod, chown, copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import Docker from 'dockerode'
import { commandLine, type Ran } from './project.js'
import { until } from './until.js'

/** Started as root in a mount namespace of its own. $1 the engine's folder, $2 the user's number. */
const start = `
for list in passwd subuid subgid; do mount --bind "$1/$list" "/etc/$list" || exit 1; done
cd "$1" && exec setpriv --reuid="$2" --regid="$2" --clear-groups --inh-caps=-all --pdeathsig=TERM \\
  rootlesskit --pidns --copy-up=/etc --copy-up=/run --state-dir="$1/rootlesskit" unshare --net sh -c '
    rm -f /run/docker /run/containerd /run/xtables.lock
    exec dockerd --host="unix://$1/run/docker.sock" --data-root="$1/data" --exec-root="$1/run/docker" \\
      --pidfile="$1/run/docker.pid" --exec-opt=native.cgroupdriver=cgroupfs
  ' sh "$1"
`

export class RootlessEngine {
  readonly uid: number
  readonly docker: Docker
  /** Belongs to the user. */
  readonly workspace: string
  readonly #root: string
  readonly #daemon: ChildProcess

  private constructor(root: string, uid: number, daemon: ChildProcess) {
    this.#root = root
    this.uid = uid
    this.#daemon = daemon
    this.workspace = join(root, 'home/project')
    this.docker = new Docker({ socketPath: join(root, 'run/docker.sock') })
  }

  static async start(): Promise<RootlessEngine> {
    const root = await mkdtemp(join(tmpdir(), 'sbx-rootless-'))
    // A number that nobody has, and as many after it as the user may give away inside.
    const uid = 1_000_000_000 + randomInt(10_000) * 100_000
    await chmod(root, 0o755)
    const folders = ['home', 'home/project', 'run', 'data', 'rootlesskit', 'sbx'].map((name) => join(root, name))
    for (const folder of folders) {
      await mkdir(folder)
      await chown(folder, uid, uid)
    }
    const line = { passwd: `rootless:x:${uid}:${uid}::${root}/home:/bin/sh`, subuid: `rootless:${uid + 1}:65536` }
    for (const [list, added] of Object.entries({ ...line, subgid: line.subuid })) {
      await writeFile(join(root, list), `${await readFile(join('/etc', list), 'utf8')}${added}\n`)
    }
    const log = join(root, 'log')
    const daemon = spawn('unshare', ['--mount', 'sh', '-c', `exec >"$1/log" 2>&1\n${start}`, 'sh', root, String(uid)], {
      stdio: 'ignore',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: join(root, 'home'), XDG_RUNTIME_DIR: join(root, 'run') },
    })
    const engine = new RootlessEngine(root, uid, daemon)
    try {
      await engine.#copyCommandLine()
      await until(
        async () => {
          if (daemon.exitCode !== null) throw new Error(`it ended:\n${await readFile(log, 'utf8')}`)
          return engine.docker.ping().then(
            () => true,
            () => false,
          )
        },
        () => readFile(log, 'utf8'),
      )
    } catch (error) {
      await engine.stop()
      throw error
    }
    return engine
  }

  /** A checkout may be where the user cannot read, and so may Node. */
  async #copyCommandLine(): Promise<void> {
    const from = dirname(dirname(commandLine))
    for (const name of ['dist', 'templates', 'schema', 'proxy', 'package.json']) {
      await cp(join(from, name), join(this.#root, 'sbx', name), { recursive: true })
    }
    await copyFile(process.execPath, join(this.#root, 'sbx/node'))
  }

  /** Gives it an image that the engine of the other tests has. */
  async load(reference: string): Promise<void> {
    const saved = await new Docker().getImage(reference).get()
    const answer = await this.docker.loadImage(saved, { quiet: true })
    answer.resume()
    await once(answer, 'end')
  }

  /** Runs `sbx` in the workspace, as the user. */
  async sbx(args: readonly string[]): Promise<Ran> {
    const env = {
      PATH: '/usr/bin:/bin',
      HOME: join(this.#root, 'home'),
      DOCKER_HOST: `unix://${this.#root}/run/docker.sock`,
      NO_COLOR: '1',
    }
    const who = { uid: this.uid, gid: this.uid }
    const child = spawn(join(this.#root, 'sbx/node'), [join(this.#root, 'sbx/dist/sbx.cjs'), ...args], {
      ...{ ...who, env, cwd: this.workspace, stdio: ['ignore', 'pipe', 'pipe'] },
    })
    const closed = once(child, 'close') as Promise<[number | null]>
    const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
    return { exitCode, stdout, stderr }
  }

  /** The same, and fails the test with what was printed where sbx failed. Gives standard output. */
  async ok(args: readonly string[]): Promise<string> {
    const ran = await this.sbx(args)
    if (ran.exitCode === 0) return ran.stdout
    throw new Error(`sbx ${args.join(' ')} exited ${String(ran.exitCode)}\n${ran.stdout}\n${ran.stderr}`)
  }

  async inside(script: string): Promise<string> {
    return (await this.ok(['exec', '--quiet', '--', 'sh', '-c', script])).trimEnd()
  }

  /** Writes sandbox.yaml, as the user would. */
  async write(file: string): Promise<void> {
    const path = join(this.workspace, 'sandbox.yaml')
    await writeFile(path, file)
    await chown(path, this.uid, this.uid)
  }

  /** It takes its containers with it. */
  async stop(): Promise<void> {
    const hasEnded = () => this.#daemon.exitCode !== null || this.#daemon.signalCode !== null
    if (!hasEnded()) {
      this.#daemon.kill('SIGTERM')
      await once(this.#daemon, 'exit')
    }
    await rm(this.#root, { recursive: true, force: true })
  }
}
