// What the engine says, as something to tell a person. The one place that reads its messages.

import { DiagnosticError, fail } from '../model/diagnostic.js'

/** Of what dockerode rejects with, what is read here. */
export type EngineError = {
  readonly statusCode?: number
  readonly code?: string
  readonly syscall?: string
  readonly message: string
  readonly json?: unknown
}

export function isEngineError(error: unknown): error is EngineError {
  return error instanceof Error && ('statusCode' in error || 'code' in error)
}

/** HTTP status of the engine's refusal, undefined where there is none. */
export function statusOf(error: unknown): number | undefined {
  return isEngineError(error) ? error.statusCode : undefined
}

/** The engine's own words, without what dockerode puts before them: its "no such container" is said of images too. */
export function reasonOf(error: EngineError): string {
  const body = error.json
  if (typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string') {
    return body.message.trim()
  }
  return error.message.replace(/^\(HTTP code \d+\) .*? - /, '').trim()
}

const connectionErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ENOTSOCK',
  'EAI_AGAIN',
  'EPIPE',
  'ESSH',
  'ETIMEDOUT',
])

function isConnectionError(error: EngineError): boolean {
  if (error.code === undefined) return false
  if (connectionErrors.has(error.code) || isTlsError(error) || isNoHttp(error)) return true
  // Said of files as well, such as those of a build context.
  return error.syscall === 'connect' && (error.code === 'ENOENT' || isPermissionError(error))
}

function isPermissionError({ code }: EngineError): boolean {
  return code === 'EACCES' || code === 'EPERM'
}

/** Whatever answers there, it is no engine. */
function isNoHttp({ code = '' }: EngineError): boolean {
  return code.startsWith('HPE_')
}

function isTlsError({ code = '' }: EngineError): boolean {
  return /CERT|TLS|SSL/.test(code)
}

/** Throws; `tried` is what was asked, one sentence each, where there was a choice. */
export function failUnreachable(endpoint: string, error: EngineError, tried: readonly string[] = []): never {
  const summary = 'Cannot reach the container engine'
  if (isPermissionError(error)) {
    fail(
      'engine/unreachable',
      summary,
      {
        detail: [
          `Permission to use ${endpoint} is denied. Members of the group docker have it; after joining, log in again.`,
          ...tried,
        ].join('\n'),
        command: 'sudo usermod -aG docker "$USER"',
      },
      'unreachable',
    )
  }
  fail(
    'engine/unreachable',
    summary,
    {
      detail: [
        `At ${endpoint}: ${explainConnectionError(error)}.`,
        ...tried,
        'Start the engine, or name another with --host, --context or DOCKER_HOST.',
      ].join('\n'),
    },
    'unreachable',
  )
}

export function explainConnectionError(error: EngineError): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such socket'
    case 'ECONNREFUSED':
      return 'nothing answers there'
    case 'EACCES':
    case 'EPERM':
      return 'permission is denied'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is not known'
    case 'ETIMEDOUT':
      return 'no answer came in time'
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection was cut'
    case undefined:
    default:
      return isNoHttp(error) ? 'what answers there is no container engine' : error.message
  }
}

type Known = {
  readonly pattern: RegExp
  readonly code: string
  readonly summary: string
  readonly wayOut: (match: RegExpExecArray) => string
}

