// A registry on this machine's own loopback, which engines speak to without TLS, with one user who has a password.

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type Docker from 'dockerode'
import { busybox } from '../../engine/support/busybox.js'
import { until } from './until.js'

const run = promisify(execFile)

export class Registry {
  readonly user = 'team'
  readonly password = 'right-9d41c2'
  readonly host: string
  readonly #process: ChildProcess

  private constructor(host: string, process: ChildProcess) {
    this.host = host
    this.#process = process
  }

  static async start(folder: string): Promise<Registry> {
    await mkdir(folder)
    const config = {
      version: '0.1',
      storage: { filesystem: { rootdirectory: join(folder, 'data') } },
      // One that is free; the log says which.
      http: { addr: '127.0.0.1:0' },
      auth: { htpasswd: { realm: 'team', path: join(folder, 'htpasswd') } },
    }
    // JSON is YAML.
    await writeFile(join(folder, 'config.yml'), JSON.stringify(config))
    await writeFile(join(folder, 'htpasswd'), `team:${bcrypt}\n`)
    const log = join(folder, 'log')
    const child = spawn('sh', ['-c', 'exec docker-registry serve "$1/config.yml" >"$1/log" 2>&1', 'sh', folder], {
      stdio: 'ignore',
    })
    const said = () => readFile(log, 'utf8').catch(() => '')
    const host = await until(async () => {
      if (child.exitCode !== null) throw new Error(`it ended:\n${await said()}`)
      return /listening on (127\.0\.0\.1:\d+)/.exec(await said())?.[1] ?? null
    }, said)
    return new Registry(host, child)
  }

  /** Puts an image of the engine there, and leaves it on the engine under that name. */
  async push(docker: Docker, id: string, reference: string): Promise<void> {
    const colon = reference.lastIndexOf(':')
    await docker.getImage(id).tag({ repo: reference.slice(0, colon), tag: reference.slice(colon + 1) })
    const { user: username, password, host: serveraddress } = this
    const stream = await docker.getImage(reference).push({ authconfig: { username, password, serveraddress } })
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)))
    })
  }

  async describe(docker: Docker, reference: string): Promise<{ readonly Descriptor: { readonly digest: string } }> {
    const { user: username, password, host: serveraddress } = this
    const authconfig = { username, password, serveraddress }
    return docker.getImage(reference).distribution({ authconfig })
  }

  /** A docker config file with the login. */
  auths(password = this.password): object {
    return { auths: { [this.host]: { auth: Buffer.from(`${this.user}:${password}`).toString('base64') } } }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    this.#process.kill('SIGTERM')
    await once(this.#process, 'exit')
  }
}

/** The smallest image that a sandbox can be, under this name: a registry gets all of it, and every pull packs it out. */
export async function baseImage(docker: Docker, repo: string, folder: string): Promise<string> {
  const [program, bin] = [await busybox(), join(folder, 'bin')]
  await mkdir(bin, { recursive: true })
  await copyFile(program, join(bin, 'busybox'))
  const { stdout } = await run(program, ['--list'])
  const names = stdout
    .trim()
    .split('\n')
    .filter((name) => name !== 'busybox')
  for (const name of names) await symlink('busybox', join(bin, name))
  await run('tar', ['--create', '--file', `${folder}.tar`, '--directory', folder, '--owner=0', '--group=0', 'bin'])
  const options = { repo, tag: 'base', changes: 'ENV PATH=/bin' }
  const stream = await docker.importImage(`${folder}.tar`, options)
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)))
  })
  return `${repo}:base`
}

/**
 * An image with one small layer on that one; its id. The layer is no other scope's, or what that made in the same second
 * would be there before it is pulled.
 */
export async function smallImage(docker: Docker, base: string, scope: string, word: string): Promise<string> {
  const container = await docker.createContainer({
    Image: base,
    Cmd: ['sh', '-c', `echo ${word} >/word; echo ${scope} >/scope`],
  })
  await container.start()
  await container.wait()
  const committed: unknown = await container.commit({ repo: `localhost/${scope}`, tag: word })
  await container.remove()
  return (committed as { readonly Id: string }).Id
}

/** Of `right-9d41c2`, at the least cost there is. */
const bcrypt = '$2b$04$sbxsbxsbxsbxsbxsbxsbxuFUGhJ1TefURLdFvkozWedY7DkzqLnwO'
