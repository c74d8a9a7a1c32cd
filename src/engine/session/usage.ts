// What a container uses, as the engine counts it.

import type { Readable } from 'node:stream'
import type { Usage, Watching } from '../../model/watching.js'
import { isStats, noEngine, type Stats } from '../connection/answers.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { unlessAborted } from '../connection/interruptible.js'

const doing = 'see what the sandbox uses'

export async function* usage(
  client: Client,
  containerId: string,
  { follow, signal }: Parameters<Watching['usage']>[1],
): AsyncGenerator<Usage | null> {
  const machine = await machineMemory(client)
  const container = client.docker.getContainer(containerId)
  try {
    if (follow) yield* following((await container.stats({ stream: true })) as Readable, client, machine, signal)
    else yield usageOf(await unlessAborted(signal, container.stats({ stream: false })), machine)
  } catch (error) {
    if (follow && signal.aborted) return
    if (statusOf(error) !== 404) rethrow(error, client.endpoint.url, doing)
  }
}

async function* following(
  source: Readable,
  client: Client,
  machine: number | null,
  signal: AbortSignal,
): AsyncGenerator<Usage | null> {
  const end = (): void => void source.destroy()
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  try {
    for await (const stats of objectsOf(source, client)) yield usageOf(stats, machine)
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}

/** A text without an end would be all the memory there is. */
const longestObject = 1024 * 1024

async function* objectsOf(source: Readable, client: Client): AsyncGenerator<Stats> {
  let rest = ''
  source.setEncoding('utf8')
  for await (const piece of source) {
    const lines = `${rest}${String(piece)}`.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longestObject) throw noEngine(client.endpoint.url, 'GET /containers/{id}/stats')
    for (const line of lines) if (line.trim() !== '') yield parsed(line, client)
  }
}

function parsed(line: string, client: Client): Stats {
  try {
    const stats: unknown = JSON.parse(line)
    if (isStats(stats)) return stats
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw noEngine(client.endpoint.url, 'GET /containers/{id}/stats')
}

/** Null for a container that does not run. `machine` is all the memory that the engine's machine has. */
export function usageOf(stats: Stats, machine: number | null): Usage | null {
  const { memory_stats: memory, pids_stats: pids } = stats
  const at = Date.parse(stats.read ?? '') / 1000
  // Of a time that is none it says the year 1.
  if (!(at > 0) || typeof memory?.usage !== 'number') return null
  const networks = Object.values(stats.networks ?? {})
  return {
    at,
    cpu: cpuOf(stats),
    memory: memory.usage - cached(memory.usage, memory.stats ?? {}),
    // Of a container without a limit it says what the machine has.
    memoryLimit: limitOf(memory.limit, machine),
    pids: pids?.current ?? 0,
    pidsLimit: limitOf(pids?.limit, null),
    received: networks.reduce((sum, each) => sum + (each.rx_bytes ?? 0), 0),
    sent: networks.reduce((sum, each) => sum + (each.tx_bytes ?? 0), 0),
  }
}

/** Without a look before, the one before says nothing of the machine's time. */
function cpuOf({ cpu_stats: now, precpu_stats: before }: Stats): number | null {
  const [used, usedBefore] = [now?.cpu_usage?.total_usage, before?.cpu_usage?.total_usage]
  const [passed, passedBefore] = [now?.system_cpu_usage, before?.system_cpu_usage]
  if (typeof used !== 'number' || typeof usedBefore !== 'number') return null
  if (typeof passed !== 'number' || typeof passedBefore !== 'number' || passed <= passedBefore) return null
  const processors = now?.online_cpus ?? now?.cpu_usage?.percpu_usage?.length ?? 1
  return Math.max(((used - usedBefore) / (passed - passedBefore)) * Math.max(processors, 1), 0)
}

/** By the first version of control groups and by the second. */
function cached(usage: number, stats: Readonly<Record<string, number>>): number {
  const inactive = stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0
  return inactive > 0 && inactive < usage ? inactive : 0
}

/** No limit is 0, or as large as a number can be. */
function limitOf(limit: number | null | undefined, machine: number | null): number | null {
  if (typeof limit !== 'number' || limit <= 0 || limit >= Number.MAX_SAFE_INTEGER) return null
  return machine !== null && limit >= machine ? null : limit
}

const machines = new WeakMap<Client, Promise<number | null>>()

/** Of an engine, asked once. */
function machineMemory(client: Client): Promise<number | null> {
  const known = machines.get(client)
  if (known !== undefined) return known
  const asked = client.call(doing, client.docker.info()).then((info: unknown) => {
    const { MemTotal } = info as { readonly MemTotal?: unknown }
    return typeof MemTotal === 'number' && MemTotal > 0 ? MemTotal : null
  })
  machines.set(client, asked)
  return asked
}
