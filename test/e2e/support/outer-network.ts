// A part of the internet that a test is: a network of documentation addresses, which are nobody's and not private, and on
// it this machine, serving under names that only the proxy of one sandbox knows.

import { execFile } from 'node:child_process'
import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecure } from 'node:https'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type Docker from 'dockerode'

const run = promisify(execFile)

export type OuterNetwork = {
  /** Ports that the servers have: the usual ones where this process may take them. */
  readonly ports: { readonly https: number; readonly http: number }
  /** Of this machine. */
  readonly address: string
  /** Requests so far, `https allowed.test /path`. */
  readonly seen: readonly string[]
  /** Lets a proxy know names as this machine's, and sees that it does. */
  tell(proxyId: string, names: readonly string[]): Promise<void>
  close(): Promise<void>
}

export type Answer = (path: string) => Promise<Buffer | string | null>

/** `folder` takes a key and a certificate, which nobody trusts. */
export async function makeOuterNetwork(docker: Docker, folder: string, answer: Answer): Promise<OuterNetwork> {
  const { network, address } = await createNetwork(docker)
  const subject = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=allowed.test']
  await run('openssl', [...subject, '-keyout', 'key.pem', '-out', 'cert.pem'], { cwd: folder })
  const [key, cert] = await Promise.all(['key.pem', 'cert.pem'].map((name) => readFile(join(folder, name))))
  const seen: string[] = []
  const listener =
    (scheme: string) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      const { host = '' } = request.headers
      const path = request.url ?? ''
      seen.push(`${scheme} ${host.replace(/:\d+$/, '')} ${path}`)
      void answer(path).then((body) => {
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
    ...{ ports, address, seen },
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
