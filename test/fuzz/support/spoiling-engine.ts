// An engine in memory whose answers can be spoiled: the one that the build rehearses with, with what a real one says beside.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { JsonValue } from '../../../src/model/json.js'
import { rehearsalEngine } from '../../../scripts/rehearsal-engine.mjs'

export type Answer = {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** Of the answer to the nth question of a call, counted from 0; null for as it is. */
export type Spoil = (answer: Answer, index: number, path: string) => Answer | 'cut' | null

export class SpoilingEngine {
  spoil: Spoil = () => null
  /** What else is on it than what sbx made, before it is spoiled. */
  beside: (answer: Answer, path: string) => Answer = (answer) => answer
  asked = 0
  /** Of the processor, in milliseconds, by spoiling: it is done in the very process whose time is measured. */
  spent = 0
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy())
  })
  readonly #socket: string
  #inner = rehearsalEngine()
  #innerSocket: string
  #made = 0

  constructor(socket: string) {
    this.#innerSocket = `${socket}.inner`
    this.#socket = socket
  }

  async listen(): Promise<void> {
    this.#inner.listen(this.#innerSocket)
    this.#server.listen(this.#socket)
    await Promise.all([once(this.#inner, 'listening'), once(this.#server, 'listening')])
  }

  /** As if nothing had been made on it. */
  async forget(): Promise<void> {
    this.#inner.close()
    this.#inner.closeAllConnections()
    this.#made += 1
    this.#innerSocket = `${this.#socket}.inner${String(this.#made)}`
    this.#inner = rehearsalEngine()
    this.#inner.listen(this.#innerSocket)
    await once(this.#inner, 'listening')
  }

  close(): void {
    for (const server of [this.#server, this.#inner]) {
      server.close()
      server.closeAllConnections()
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const index = this.asked
    this.asked += 1
    const path = request.url ?? ''
    const whole = await this.#ask(request)
    const answer = this.beside({ ...whole, body: fuller(path, whole.body) }, path)
    const begun = process.cpuUsage()
    const spoiled = this.spoil(answer, index, path) ?? answer
    const { user, system } = process.cpuUsage(begun)
    this.spent += (user + system) / 1_000
    if (spoiled === 'cut') {
      response.writeHead(200, { 'Content-Length': String(answer.body.length + 1) })
      response.write(answer.body.slice(0, answer.body.length / 2), () => response.destroy())
      return
    }
    response.writeHead(spoiled.status, spoiled.headers)
    response.end(request.method === 'HEAD' ? undefined : spoiled.body)
  }

  async #ask(request: IncomingMessage): Promise<Answer> {
    const { request: send } = await import('node:http')
    const outgoing = send({
      ...{ socketPath: this.#innerSocket, path: request.url, method: request.method, headers: request.headers },
      // A connection that is kept can be closed just as it is used again.
      agent: false,
    })
    request.pipe(outgoing)
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    const stat = answer.headers['x-docker-container-path-stat']
    return {
      status: answer.statusCode ?? 0,
      body: Buffer.concat(chunks).toString(),
      headers: {
        'Content-Type': 'application/json',
        ...(typeof stat === 'string' ? { 'X-Docker-Container-Path-Stat': stat } : {}),
      },
    }
  }
}

/** What a real engine says beside, so that there is more to spoil. */
function fuller(path: string, body: string): string {
  const extra = extras.find(([pattern]) => pattern.test(path))?.[1]
  if (extra === undefined || body === '') return body
  const parsed = JSON.parse(body) as JsonValue
  return JSON.stringify(Array.isArray(parsed) ? parsed.map((each) => extend(each, extra)) : extend(parsed, extra))
}

function extend(value: JsonValue, extra: Readonly<Record<string, JsonValue>>): JsonValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...extra, ...value } : value
}

const mount = { Type: 'bind', Source: '/srv/data', Destination: '/data', Mode: '', RW: false, Propagation: 'rprivate' }

const extras: readonly (readonly [RegExp, Readonly<Record<string, JsonValue>>])[] = [
  [
    /^\/containers\/json/,
    {
      Mounts: [mount],
      Ports: [{ IP: '127.0.0.1', PrivatePort: 3000, PublicPort: 3000, Type: 'tcp' }],
      NetworkSettings: { Networks: { 'sbx_fuzz-open': { NetworkID: 'e'.repeat(64) } } },
      HostConfig: { NetworkMode: 'e'.repeat(64) },
      Status: 'Up 3 minutes',
    },
  ],
  [/^\/containers\/[^/]+\/json/, { Mounts: [mount], ExecIDs: ['d'.repeat(64)], RestartCount: 0, Platform: 'linux' }],
  [/^\/networks/, { Containers: {}, IPAM: { Config: [{ Subnet: '172.20.0.0/16', Gateway: '172.20.0.1' }] } }],
  [/^\/info/, { ID: 'ABCD:EFGH', MemoryLimit: true, SwapLimit: true, CpuCfsQuota: true, DefaultRuntime: 'runc' }],
  [/^\/version/, { Components: [{ Name: 'Engine', Version: '20.10.24' }], ApiVersion: '1.41' }],
]
