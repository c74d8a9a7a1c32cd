// What the engine says, as something to tell a person.

import { DiagnosticError, fail } from '../../model/diagnostic.js'
import { knownRefusals } from './refusals.js'

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
  for (const { pattern, code, summary, wayOut } of knownRefusals) {
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
  fail(code, 'The engine refused', { detail: `While trying to ${doing}, the engine said: ${reason}` })
}
