// What an engine says of a container in which an agent made more than can be held.

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openClient, type Client } from '../../src/engine/connection/client.js'
import { copyFiles } from '../../src/engine/content/copy-files.js'
import { keptListEntry } from '../../src/engine/content/kept-changes.js'
import { listChanges, ownChanges } from '../../src/engine/content/own-content.js'

let folder: string
let server: Server
let client: Client
let answer: (response: ServerResponse, request: IncomingMessage) => void

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sbx-changes-'))
  const path = join(folder, 'engine.sock')
  server = createServer((request, response) => answer(response, request)).listen(path)
  await once(server, 'listening')
  client = openClient({ kind: 'unix', path, url: `unix://${path}` }, null, {} as never)
})

afterEach(async () => {
  client.close()
  server.close()
  server.closeAllConnections()
  await rm(folder, { recursive: true, force: true })
})

test('a list of changes is read as it comes', async () => {
  const [head, tail] = ['[{"Path":"/opt/\u00e4', '","Kind":1},{"Path":"/opt","Kind":0},{"Path":"/x","Kind":2}]\n']
  answer = (response) => {
    const bytes = Buffer.from(head + tail)
    response.write(bytes.subarray(0, head.length))
    response.end(bytes.subarray(head.length))
  }
  expect(await listChanges(client, 'c')).toEqual([
    { path: '/opt/\u00e4', kind: 'added' },
    { path: '/opt', kind: 'modified' },
    { path: '/x', kind: 'deleted' },
  ])
  answer = (response) => response.end('null\n')
  expect(await listChanges(client, 'c')).toEqual([])
})

test.each([
  ['is cut', '[{"Path":"/opt","Kind":1},{"Pa'],
  ['has a path that is none', '[{"Path":{"a":1},"Kind":1}]'],
  ['is no list', '{"message":"here you are"}'],
  ['is nothing', ''],
])('a list of changes that %s is told as none of an engine', async (_, text) => {
  answer = (response) => response.end(text)
  await expect(listChanges(client, 'c')).rejects.toMatchObject({ diagnostics: [{ code: 'engine/no-engine' }] })
})

test('a list of changes without an end is not read to it', async () => {
  const ended = new Promise<unknown>((resolve) => {
    answer = (response) => void pipeline(Readable.from(withoutEnd()), response).catch(resolve)
  })
  expect(await ownChanges(client, 'c')).toEqual({ paths: [], uncounted: 'too-many' })
  expect(await ended).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

test('where all of it is needed, a list that cannot be read is refused', async () => {
  answer = (response) => void pipeline(Readable.from(withoutEnd()), response).catch(() => undefined)
  await expect(listChanges(client, 'c')).rejects.toThrow(/too-much-to-keep/)
})

test('that a container is gone is told', async () => {
  answer = (response) => {
    response.writeHead(404, { 'content-type': 'application/json' })
    response.end('{"message":"No such container: c"}')
  }
  await expect(listChanges(client, 'c')).rejects.toMatchObject({
    diagnostics: [{ code: expect.stringMatching(/^engine\//) }],
  })
})

test('a list that could not be read again is not written', async () => {
  const changes = Array.from({ length: 400 }, () => ({ path: `/${'x'.repeat(100_000)}`, kind: 'added' as const }))
  await expect(keptListEntry('localhost/sbx:1', changes)).rejects.toThrow(/too-much-to-keep/)
})

const stopped = {
  ...{ Id: 'f', Name: '/f', Image: 'sha256:1', Created: '2026-01-01T00:00:00Z', Mounts: [], HostConfig: {} },
  ...{ Config: { Labels: {} }, NetworkSettings: { Networks: {} } },
  State: {
    ...{ Status: 'exited', Running: false, ExitCode: 0 },
    ...{ StartedAt: '2026-01-01T00:00:00Z', FinishedAt: '2026-01-01T00:00:01Z' },
  },
}

test('lists of packages that are too long together are not all read', async () => {
  const lists = ['aa', 'bb', 'cc', 'dd'].map((name) => `/var/lib/dpkg/info/${name}.list`)
  const content = `/${'x'.repeat(12 * 2 ** 20)}`
  const asked: string[] = []
  answer = (response, { url = '' }) => {
    if (url.endsWith('/json')) response.end(JSON.stringify(stopped))
    else if (url.endsWith('/changes')) response.end(JSON.stringify(lists.map((Path) => ({ Path, Kind: 1 }))))
    else {
      const path = new URL(url, 'http://engine').searchParams.get('path') ?? ''
      asked.push(path)
      const archive = pack()
      archive.entry({ name: path.slice(path.lastIndexOf('/') + 1) }, content)
      archive.finalize()
      void pipeline(archive, response).catch(() => undefined)
    }
  }
  const step = { do: 'copy-files', from: { id: 'f' }, target: { id: 't' }, except: [], exceptWithPackages: [] } as const
  await expect(copyFiles(client, step, 't', { onProgress: () => undefined, signal: undefined })).rejects.toThrow(
    /too-much-to-keep/,
  )
  expect(asked).toEqual(lists.slice(0, 3))
})

function* withoutEnd(): Generator<Buffer> {
  const piece = Buffer.alloc(2 ** 20, '[')
  for (;;) yield piece
}
