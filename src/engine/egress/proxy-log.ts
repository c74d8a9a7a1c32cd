// What a sandbox asked its proxy for, from the proxy's own output. Method and host are what the agent sent: whoever shows
// them escapes them.

import { PassThrough, Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type { Egress } from '../../model/engine.js'
import type { Scope } from '../../model/names.js'
import type { Client } from '../connection/client.js'
import { statusOf } from '../connection/errors.js'
import { splitFrames } from '../connection/frames.js'
import { listRawContainers } from '../observe/observe.js'
import { proxiesAmong } from '../network/proxies.js'
import { sinkTo } from '../connection/sink.js'

const doing = 'read what the proxy writes'

/**
 * Of one proxy after the other; with `follow` what each writes until it ends, and then what the one after it does. That one
 * was made, and is yet to start, when the one before ends.
 */
export async function* proxyLog(
  client: Client,
  scope: Scope,
  sandboxId: string,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
): AsyncIterable<Egress> {
  const read = new Set<string>()
  for (;;) {
    const proxies = proxiesAmong(scope, await listRawContainers(client, scope))
    const unread = proxies.filter((proxy) => proxy.sandboxId === sandboxId && !read.has(proxy.id))
    const next = unread.find(({ state }) => !follow || state !== 'created')
    if (unread.length === 0 || signal.aborted) return
    if (next === undefined) {
      await pause(signal)
      continue
    }
    read.add(next.id)
    for await (const line of linesOf(client, next.id, follow && next.state === 'running', signal)) {
      const egress = parseEgress(line)
      if (egress !== null) yield egress
    }
  }
}

/** Between two looks at one that is yet to start, in milliseconds. Ends with the signal. */
async function pause(signal: AbortSignal, milliseconds = 200): Promise<void> {
  try {
    await setTimeout(milliseconds, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Of `probe-network.sh`: nobody but sbx has asked for it. */
const probedHost = 'sbx-probe.invalid'

/** `seconds.milliseconds status-of-squid/HTTP-status method host port address bytes`; null for what is none of it. */
export function parseEgress(line: string): Egress | null {
  const match = /^(\d{1,12})\.(\d{3}) ([A-Z_]+) (\d{3}) (\S{1,64}) (\S{1,300}) (\S{1,8}) (\S{1,64}) (\d{1,15})$/.exec(
    line,
  )
  if (match === null || match[6] === probedHost) return null
  const [, seconds, milliseconds, outcome = '', , method = '', host = '', port, address, bytes] = match
  return {
    at: Number(seconds) + Number(milliseconds) / 1000,
    verdict: outcome.includes('DENIED') ? 'refused' : address === '-' ? 'failed' : 'allowed',
    method,
    host: host.toLowerCase().replace(/\.$/, ''),
    port: /^\d{1,5}$/.test(port ?? '') ? Number(port) : null,
    bytes: Number(bytes),
  }
}

/** A line that never ends would be all the memory there is. */
const longestLine = 16 * 1024

async function* linesOf(client: Client, id: string, follow: boolean, signal: AbortSignal): AsyncIterable<string> {
  const source = await openLog(client, id, follow)
  if (source === null) return
  const output = new PassThrough({ encoding: 'utf8' })
  const end = (): void => {
    if (source instanceof Readable) source.destroy()
    output.end()
  }
  signal.addEventListener('abort', end)
  const errors = { write: async () => undefined, failure: () => undefined, forget: () => undefined }
  const copied = splitFrames(
    source,
    sinkTo(output, () => undefined),
    errors,
  ).then(
    () => output.end(),
    (error: unknown) => (signal.aborted ? output.end() : output.destroy(error as Error)),
  )
  try {
    let rest = ''
    for await (const piece of output) {
      const lines = `${rest}${String(piece)}`.split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > longestLine) rest = ''
      yield* lines
    }
    await copied
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}

/** Null where it was removed meanwhile. */
async function openLog(client: Client, id: string, follow: boolean): Promise<AsyncIterable<Buffer> | null> {
  const container = client.docker.getContainer(id)
  const wanted = { stdout: true, stderr: false }
  try {
    if (follow) return (await container.logs({ ...wanted, follow: true })) as unknown as AsyncIterable<Buffer>
    const all = await container.logs({ ...wanted, follow: false })
    return (async function* () {
      yield all
    })()
  } catch (error) {
    if (statusOf(error) === 404) return null
    return client.call(doing, Promise.reject<never>(error as Error))
  }
}