/** In order: the first whose words are in the engine's message. */
const known: readonly Known[] = [
  {
    pattern: /no space left on device/i,
    code: 'engine/disk-full',
    summary: "the engine's disk is full",
    wayOut: () => 'Free some space where the engine keeps its data; `docker system df` shows what takes it.',
  },
  {
    pattern:
      /(?:(?:Bind for|listen \w+) (\S+:\d+):? )?(?:failed: port is already allocated|bind: address already in use)/i,
    code: 'engine/port-in-use',
    summary: 'A port on this machine is in use',
    wayOut: ([, address]) =>
      `${address ?? 'A published port'} is taken by another program. ` +
      'Stop that program or choose another port under `ports`.',
  },
  {
    pattern: /bind source path does not exist: (.+)$/im,
    code: 'engine/missing-source',
    summary: 'A mount source does not exist',
    wayOut: ([, path = '']) => `The engine finds nothing at ${path}. Make it, or take the mount out of the file.`,
  },
  {
    pattern:
      /(?:error mounting|not a directory).*?(?:not a directory|Are you trying to mount a directory onto a file)/is,
    code: 'engine/mount-kind',
    summary: 'A file is mounted where a folder is, or a folder where a file is',
    wayOut: () => 'Source and target of a mount must be of one kind.',
  },
  {
    pattern: /mounts denied|is not shared from the host/i,
    code: 'engine/not-shared',
    summary: 'The engine may not see a folder of this machine',
    wayOut: () => "Share the folder with the engine's virtual machine in its settings.",
  },
  {
    pattern: /No such image: (\S+)/i,
    code: 'engine/no-image',
    summary: 'The image is not on the engine',
    wayOut: ([, reference = '']) => `${reference} is neither built nor pulled, or was removed meanwhile. Apply again.`,
  },
  {
    pattern: /network (\S+) not found/i,
    code: 'engine/no-network',
    summary: 'The network of the container is gone',
    wayOut: () => 'It was removed by another hand. `sbx apply --recreate` makes a container on a new one.',
  },
  {
    pattern: /Minimum memory limit|can not be less than|memory.*(?:device or resource busy|limit.*usage)/i,
    code: 'engine/limit-refused',
    summary: 'The engine refused a limit',
    wayOut: () =>
      'It is below what an engine allows, or below what the sandbox uses right now. Stop it first, or ask for more.',
  },
  {
    pattern: /could not join or create cgroup|cgroups not configured for container/i,
    code: 'engine/limit-unsupported',
    summary: 'The engine cannot hold a limit',
    wayOut: () =>
      'It runs without control groups, so no limit can change. An engine without root needs cgroup v2 for them.',
  },
  {
    pattern: /No such container/i,
    code: 'engine/no-container',
    summary: 'The container is gone',
    wayOut: () => 'It was removed by another hand. Plan again.',
  },
  {
    pattern: /container (\S+) is not running|is not running$/i,
    code: 'engine/not-running',
    summary: 'The container is not running',
    wayOut: () => '`sbx apply` starts it.',
  },
  {
    pattern: /is paused/i,
    code: 'engine/paused',
    summary: 'The container is paused',
    wayOut: () => '`sbx apply` lets it go on.',
  },
  {
    pattern: /is in use|being used|has active endpoints/i,
    code: 'engine/in-use',
    summary: 'The object is in use',
    wayOut: () => 'Another container needs it; remove that one first.',
  },
  {
    pattern: /docker-init.*(?:not found|no such file)/is,
    code: 'engine/no-init',
    summary: 'The engine lacks its init program',
    wayOut: () => 'Sandboxes run under it. Install the package that brings `docker-init` (tini) for this engine.',
  },
  {
    pattern: /exec: "?\/bin\/sh"?.*(?:not found|no such file)/is,
    code: 'engine/no-shell',
    summary: 'The image has no shell',
    wayOut: () => 'A sandbox needs /bin/sh, chown, stat and the like in its image.',
  },
]

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/**
 * Always throws: a DiagnosticError for what the engine or the connection to it refused, and what is none of that, so a
 * bug, as it is. `doing` completes "while trying to".
 */
export function rethrow(error: unknown, endpoint: string, doing: string): never {
  if (error instanceof DiagnosticError || !isEngineError(error)) throw asError(error)
  if (isConnectionError(error)) failUnreachable(endpoint, error)
  if (error.statusCode === undefined) throw asError(error)
  const reason = reasonOf(error)
  for (const { pattern, code, summary, wayOut } of known) {
    const match = pattern.exec(reason)
    if (match !== null)
      fail(code, summary, { detail: `${wayOut(match)}\nWhile trying to ${doing}, the engine said: ${reason}` })
  }
  if (error.statusCode === 404) {
    fail('engine/gone', 'An object is not on the engine any more', {
      detail: `While trying to ${doing}. Something else removed it; plan again.`,
    })
  }
  const code = error.statusCode === 409 ? 'engine/conflict' : 'engine/refused'
  fail(code, 'the engine refused', { detail: `While trying to ${doing}, the engine said: ${reason}` })
}
