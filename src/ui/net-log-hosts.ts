// What a sandbox asked its proxy for, host by host, and the line that would let through what was refused.

import type { Egress } from '../model/engine.js'
import type { ProxySpec } from '../model/spec.js'

export type HostEgress = {
  readonly host: string
  readonly port: number | null
  readonly allowed: number
  readonly refused: number
  /** Let through, and then nothing came of it: no such name, or nobody answered. */
  readonly failed: number
  /** In seconds since 1970. */
  readonly lastAt: number
}

/** Adds one request to what was counted before. */
export function countEgress(counted: Map<string, HostEgress>, { host, port, verdict, at }: Egress): void {
  const key = `${host}:${String(port)}`
  const before = counted.get(key) ?? { host, port, allowed: 0, refused: 0, failed: 0, lastAt: at }
  counted.set(key, { ...before, [verdict]: before[verdict] + 1, lastAt: Math.max(before.lastAt, at) })
}

/** Those that something was refused for first, each in the order of the last request. */
export function inOrder(counted: ReadonlyMap<string, HostEgress>): readonly HostEgress[] {
  return [...counted.values()].sort(
    (left, right) => Number(right.refused > 0) - Number(left.refused > 0) || right.lastAt - left.lastAt,
  )
}

/**
 * What to write under `network.allow` so that it is let through; null where that would help nothing: an address, a name
 * that nobody can have, or one that is listed and leads to a private address.
 */
export function entryFor({ host, port }: Pick<Egress, 'host' | 'port'>, { allow }: ProxySpec): string | null {
  const isName = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/.test(host) && host.length < 254
  if (!isName || port === null || port < 1 || port > 65_535 || isListed(host, port, allow)) return null
  return port === 443 ? host : `${host}:${String(port)}`
}

export function isListed(host: string, port: number | null, allow: ProxySpec['allow']): boolean {
  const labels = host.split('.')
  const wildcards = labels.map((_, index) => `*.${labels.slice(index + 1).join('.')}`)
  return [host, ...wildcards].some((each) => allow[`${each}:${String(port)}`] === true)
}
