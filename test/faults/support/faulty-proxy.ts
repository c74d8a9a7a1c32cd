// Between sbx and the engine, at a socket of its own: passes calls on, keeps a list of them, and does to one of them what
// it is told to.

import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * What happens to a call. `refused`, `conflict` and `missing` are answers that the engine never gave, to a call that it
 * never saw; `failed` is a 500 for a call that it did. `down` is an engine that is gone from then on. A call that is
 * `held` is done, and answered when the test says so; one that is `forestalled` goes on once the test has done something.
 */
export const faults = [
  ...(['refused', 'conflict', 'missing', 'cut-before', 'cut-after', 'failed', 'delayed', 'twice'] as const),
  ...(['down-before', 'down-after', 'killed', 'held', 'forestalled'] as const),
]
export type Fault = (typeof faults)[number]

/** How many calls of a name came before, and the name: `POST /containers/ID/start`. */
export type CallName = `${string} #${number}`

export type FaultyProxy = {
  /** For DOCKER_HOST. */
  readonly endpoint: string
  /** Names of the calls since it was last armed, in order. */
  readonly calls: readonly CallName[]
  /** Begins a list of calls; `onStrike` is called when a call that shall be the caller's last one, or is forestalled, comes. */
  arm(strike: { readonly at: CallName; readonly fault: Fault } | null, onStrike?: () => void | Promise<void>): void
  /** Whether the fault has come to pass. */
  hasStruck(): boolean
  /** Resolves once a call is held. */
  untilHeld(): Promise<void>
  release(): void
  close(): Promise<void>
}

const engineSocket = (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '')

/** How long a call is held, in milliseconds: longer than any answer takes. */
const hold = 500

type Answer = Pick<IncomingMessage, 'statusCode' | 'headers'> & { readonly body: Buffer }

export async function startFaultyProxy(socketPath: string, engine = engineSocket): Promise<FaultyProxy> {
  let calls: CallName[] = []
  let names = new Names()
  let strike: { readonly at: CallName; readonly fault: Fault } | null = null
  let onStrike = (): void | Promise<void> => undefined
  let hasStruck = false
  let isDown = false
  let held = gate()
  let released = gate()
  const connections = new Set<Socket>()

  const serve = async (asked: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const body = await bytes(asked)
    if (isDown) return void asked.socket.destroy()
    const name = names.next(asked)
    if (name !== null) calls.push(name)
    const fault = name !== null && name === strike?.at && !hasStruck ? strike.fault : null
    hasStruck ||= fault !== null
    const passOn = (): Promise<Answer> => send(engine, asked, body)
    switch (fault) {
      case null:
        return reply(answer, await passOn())
      case 'refused':
        return reply(answer, refusal(500))
      case 'conflict':
        return reply(answer, refusal(409))
      case 'missing':
        return reply(answer, refusal(404))
      case 'failed':
        await passOn()
        return reply(answer, refusal(500))
      case 'delayed':
        await delay(hold)
        return reply(answer, await passOn())
      case 'twice':
        await passOn()
        return reply(answer, await passOn())
      case 'cut-after':
      case 'down-after':
        await passOn()
        break
      case 'cut-before':
      case 'down-before':
        break
      case 'held': {
        const passed = await passOn()
        held.open()
        await released.opened
        return reply(answer, passed)
      }
      case 'forestalled':
        await onStrike()
        return reply(answer, await passOn())
      case 'killed':
        await passOn()
        await onStrike()
        return void asked.socket.destroy()
    }
    isDown = fault.startsWith('down')
    // On one socket or on all: what had been asked beside it gets no answer either.
    for (const connection of isDown ? connections : [asked.socket]) connection.destroy()
  }

  const server = createServer((asked, answer) => {
    serve(asked, answer).catch((error: unknown) => answer.destroy(error as Error))
  })
  // An engine keeps what is idle open. This would close it after some seconds, just as a caller on a busy machine asks again.
  server.keepAliveTimeout = 0
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  return {
    endpoint: `unix://${socketPath}`,
    get calls() {
      return calls
    },
    arm(armed, doing = () => undefined) {
      calls = []
      names = new Names()
      strike = armed
      onStrike = doing
      hasStruck = false
      isDown = false
      held = gate()
      released = gate()
    },
    hasStruck: () => hasStruck,
    untilHeld: () => held.opened,
    release() {
      released.open()
    },
    async close() {
      for (const connection of connections) connection.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

/** Gives calls names that are the same in each run, whatever the ids are and however often readiness is asked for. */
class Names {
  readonly #counts = new Map<string, number>()
  /** Containers that were asked whether they are ready, since something was last changed. */
  readonly #asked = new Set<string>()

  /** Null for a question that is asked again because the answer was "not yet". */
  next({ method = '', url = '' }: IncomingMessage): CallName | null {
    const [path = ''] = url.split('?')
    const [, container = ''] = /^\/containers\/([0-9a-f]{64})\/(?:json|archive)$/.exec(path) ?? []
    const isQuestion = method === 'GET' || method === 'HEAD'
    if (!isQuestion) this.#asked.clear()
    if (this.#asked.has(container)) return null
    if (method === 'HEAD') this.#asked.add(container)
    const name = `${method} ${roleInPath(path)}`
    const count = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, count)
    return `${name} #${count}`
  }
}

function roleInPath(path: string): string {
  return path
    .replace(/[0-9a-f]{64}/, 'ID')
    .replace(/(?<=\/containers\/)sbx[-_][^/]+/, 'NAME')
    .replace(/(?<=\/networks\/)sbx[-_][^/]+/, 'NAME')
    .replace(/(?<=\/volumes\/)(?!create$)[^/]+/, volumeRole)
    .replace(/(?<=\/images\/).+(?=\/json$)/, imageRole)
    .replace(/(?<=^\/images\/)(?!create$|json$|.+\/json$).+/, imageRole)
}

function volumeRole(name: string): string {
  return /-(home|login)$/.exec(name)?.[1]?.toUpperCase() ?? 'RECORD'
}

function imageRole(reference: string): string {
  if (/^(sha256:)?[0-9a-fID]+$/.test(reference)) return 'ID'
  return /\bsbx[-_][\w-]*kept-/.test(decodeURIComponent(reference)) ? 'SNAPSHOT' : 'IMAGE'
}

function refusal(statusCode: number): Answer {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"message":"made up"}') }
}

function reply(answer: ServerResponse, { statusCode = 500, headers, body }: Answer): void {
  const { 'transfer-encoding': _, ...kept } = headers
  answer.writeHead(statusCode, kept)
  answer.end(body)
}

function send(socketPath: string, { method, url: path, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { 'transfer-encoding': _, ...kept } = headers
    const length = body.length === 0 ? {} : { 'content-length': String(body.length) }
    const onward = request({ socketPath, method, path, headers: { ...kept, ...length } }, (response) => {
      bytes(response).then(
        (content) => resolve({ statusCode: response.statusCode, headers: response.headers, body: content }),
        reject,
      )
    })
    onward.on('error', reject)
    onward.end(body)
  })
}

async function bytes(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
