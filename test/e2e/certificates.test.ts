// What this machine trusts beyond the usual, a sandbox trusts too: a server with a certificate of an authority of our own.

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gateway } from './support/gateway.js'
import { Project } from './support/project.js'

const run = promisify(execFile)

let project: Project
let server: Server
let url: string

beforeAll(async () => {
  project = await Project.create()
  await project.write('agent: claude\n')
  await makeAuthority()
  // The open network tells at which address this machine is seen, and that is what the certificate is for.
  await project.ok(['apply', '--yes'])
  const address = await gateway(project)
  await makeCertificate(address)
  server = createServer(
    { key: await readFile(project.beside('server.key')), cert: await readFile(project.beside('server.pem')) },
    (_, answer) => answer.end('trusted'),
  )
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  url = `https://${address}:${String((server.address() as AddressInfo).port)}/`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  await project.remove()
})

async function openssl(...args: readonly string[]): Promise<void> {
  await run('openssl', args, { cwd: project.beside('.') })
}

async function makeAuthority(): Promise<void> {
  const subject = ['-subj', '/CN=made up authority for tests']
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...subject,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  )
}

async function makeCertificate(address: string): Promise<void> {
  await openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=server',
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
  )
  await project.write(`subjectAltName=IP:${address}\n`, '../server.ext')
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'server.ext']
  await openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem')
}

const clients = {
  curl: () => `curl -sS ${url}`,
  node: () =>
    `node -e 'require("https").get(process.argv[1], r => r.pipe(process.stdout)).on("error", e => console.log(e.code))' ${url}`,
  git: () => `git ls-remote ${url}repository 2>&1 | grep -o "not found\\|certificate" | head -n 1`,
  'curl as root': () => `sudo curl -sS ${url}`,
}

describe('a server whose authority only this machine trusts', () => {
  test('must be refused where the machine does not say so', async () => {
    expect(await project.inside(`${clients.curl()} 2>&1 || true`)).toContain('certificate')
  })

  test('must be trusted inside, by every program, where it does', async () => {
    // As an image that is there: one of sbx's own would be built anew with what the machine trusts by then.
    const { Config: config } = await project.container()
    await project.write(`agent: claude\ntemplate: ${config.Image}\n`)
    const env = { NODE_EXTRA_CA_CERTS: project.beside('ca.pem') }
    await project.ok(['apply', '--yes', '--discard', '--allow', 'template'], { env })
    expect(await project.inside(clients.curl())).toBe('trusted')
    expect(await project.inside(clients['curl as root']())).toBe('trusted')
    expect(await project.inside(clients.node())).toBe('trusted')
    // It is no repository, which is what git says once it has come so far.
    expect(await project.inside(clients.git())).not.toContain('certificate')
  })
})
