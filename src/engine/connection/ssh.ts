// An engine behind ssh://, the way the docker command does it: the user's own ssh runs `docker system dial-stdio` over
// there. So host keys are checked, and ~/.ssh/config, jump hosts and agents count.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { Agent } from 'node:http'
import { Duplex } from 'node:stream'
import type { Environment } from './docker-config.js'
import type { Endpoint } from './endpoint.js'

export function sshAgent(endpoint: Extract<Endpoint, { kind: 'ssh' }>, env: Environment): Agent {
  const agent = new Agent({ keepAlive: true })
  // Several requests may go at once, each on a connection of its own.
  agent.createConnection = () => new SshConnection(endpoint, env)
  return agent
}

/** Standard input and output of one ssh, with what an HTTP agent asks of a socket. */
class SshConnection extends Duplex {
  private readonly child: ChildProcessWithoutNullStreams

  constructor({ host, port, user }: Extract<Endpoint, { kind: 'ssh' }>, env: Environment) {
    super({ allowHalfOpen: true })
    const login = [...(user === null ? [] : ['-l', user]), ...(port === null ? [] : ['-p', String(port)])]
    const command = ['-o', 'ConnectTimeout=30', '-T', '--', host, 'docker', 'system', 'dial-stdio']
    // Not in the working folder, which what is not whole in PATH would be beneath.
    this.child = spawn('ssh', [...login, ...command], { cwd: '/', env: { ...env } })
    let said = ''
    this.child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)))
    this.child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) this.child.stdout.pause()
    })
    this.child.stdin.on('error', (error) => this.destroy(error))
    this.child.on('error', (error) => this.destroy(connectionLost(`ssh cannot be run: ${error.message}`)))
    this.child.on('close', (code) => {
      if (code === 0 || code === null) this.push(null)
      else this.destroy(connectionLost(said.trim() || `ssh ended with exit code ${code}`))
    })
  }

  override _read(): void {
    this.child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.child.stdin.write(chunk, done)
  }

  override _final(done: () => void): void {
    this.child.stdin.end(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.child.kill()
    done(error)
  }

  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  /** An idle connection keeps nobody waiting. */
  unref(): this {
    this.child.unref()
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr]) handleOf(stream)?.unref?.()
    return this
  }

  ref(): this {
    this.child.ref()
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr]) handleOf(stream)?.ref?.()
    return this
  }
}

/** Pipes of a child are sockets, though their type does not say so. */
function handleOf(stream: unknown): { unref?(): void; ref?(): void } | undefined {
  return stream as { unref?(): void; ref?(): void }
}

function connectionLost(message: string): Error {
  return Object.assign(new Error(message), { code: 'ESSH' })
}
