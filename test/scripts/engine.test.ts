// Which engine the quickstart and the tests take. Sockets of the test's own stand in for engines.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findEngine } from '../../scripts/engine.mjs'

describe('the engine that is found', () => {
  let folder: string
  const servers: Server[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sbx-engine-'))
  })
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
    rmSync(folder, { recursive: true })
  })

  async function engineAt(socket: string): Promise<string> {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/_ping' ? 200 : 404
      response.end()
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(join(folder, socket), resolve))
    return `unix://${join(folder, socket)}`
  }

  async function useContext(name: string, host: string): Promise<void> {
    const meta = join(folder, 'contexts/meta', createHash('sha256').update(name).digest('hex'))
    await mkdir(meta, { recursive: true })
    await writeFile(join(folder, 'config.json'), JSON.stringify({ currentContext: name }))
    await writeFile(join(meta, 'meta.json'), JSON.stringify({ Endpoints: { docker: { Host: host } } }))
  }

  it('is that of DOCKER_HOST before that of the context', async () => {
    const host = await engineAt('a.sock')
    await useContext('b', await engineAt('b.sock'))
    expect(await findEngine({ DOCKER_HOST: host, DOCKER_CONFIG: folder, HOME: folder })).toBe(host)
  })

  it('is that of the current context', async () => {
    const host = await engineAt('b.sock')
    await useContext('b', host)
    expect(await findEngine({ DOCKER_CONFIG: folder, HOME: folder })).toBe(host)
  })

  it('is never another one than the one that was named', async () => {
    const host = `unix://${folder}/gone.sock`
    await expect(findEngine({ DOCKER_HOST: host, HOME: folder })).rejects.toThrow(
      `No engine answers at ${host}, which DOCKER_HOST names`,
    )
    await useContext('c', host)
    await expect(findEngine({ DOCKER_CONFIG: folder, HOME: folder })).rejects.toThrow(
      'the current docker context names',
    )
  })

  it('is not one behind ssh, where the folders of this machine are not', async () => {
    await expect(findEngine({ DOCKER_HOST: 'ssh://host', HOME: folder })).rejects.toThrow(
      'ssh://host is on another machine',
    )
  })
})
