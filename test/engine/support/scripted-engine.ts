// An engine that answers as a test says: for what no real one can be brought to say.

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openClient, type Client } from '../../../src/engine/connection/client.js'

export type ScriptedEngine = {
  readonly client: Client
  /** `GET /containers/json`, in order. */
  readonly asked: readonly string[]
  /** What was sent with the last of each. */
  readonly bodies: Readonly<Record<string, unknown>>
  close(): Promise<void>
}

/** An engine's no. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly message: string,
  ) {}
}

/** `answer` gets `GET /containers/json` and gives what is sent as JSON, a text as it is, or undefined where it sends itself. */
export async function scriptedEngine(
  answer: (asked: string, response: ServerResponse, request: IncomingMessage) => unknown,
): Promise<ScriptedEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'sbx-scripted-'))
  const path = join(folder, 'engine.sock')
  const asked: string[] = []
  const bodies: Record<string, unknown> = {}
  const server = createServer((request, response) => {
    const line = `${request.method ?? ''} ${(request.url ?? '').split('?', 1)[0] ?? ''}`
    asked.push(line)
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      if (request.headers['content-type'] === 'application/json') {
        bodies[line] = JSON.parse(Buffer.concat(pieces).toString('utf8') || 'null')
      }
      const said = answer(line, response, request)
      if (said === undefined) return
      if (said instanceof Refusal) response.writeHead(said.status, { 'content-type': 'application/json' })
      const body = said instanceof Refusal ? { message: said.message } : said
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  }).listen(path)
  await once(server, 'listening')
  const client = openClient({ kind: 'unix', path, url: `unix://${path}` }, null, async () => null)
  return {
    ...{ client, asked, bodies },
    async close() {
      client.close()
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true })
    },
  }
}
