// A stand-in for the model's API, Anthropic's Messages format: enough that a real Claude Code runs one tool and answers.
// The first turn calls the agent's shell tool, the turn that brings the tool's result is answered with text.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type StubRequest = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type ModelStub = {
  readonly port: number
  readonly requests: readonly StubRequest[]
  close(): Promise<void>
}

type Block =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'tool_use'
      readonly id: string
      readonly name: string
      readonly input: { readonly command: string }
    }

/** Listens on `address` at a free port. `command` is what the agent's shell tool is told to run. */
export async function startModelStub(options: {
  readonly address: string
  readonly command: string
  readonly answer: string
}): Promise<ModelStub> {
  const requests: StubRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const path = request.url ?? '/'
      requests.push({ method: request.method ?? '', path, headers: request.headers, body })
      answer(path, body, response, options, requests.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, options.address, resolve))
  return { port: (server.address() as AddressInfo).port, requests, close: async () => closed(server) }
}

function answer(
  path: string,
  body: string,
  response: ServerResponse,
  options: { readonly command: string; readonly answer: string },
  turn: number,
): void {
  if (!path.startsWith('/v1/messages')) {
    sendJson(response, path.startsWith('/api/hello') ? 200 : 404, {})
    return
  }
  if (path.includes('/count_tokens')) {
    sendJson(response, 200, { input_tokens: 1 })
    return
  }
  const request = JSON.parse(body) as {
    readonly model: string
    readonly stream?: boolean
    readonly tools?: readonly { readonly name: string }[]
    readonly messages: unknown
  }
  const hasShell = request.tools?.some((tool) => tool.name === 'Bash') === true
  const hasRun = JSON.stringify(request.messages).includes('"tool_result"')
  const block: Block =
    hasShell && !hasRun
      ? { type: 'tool_use', id: `toolu_${String(turn)}`, name: 'Bash', input: { command: options.command } }
      : { type: 'text', text: options.answer }
  const stopReason = block.type === 'tool_use' ? 'tool_use' : 'end_turn'
  const message = {
    id: `msg_${String(turn)}`,
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: [] as Block[],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  }
  if (request.stream !== true) {
    sendJson(response, 200, { ...message, content: [block], stop_reason: stopReason })
    return
  }
  const opened = block.type === 'tool_use' ? { ...block, input: {} } : { ...block, text: '' }
  const delta =
    block.type === 'tool_use'
      ? { type: 'input_json_delta', partial_json: JSON.stringify(block.input) }
      : { type: 'text_delta', text: block.text }
  sendEvents(response, [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: opened },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ])
}

function sendJson(response: ServerResponse, status: number, document: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(document))
}

function sendEvents(
  response: ServerResponse,
  events: readonly ({ readonly type: string } & Readonly<Record<string, unknown>>)[],
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  response.end()
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
