// Between sbx and the engine, at a socket of its own: passes everything on and keeps a note of what was asked.

import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'

export type RecordedCall = { readonly method: string; readonly url: string }

export type RecordingProxy = {
  /** For DOCKER_HOST. */
  readonly endpoint: string
  /** What was asked since it was last called. */
  take(): readonly RecordedCall[]
  close(): Promise<void>
}

const engineSocket = (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '')

export async function startRecordingProxy(socketPath: string): Promise<RecordingProxy> {
  let calls: RecordedCall[] = []
  const passOn = (asked: IncomingMessage) => {
    calls.push({ method: asked.method ?? '', url: asked.url ?? '' })
    const { method, url: path, headers } = asked
    return request({ socketPath: engineSocket, method, path, headers })
  }
  const server = createServer((asked: IncomingMessage, answer: ServerResponse) => {
    const onward = passOn(asked)
    onward.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers)
      answer.flushHeaders()
      response.pipe(answer)
    })
    onward.on('error', (error) => answer.destroy(error))
    asked.pipe(onward)
  })
  // A session takes the connection over.
  server.on('upgrade', (asked: IncomingMessage, socket: Duplex, head: Buffer) => {
    const onward = passOn(asked)
    onward.on('upgrade', (response: IncomingMessage, engine: Duplex, first: Buffer) => {
      const lines = Object.entries(response.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
      socket.write(`HTTP/1.1 101 UPGRADED\r\n${lines.join('')}\r\n`)
      engine.unshift(first)
      engine.pipe(socket).pipe(engine)
      // Whichever side goes takes the other with it.
      void finished(socket).then(
        () => engine.destroy(),
        () => engine.destroy(),
      )
    })
    const body = Number(asked.headers['content-length'] ?? 0)
    onward.end(head.subarray(0, body))
    socket.unshift(head.subarray(body))
  })
  // As an engine does, which closes nothing that is idle.
  server.keepAliveTimeout = 0
  const connections = new Set<Duplex>()
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  return {
    endpoint: `unix://${socketPath}`,
    take() {
      const taken = calls
      calls = []
      return taken
    },
    async close() {
      for (const socket of connections) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
