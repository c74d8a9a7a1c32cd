// Engines that answer badly, or not at all.

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { connectDocker } from '../../../src/engine/docker.js'
import { DiagnosticError } from '../../../src/model/diagnostic.js'
import type { Engine } from '../../../src/model/engine.js'

let folder: string
let server: Server
let sockets: Socket[]
let interruption: AbortController
let silences: number

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sbx-watch-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  sockets = []
  interruption = new AbortController()
  silences = 0
})
afterEach(async () => {
  vi.useRealTimers()
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

/** One that answers every request with this text and hangs up, or with null never. */
async function engineThatSays(answer: string | null): Promise<Engine> {
  const path = join(folder, 'engine.sock')
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on('data', () => {
      if (answer !== null) socket.end(answer)
    })
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return connectDocker({
    endpoint: { kind: 'unix', url: `unix://${path}`, path },
    scope: 'watch',
    patience: { signal: interruption.signal, onSilence: () => (silences += 1) },
  })
}

async function failureOf(work: Promise<unknown>): Promise<{ readonly kind: string; readonly code?: string }> {
  const error = await work.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof DiagnosticError)) throw error
  const code = error.diagnostics[0]?.code
  return { kind: error.kind, ...(code === undefined ? {} : { code }) }
}

const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'

test.each([
  ['an answer that is cut off', `${head}Content-Length: 500\r\n\r\n[{"Id":`, 'engine/unreachable'],
  ['an answer that is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'engine/unreachable'],
  ['a page of some other server', `${head}Connection: close\r\n\r\n<html></html>`, 'engine/no-engine'],
  ['an object where a list should be', `${head}Connection: close\r\n\r\n{}`, 'engine/no-engine'],
])('%s is told as an engine that cannot be reached', async (_, answer, code) => {
  const engine = await engineThatSays(answer)
  expect(await failureOf(engine.list())).toEqual({ kind: 'unreachable', code })
})

test('a question without an answer is told once, and given up after an interruption', async () => {
  const engine = await engineThatSays(null)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const failed = failureOf(Promise.all([engine.list(), engine.describe()]))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(silences).toBe(1)
  interruption.abort()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(await failed).toEqual({ kind: 'interrupted', code: 'engine/interrupted' })
})
