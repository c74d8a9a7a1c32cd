import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Endpoint } from '../../../src/engine/connection/endpoint.js'

export type RecordingProxy = {
  readonly endpoint: Endpoint
  /** `GET /containers/json?all=1`, in order; and how many connections brought them. */
  readonly requests: string[]
  connections(): number
  close(): Promise<void>
}

/** Stands before an engine's socket and notes what is asked of it. Passes on no sessions, which need a raw connection. */
export async function recordingProxy(engineSocket: string): Promise<RecordingProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'sbx-proxy-'))
  const path = join(folder, 'engine.sock')
  const requests: string[] = []
  let connections = 0
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`)
    const onward = request(
      { socketPath: engineSocket, method: incoming.method, path: incoming.url, headers: incoming.headers },
      (answer: IncomingMessage) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      },
    )
    incoming.pipe(onward)
  })
  // As an engine does, which closes nothing that is idle.
  server.keepAliveTimeout = 0
  server.on('connection', () => (connections += 1))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    endpoint: { kind: 'unix', url: `unix://${path}`, path },
    requests,
    connections: () => connections,
    async close() {
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true })
    },
  }
}
