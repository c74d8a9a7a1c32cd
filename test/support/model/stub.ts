// A stand-in for the models' APIs: enough that a real agent runs one command in its shell and answers. The first turn
// calls the agent's shell tool; the turn that brings the result is answered with text.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/model/json.js'
import { anthropic } from './anthropic.js'
import { gemini } from './gemini.js'
import { openaiChat } from './openai-chat.js'
import { openaiResponses } from './openai-responses.js'
import { shellCall } from './shell-tool.js'
import type { Answer, WireFormat } from './wire-format.js'

const formats: readonly WireFormat[] = [anthropic, openaiResponses, openaiChat, gemini]

export type StubRequest = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** Null where it did not ask the model. */
  readonly format: WireFormat['name'] | null
}

export type ModelStub = {
  readonly port: number
  readonly requests: readonly StubRequest[]
  close(): Promise<void>
}

export type Told = {
  /** What the agent's shell tool is to run. */
  readonly command: string
  readonly answer: string
}

/** Listens on `address` at a free port. */
export async function startModelStub({ address, ...told }: Told & { readonly address: string }): Promise<ModelStub> {
  const requests: StubRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '/', headers } = request
      const body = Buffer.concat(chunks).toString('utf8')
      const path = url.split('?')[0] ?? url
      const format = method === 'POST' ? formats.find((one) => one.isAsked(path)) : undefined
      requests.push({ method, path: url, headers, body, format: format?.name ?? null })
      const answer =
        format === undefined
          ? besides(path)
          : modelAnswer(format, { path, body: parsed(body), turn: requests.length }, told)
      send(response, answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  return { port: (server.address() as AddressInfo).port, requests, close: async () => closed(server) }
}

function modelAnswer(
  format: WireFormat,
  request: { readonly path: string; readonly body: JsonObject; readonly turn: number },
  { command, answer }: Told,
): Answer {
  const { tools, hasResult } = format.read(request.body)
  const call = hasResult ? null : shellCall(tools, command)
  return format.write(call ?? { kind: 'text', text: answer }, request)
}

/** What agents ask an API for besides answers. */
function besides(path: string): Answer {
  if (path.endsWith('/count_tokens')) return { kind: 'json', document: { input_tokens: 1 } }
  if (path.endsWith(':countTokens')) return { kind: 'json', document: { totalTokens: 1 } }
  if (path.endsWith('/models')) return { kind: 'json', document: { object: 'list', data: [], models: [] } }
  if (path.startsWith('/api/hello')) return { kind: 'json', document: {} }
  return { kind: 'json', document: { error: { type: 'not_found', message: `the stub knows no ${path}` } }, status: 404 }
}

function parsed(body: string): JsonObject {
  const value = JSON.parse(body) as JsonValue
  return isJsonObject(value) ? value : {}
}

function send(response: ServerResponse, answer: Answer): void {
  switch (answer.kind) {
    case 'json':
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer.document))
      return
    case 'events':
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const { event, data } of answer.events) {
        const name = event === undefined ? '' : `event: ${event}\n`
        response.write(`${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
      }
      response.end()
  }
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve, reject) => {
    server.close((error) => {
      if (error === undefined) resolve()
      else reject(error)
    })
  })
}
