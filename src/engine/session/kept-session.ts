// Sessions that go on when nobody looks at them: each in a tmux of its own inside, where the image has it.

import { randomBytes } from 'node:crypto'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { ResolvedSession } from '../../model/desired.js'
import { sessionsFolder } from '../../model/names.js'
import type { KeptSession } from '../../model/session.js'
import attachScript from './kept-attach.sh'
import sessionScript from './kept-session.sh'
import statesScript from './kept-states.sh'
import wrapperScript from './kept-wrapper.sh'

/** Its exit code where it is to begin with nobody who looks at it, and cannot be kept. What it says of errors is why. */
export const cannotBeKept = 120

/** So that names sort by age. */
export function newSessionId(now = Date.now()): string {
  return (
    Math.floor(now / 1000)
      .toString(16)
      .padStart(8, '0') + randomBytes(1).toString('hex')
  )
}

/** Tells one terminal that is attached from the next. */
export function newHolder(): string {
  return randomBytes(8).toString('hex')
}

export type KeptStart = {
  readonly id: string
  /** Null where nobody looks at it. */
  readonly holder: string | null
  readonly size: { readonly columns: number; readonly rows: number }
  /** Printed before it begins; without it nothing is, also where the session cannot be kept. */
  readonly hint: string | null
}

/**
 * The session, kept where that can be. Its command goes with the environment, which is in no list of processes and as long
 * as it needs to be.
 */
export function keptSession(session: ResolvedSession, { id, holder, size, hint }: KeptStart): ResolvedSession {
  const { argv, env } = session
  const words = [id, holder ?? '', String(size.columns), String(size.rows), hint ?? '']
  return {
    ...session,
    argv: ['/bin/sh', '-c', sessionScript, 'sbx', ...words],
    env: {
      ...env,
      ...Object.fromEntries(argv.map((argument, at) => [`SBX_ARGUMENT_${at}`, argument])),
      SBX_ARGUMENTS: String(argv.length),
      SBX_WRAPPER: wrapperScript,
    },
  }
}

/** What goes on with one, in the place of whoever is attached to it. `env` is about the terminal. */
export function attachedSession(
  { id, holder }: { readonly id: string; readonly holder: string },
  { env, workingFolder }: Omit<ResolvedSession, 'argv'>,
): ResolvedSession {
  return { argv: ['/bin/sh', '-c', attachScript, 'sbx', id, holder], workingFolder, env }
}

/**
 * What ends when one does, and not before: nobody answers on that channel, and its tmux ends with it. It is the client itself,
 * so that it is told from a session of its own.
 */
export function waitForKept(id: string): ResolvedSession {
  return { argv: ['tmux', '-u', '-S', socketOf(id), 'wait-for', 'end'], workingFolder: '/', env: {} }
}

export function socketOf(id: string): string {
  return `${sessionsFolder}/kept-${id}/socket`
}

/** Of the arguments of a command that starts one, attaches to it or waits for its end; null of all others. */
export function keptIdOf(argv: readonly string[]): string | null {
  const [shell, , script, socket = '', id] = argv
  if (shell === 'tmux') return /\/kept-([0-9a-f]{10})\/socket$/.exec(socket)?.[1] ?? null
  return shell === '/bin/sh' && (script === sessionScript || script === attachScript) ? (id ?? null) : null
}

export type LookOptions = {
  /** In milliseconds. */
  readonly limit?: number
  readonly signal?: AbortSignal | undefined
}

/** The last twenty, oldest first; one command inside. Throws what `Engine.run` does, and `session/not-told`. */
export async function listKept(
  engine: Pick<Engine, 'run'>,
  containerId: string,
  options: LookOptions = {},
): Promise<readonly KeptSession[]> {
  return (await look(engine, containerId, [], options)).split('\n').flatMap((line) => parseState(line) ?? [])
}

export type KeptLook = {
  readonly session: KeptSession
  /** Who attached to it last. */
  readonly holder: string
  /** What it left on its terminal; empty while it runs. */
  readonly screen: string
}

/** Null where there is none of that id. One command inside. */
export async function lookAtKept(
  engine: Pick<Engine, 'run'>,
  containerId: string,
  id: string,
  options: LookOptions = {},
): Promise<KeptLook | null> {
  const [line = '', holder = '', ...screen] = (await look(engine, containerId, [id], options)).split('\n')
  const session = parseState(line)
  return session === null ? null : { session, holder, screen: screen.join('\n') }
}

async function look(
  engine: Pick<Engine, 'run'>,
  containerId: string,
  ids: readonly string[],
  { limit, signal }: LookOptions,
): Promise<string> {
  const command = {
    argv: ['/bin/sh', '-c', statesScript, 'sbx', ...ids],
    user: 'agent',
    doing: 'see how its sessions are',
    ...(limit === undefined ? {} : { limit }),
  } as const
  const { exitCode, stdout } = await engine.run(containerId, command, signal)
  // It does not fail by itself: one that is ended with its sandbox says nothing, which would read as that there is nothing.
  if (exitCode === 0) return stdout
  return fail('session/not-told', 'How the sessions are cannot be told', {
    detail: `The command inside that looks at them ended with exit code ${exitCode}.`,
  })
}

/** Null for what is none: whoever runs inside can have written it. */
export function parseState(line: string): KeptSession | null {
  const [id = '', state, code, began, ended, clients, quiet, mood, ...program] = line.split('\t')
  if (!/^[0-9a-f]{10}$/.test(id) || (state !== 'running' && state !== 'ended' && state !== 'lost')) return null
  return {
    ...{ id, state },
    exitCode: state === 'ended' ? exitCodeOf(code) : null,
    startedAt: numberOf(began) ?? beganAt(id),
    endedAt: numberOf(ended),
    program: program.join('\t'),
    isAttached: (numberOf(clients) ?? 0) > 0,
    quietSince: numberOf(quiet),
    mood: state === 'running' && (mood === 'working' || mood === 'waiting') ? mood : null,
    ...(state !== 'running' && mood === 'starved' ? { isStarved: true } : {}),
  }
}

/** What an id begins with, in seconds since 1970. */
export function beganAt(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16)
}

/** Of the text that a session left. */
export function exitCodeOf(text: string | undefined): number {
  return Math.min(numberOf(text) ?? 1, 255)
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null
}
