// A part of the internet that a test is: a network of documentation addresses, which are nobody's and not private, and on
// it this machine, serving under names that only the proxy of one sandbox knows.

import { execFile } from 'node:child_process'
import {
  createServer as createPlain,
  request as send,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecure } from 'node:https'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type Docker from 'dockerode'

const run = promisify(execFile)

export type OuterNetwork = {
  /** Ports that the servers have: the usual ones where this process may take them. */
  readonly ports: { readonly https: number; readonly http: number }
  /** Of this machine. */
  readonly address: string
  /** File of the authority that the servers' certificate is from, which nobody trusts of itself. */
  readonly authority: string
  /** Requests so far, `https allowed.test /path`. */
  readonly seen: readonly string[]
  /** Lets a proxy know names as this machine's, and sees that it does. */
  tell(proxyId: string, names: readonly string[]): Promise<void>
  close(): Promise<void>
}

export type Answer = (path: string) => Promise<Buffer | string | null>

/** What is asked for is answered here, or by a server of this machine that is known by its port. */
export type Served = Answer | { readonly port: number }

/** `folder` takes keys and certificates; `name` is that of the server in its own. */
export async function makeOuterNetwork(
  docker: Docker,
  folder: string,
  served: Served,
  name = 'allowed.test',
): Promise<OuterNetwork> {
  const { network, address } = await createNetwork(docker)
  const { key, cert } = await makeCertificate(folder, name)
  const seen: string[] = []
  const listener =
    (scheme: string) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      const { host = '' } = request.headers
      const path = request.url ?? ''
      seen.push(`${scheme} ${host.replace(/:\d+$/, '')} ${path}`)
      if (typeof served !== 'function') {
        handOn(request, response, served.port)
        return
      }
      void served(path).then((body) => {
        response.statusCode = body === null ? 404 : 200
        response.end(body ?? '')
      })
    }
  const isRoot = process.getuid?.() === 0
  const ports = isRoot ? { https: 443, http: 80 } : { https: 8443, http: 8080 }
  const servers = [createSecure({ key, cert }, listener('https')), createPlain(listener('http'))]
  await listen(servers[0] as Server, ports.https, address)
  await listen(servers[1] as Server, ports.http, address)
  return {
    ...{ ports, address, seen, authority: join(folder, 'ca.pem') },
    async tell(proxyId, names) {
      await addHosts(docker, proxyId, `${address} ${names.join(' ')}`)
      await docker.getContainer(proxyId).kill({ signal: 'HUP' })
    },
    async close() {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
      await network.remove()
    },
  }
}

/** One of an authority, and not one that vouches for itself: that not every program takes, whatever it trusts. */
async function makeCertificate(folder: string, name: string): Promise<{ readonly key: Buffer; readonly cert: Buffer }> {
  const openssl = (...args: readonly string[]) => run('openssl', args, { cwd: folder })
  const made = ['req', '-newkey', 'rsa:2048', '-nodes']
  await openssl(...made, '-x509', '-days', '2', '-subj', '/CN=outer', '-keyout', 'ca.key', '-out', 'ca.pem')
  await openssl(...made, '-subj', `/CN=${name}`, '-keyout', 'key.pem', '-out', 'server.csr')
  await writeFile(join(folder, 'server.ext'), `subjectAltName=DNS:${name}\n`)
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'server.ext']
  await openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'cert.pem')
  const [key, cert] = await Promise.all([readFile(join(folder, 'key.pem')), readFile(join(folder, 'cert.pem'))])
  return { key, cert }
}

function handOn(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, url: path, headers } = request
  const sent = send({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  // Whoever asked is gone, or what answers is: the other side is told in the one way there is.
  sent.once('error', () => response.destroy())
  request.pipe(sent)
}

/** In the file that the engine keeps for a container: nothing inside can write it. */
export async function addHosts(docker: Docker, containerId: string, line: string): Promise<void> {
  const { HostsPath, Image } = await docker.getContainer(containerId).inspect()
  const helper = await docker.createContainer({
    ...{ Image, User: '0:0', Entrypoint: ['/bin/sh', '-c', 'echo "$0" >>/kept/hosts', line], Cmd: [] },
    HostConfig: { NetworkMode: 'none', Binds: [`${dirname(HostsPath)}:/kept`] },
  })
  try {
    await helper.start()
    await helper.wait()
  } finally {
    await helper.remove({ force: true })
  }
}

/** Of those meant for documentation; one that another test has is passed over. */
async function createNetwork(docker: Docker): Promise<{ readonly network: Docker.Network; readonly address: string }> {
  for (let part = 0; ; part += 16) {
    const Config = [{ Subnet: `192.0.2.${String(part)}/28`, Gateway: `192.0.2.${String(part + 1)}` }]
    const Name = `sbx-outer-${String(process.pid)}-${String(part)}`
    try {
      const network = await docker.createNetwork({ Name, IPAM: { Config } })
      return { network, address: Config[0]?.Gateway ?? '' }
    } catch (error) {
      if (part >= 240 || !/overlap/i.test(String(error))) throw error
    }
  }
}

async function listen(server: Server, port: number, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
}
