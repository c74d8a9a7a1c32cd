// The short forms in which sizes, mounts and ports can be written, for files and flags alike. Each gives its parts, or
// a sentence that says what is wrong.

import { isIP } from 'node:net'
import { posix } from 'node:path'
import type { PortConfig } from '../model/config.js'
import { agentHome } from '../model/names.js'

export type Wrong = { readonly wrong: string }

export function isWrong<T extends object>(result: T | Wrong): result is Wrong {
  return 'wrong' in result
}

const units: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 }

/** What the engine itself refuses to go below, in bytes. */
const leastMemory = 6 * 1024 * 1024

/** In bytes. */
export function parseSize(text: string | number): { readonly bytes: number } | Wrong {
  const parts = /^([0-9]+(?:\.[0-9]+)?)([kmgt])(?:i?b)?$/i.exec(String(text))
  const bytes =
    typeof text === 'number'
      ? text
      : Math.round(Number(parts?.[1]) * 1024 ** (units[(parts?.[2] ?? '').toLowerCase()] ?? NaN))
  if (!Number.isSafeInteger(bytes))
    return { wrong: `"${text}" is not a size. Write a number and a unit, such as 512m or 4g.` }
  if (bytes < leastMemory) return { wrong: `${text} is less than an engine accepts, which is 6m.` }
  return { bytes }
}

export type ParsedMount = { readonly source: string; readonly target: string; readonly readonly: boolean }

/** `source:target[:ro|rw]`. A colon within `${...}` belongs to the source. */
export function parseMount(text: string): ParsedMount | Wrong {
  const parts = /^((?:\$\$?\{[^}]*\}|[^:])+):([^:]+)(?::(.*))?$/.exec(text)
  if (parts === null) return { wrong: `"${text}" is not a mount. Write source:target or source:target:ro.` }
  const [, source = '', target = '', mode = 'rw'] = parts
  if (mode !== 'ro' && mode !== 'rw') return { wrong: `"${mode}" is not a mode of a mount. There are: ro, rw.` }
  return { source, target, readonly: mode === 'ro' }
}

/** Where nothing may be mounted, because sbx or the system itself has something there. */
const reserved = ['/', '/home', agentHome, '/run', '/var', '/var/lib', '/var/run']
const reservedBeneath = ['/proc', '/sys', '/dev', '/var/lib/sbx']
const reservedPrefixes = ['/run/sbx', '/var/run/sbx']

/** The target without detours; `~` is the agent's home. */
export function parseTarget(text: string): { readonly target: string } | Wrong {
  const path = text === '~' || text.startsWith('~/') ? agentHome + text.slice(1) : text
  if (!path.startsWith('/')) {
    return {
      wrong: `"${text}" is not an absolute path inside the sandbox. It begins with / or, for the agent's home, ~/.`,
    }
  }
  if (path.includes('${')) return { wrong: `"${text}" cannot have a reference in it; only the source of a mount can.` }
  const target = posix.normalize(path).replace(/(?<=.)\/$/, '')
  const isReserved =
    reserved.includes(target) ||
    reservedBeneath.some((folder) => target === folder || target.startsWith(`${folder}/`)) ||
    reservedPrefixes.some((prefix) => target.startsWith(prefix))
  return isReserved ? { wrong: `Nothing can be mounted at ${target}, which the sandbox itself needs.` } : { target }
}

export type ParsedPort = { readonly key: string } & PortConfig

const portForm = /^(?:(?:\[([^\]]*)\]|([0-9.]+)):)??(?:([0-9]*):)?([0-9]+)(?:\/(tcp|udp))?$/

/** `[[address:][host]:]container[/protocol]`. Without an address, this machine's own alone. */
export function parsePort(text: string | number): ParsedPort | Wrong {
  const parts = portForm.exec(String(text))
  if (parts === null) {
    return {
      wrong: `"${text}" is not a port. Write "3000:3000", "127.0.0.1:3000:3000" or "5173", and /udp after it if need be.`,
    }
  }
  const [, six, four, host, container = '', protocol = 'tcp'] = parts
  const address = six ?? four ?? '127.0.0.1'
  if (isIP(address) === 0) return { wrong: `"${address}" is not an IP address.` }
  const hostPort = host === undefined || host === '' ? null : Number(host)
  for (const port of [Number(container), hostPort ?? 1]) {
    if (port < 1 || port > 65535) return { wrong: `${port} is not a port; ports are 1 to 65535.` }
  }
  return { key: `${Number(container)}/${protocol}`, address, hostPort }
}
