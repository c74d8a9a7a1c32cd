// A stand-in for where a subscription's login is renewed: a proxy that answers for some hosts itself, with a certificate of
// an authority made for it.

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import type { Project } from './project.js'

const run = promisify(execFile)

export type OAuthStub = {
  readonly port: number
  /** Bodies of what was posted to `/v1/oauth/token`. */
  readonly renewals: readonly string[]
  close(): Promise<void>
}

/** The authority's certificate is `ca.pem` in the project. `renewed` is what is given for every refresh token. */
export async function startOAuthStub(
  project: Project,
  {
    address,
    hosts,
    renewed,
  }: { readonly address: string; readonly hosts: readonly string[]; readonly renewed: object },
): Promise<OAuthStub> {
  const renewals: string[] = []
  const { key, cert } = await certificateFor(project, hosts)
  const inside = createTlsServer({ key, cert }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const isRenewal = request.url === '/v1/oauth/token'
      if (isRenewal) renewals.push(Buffer.concat(chunks).toString('utf8'))
      response.writeHead(isRenewal ? 200 : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(isRenewal ? renewed : {}))
    })
  })
  const proxy = createServer((_, response) => response.writeHead(502).end())
  const sockets = new Set<Socket>()
  proxy.on('connect', (request, socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    if (!hosts.some((host) => request.url === `${host}:443`)) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
      return
    }
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    inside.emit('connection', socket)
  })
  await new Promise<void>((resolve) => proxy.listen(0, address, resolve))
  return {
    port: (proxy.address() as AddressInfo).port,
    renewals,
    async close() {
      for (const socket of sockets) socket.destroy()
      await closed(proxy)
    },
  }
}

async function certificateFor(
  project: Project,
  hosts: readonly string[],
): Promise<{ readonly key: Buffer; readonly cert: Buffer }> {
  const [authority, files] = [project.beside('authority.key'), project.beside('oauth')]
  const ca = `${project.folder}/ca.pem`
  const made = ['req', '-newkey', 'rsa:2048', '-nodes', '-subj']
  await run('openssl', [
    ...made,
    '/CN=made up authority for tests',
    '-x509',
    '-days',
    '2',
    '-keyout',
    authority,
    '-out',
    ca,
  ])
  await run('openssl', [...made, '/CN=made up server for tests', '-keyout', `${files}.key`, '-out', `${files}.csr`])
  await writeFile(`${files}.ext`, `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}\n`)
  const signed = ['-CA', ca, '-CAkey', authority, '-CAcreateserial', '-CAserial', `${files}.srl`, '-days', '2']
  const request = ['x509', '-req', '-in', `${files}.csr`, '-extfile', `${files}.ext`]
  await run('openssl', [...request, ...signed, '-out', `${files}.pem`])
  return { key: await readFile(`${files}.key`), cert: await readFile(`${files}.pem`) }
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
