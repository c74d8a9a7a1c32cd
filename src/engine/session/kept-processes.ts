// Kept sessions among the processes of a container. Their servers have left whoever started them: a process of their own
// accord, and no command that the engine knows of.

import { readArchive } from '../content/read-archive.js'
import type { Client } from '../connection/client.js'
import { sessionsFolder, sessionHistory } from '../../model/names.js'

/** As the engine's machine lists it. */
export type Process = {
  readonly pid: string
  readonly parent: string
  /** Terminal inside, `pts/0` or, where its name is not told, `a terminal`; null where it has none. */
  readonly terminal: string | null
  readonly seconds: number | null
  readonly command: string
}

/** What a server calls itself, and what each that looks at it does; neither can be told from another tmux by that alone. */
const names = { server: 'tmux: server', client: 'tmux: client' } as const

export function mayBeKept(processes: readonly Process[]): boolean {
  return processes.some(({ command }) => command === names.server)
}

/** `clients` are the processes that show it to somebody. */
export type KeptProcesses = {
  readonly id: string
  readonly server: Process
  readonly program: string | null
  readonly clients: readonly Process[]
}

/** @param argumentsOf the whole command line of each process, by its number. */
export function keptAmong(
  processes: readonly Process[],
  argumentsOf: ReadonlyMap<string, string>,
): readonly KeptProcesses[] {
  const idOf = ({ pid }: Process): string | null => socketPattern.exec(argumentsOf.get(pid) ?? '')?.[1] ?? null
  const childrenOf = ({ pid }: Process): readonly Process[] => processes.filter(({ parent }) => parent === pid)
  return processes.flatMap((server) => {
    const id = server.command === names.server ? idOf(server) : null
    if (id === null) return []
    // The other child of the server writes the log, and has no terminal.
    const shell = childrenOf(server).find(({ terminal }) => terminal !== null)
    const [program] = shell === undefined ? [] : childrenOf(shell)
    const clients = processes.filter((each) => each.command === names.client && idOf(each) === id)
    return [{ id, server, program: program?.command ?? null, clients }]
  })
}

const socketPattern = new RegExp(`^tmux -u -S ${sessionsFolder}/kept-([0-9a-f]{10})/socket `)

type Listed = { readonly pid: number; readonly parent: number; readonly command: string }

/**
 * Numbers of those that keep a session and do nothing else: its server, what looks at it, the shell that waits for the program,
 * and what writes its log. By what they say of themselves, which any other can say too.
 */
export function keepersAmong(processes: readonly Listed[]): ReadonlySet<number> {
  const childrenOf = (parents: readonly Listed[], pattern: RegExp): readonly Listed[] =>
    processes.filter(({ parent, command }) => pattern.test(command) && parents.some(({ pid }) => pid === parent))
  const servers = processes.filter(({ command }) => socketPattern.test(command))
  const waiting = childrenOf(servers, waitPattern)
  const logs = childrenOf(servers, logPattern)
  return new Set([...servers, ...waiting, ...logs, ...childrenOf(logs, /^/)].map(({ pid }) => pid))
}

const waitPattern = new RegExp(`^/bin/sh -c eval "\\$SBX_WRAPPER" sbx ${sessionsFolder}/kept-[0-9a-f]{10} `)
const logPattern = new RegExp(`^sh -c cd '${sessionHistory}/[0-9a-f]{10}' `)

/** More entries than that, and more in them, nobody makes but to keep sbx busy: a mark is empty. */
const most = { entries: 100, bytes: 64 * 1024 }

/**
 * Where processes cannot be listed: what each left in the home until it ends. One that was ended from outside has left it too,
 * and is taken for open until the next start. One GET.
 *
 * @param startedAt of the container, ISO 8601.
 */
export async function markedOpen(
  client: Client,
  containerId: string,
  startedAt: string,
): Promise<readonly { readonly id: string; readonly since: number }[]> {
  const start = Math.floor(Date.parse(startedAt) / 1000)
  const marks: { id: string; since: number }[] = []
  const left = { ...most }
  for await (const { path, size, modifiedAt, content } of readArchive(client, containerId, marksFolder)) {
    left.entries -= 1
    left.bytes -= size
    // What is passed over has to be read as well.
    if (left.entries < 0 || left.bytes < 0) break
    content.resume()
    if (/^[0-9a-f]{10}$/.test(path) && modifiedAt >= start) marks.push({ id: path, since: modifiedAt })
  }
  return marks
}

const marksFolder = sessionHistory.replace(/[^/]+$/, 'open')
