import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { firstThatAnswers, locateEndpoint } from '../../../src/engine/connection/endpoint.js'

let home: string
const servers: Server[] = []

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sbx-endpoint-'))
})

afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await rm(home, { recursive: true })
})

async function listenAt(name: string): Promise<string> {
  const path = join(home, name)
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return path
}

async function writeContext(name: string, host: string, certificates: Readonly<Record<string, string>> = {}) {
  const id = createHash('sha256').update(name).digest('hex')
  const meta = join(home, '.docker/contexts/meta', id)
  await mkdir(meta, { recursive: true })
  await writeFile(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }))
  const tls = join(home, '.docker/contexts/tls', id, 'docker')
  await mkdir(tls, { recursive: true })
  for (const [file, text] of Object.entries(certificates)) await writeFile(join(tls, file), text)
}

test('the flag comes before all else', async () => {
  const env = { HOME: home, DOCKER_HOST: 'tcp://elsewhere:1', DOCKER_CONTEXT: 'remote' }
  expect(await locateEndpoint(env, { host: 'unix:///x/y.sock' })).toEqual({
    ...{ kind: 'unix', url: 'unix:///x/y.sock', path: '/x/y.sock' },
  })
})

test('a context by flag comes before DOCKER_HOST, DOCKER_HOST before a context in the environment', async () => {
  await writeContext('remote', 'ssh://me@box:2222')
  const env = { HOME: home, DOCKER_HOST: 'tcp://elsewhere:1234', DOCKER_CONTEXT: 'remote' }
  expect(await locateEndpoint(env, { context: 'remote' })).toEqual({
    ...{ kind: 'ssh', url: 'ssh://me@box:2222', host: 'box', port: 2222, user: 'me' },
  })
  expect(await locateEndpoint(env)).toMatchObject({ kind: 'tcp', host: 'elsewhere', port: 1234, tls: null })
  expect(await locateEndpoint({ ...env, DOCKER_HOST: '' })).toMatchObject({ kind: 'ssh', host: 'box' })
})

test('the current context is used with its certificates', async () => {
  await writeContext('remote', 'tcp://box:2376', { 'ca.pem': 'CA', 'cert.pem': 'CERT', 'key.pem': 'KEY' })
  await writeFile(join(home, '.docker/config.json'), JSON.stringify({ currentContext: 'remote' }))
  expect(await locateEndpoint({ HOME: home })).toMatchObject({
    ...{ kind: 'tcp', port: 2376, tls: { ca: 'CA', cert: 'CERT', key: 'KEY', rejectUnauthorized: true } },
  })
})

test('DOCKER_CONFIG moves the folder of contexts', async () => {
  await writeContext('remote', 'ssh://box')
  const env = { HOME: '/nonexistent', DOCKER_CONFIG: join(home, '.docker'), DOCKER_CONTEXT: 'remote' }
  expect(await locateEndpoint(env)).toEqual({ kind: 'ssh', url: 'ssh://box', host: 'box', port: null, user: null })
})

test('DOCKER_TLS_VERIFY takes certificates from DOCKER_CERT_PATH', async () => {
  await writeFile(join(home, 'ca.pem'), 'CA')
  const env = { HOME: home, DOCKER_HOST: 'tcp://box', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: home }
  expect(await locateEndpoint(env)).toMatchObject({ port: 2376, tls: { ca: 'CA', key: undefined } })
})

test.each(['unix://relative', 'tcp://', 'ftp://box', 'tcp://box:99999'])('%s is no address', async (host) => {
  await expect(locateEndpoint({ HOME: home }, { host })).rejects.toMatchObject({
    kind: 'unreachable',
    diagnostics: [{ code: 'engine/endpoint', detail: expect.stringContaining('--host') }],
  })
})

test('a context that is not there is named', async () => {
  await expect(locateEndpoint({ HOME: home }, { context: 'colima' })).rejects.toMatchObject({
    kind: 'unreachable',
    diagnostics: [{ code: 'engine/no-such-context', detail: expect.stringContaining('colima') }],
  })
})

test('of the usual sockets the first that answers is taken, not the first that is there', async () => {
  const [dead, alive] = [join(home, 'dead.sock'), await listenAt('alive.sock')]
  await writeFile(dead, '')
  expect(await firstThatAnswers([join(home, 'none.sock'), dead, alive])).toMatchObject({ kind: 'unix', path: alive })
})

test('where none answers, all that was tried is said', async () => {
  const sockets = [join(home, 'one.sock'), join(home, 'two.sock')]
  await expect(firstThatAnswers(sockets)).rejects.toMatchObject({
    kind: 'unreachable',
    diagnostics: [
      {
        code: 'engine/unreachable',
        summary: 'Cannot reach the container engine',
        detail: expect.stringMatching(/one\.sock: there is no such socket[^]*two\.sock: there is no such socket/),
      },
    ],
  })
})
