import { basename } from 'node:path'
import type { OpenSession } from '../../model/risks.js'
import { mayHaveOwnKernel } from '../../model/runtime.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { keptAmong, markedOpen, mayBeKept, type Process } from './kept-processes.js'
import { keptIdOf } from './kept-session.js'
import { specOf } from '../labels/labels.js'
import { wrappedArguments } from './session.js'

/** Of `GET /containers/{id}/top`. */
type ProcessList = { readonly Titles: readonly string[]; readonly Processes: readonly Row[] | null }

type Row = readonly string[]

/** The last may have spaces in it: the engine joins no other column again. */
const columns = {
  processes: ['pid', 'ppid', 'tty', 'tpgid', 'etimes', 'comm'],
  commandLines: ['pid', 'args'],
} as const

/**
 * The commands that were started in the container from outside, its entrypoint apart, and run; and the sessions that go on
 * without whoever started them. Found among its processes as the engine's machine sees them, since from its own list the
 * engine strikes a session that lost its terminal. That list, and what kept sessions leave in the home, serve where there is
 * no `ps` on the engine's machine or nothing runs at all; and under a kernel of its own, whose numbers of processes the
 * engine takes for the machine's.
 */
export async function listSessions(client: Client, containerId: string): Promise<OpenSession[]> {
  const container = client.docker.getContainer(containerId)
  const { Config, HostConfig, ExecIDs, State } = await client.call(doing, container.inspect())
  const spec = specOf(Config.Labels)
  const byEngine = async (): Promise<OpenSession[]> => {
    const execs = await runningExecs(client, ExecIDs)
    return State.Running ? withMarked(execs, await markedOpen(client, containerId, State.StartedAt)) : execs
  }
  if (spec !== null && mayHaveOwnKernel(spec, HostConfig.Runtime)) return byEngine()
  const list = async (wanted: readonly string[]): Promise<readonly Row[]> => {
    const { Processes } = (await container.top({ ps_args: `-eo ${wanted.join(',')}` })) as ProcessList
    // Of a container that ends at this moment there is no list.
    return Processes ?? []
  }
  try {
    const processes = (await list(columns.processes)).map(processOf)
    return openAmong(processes, mayBeKept(processes) ? await list(columns.commandLines) : [])
  } catch (error) {
    if (statusOf(error) === undefined) return rethrow(error, client.endpoint.url, doing)
    return byEngine()
  }
}

const doing = 'see which sessions are open'

function processOf([pid = '', parent = '', terminal, group, seconds, command = '']: Row): Process {
  return {
    ...{ pid, parent, command, terminal: terminalOf(terminal, group) },
    seconds: seconds !== undefined && /^\d+$/.test(seconds) ? Number(seconds) : null,
  }
}

/** The engine's machine knows the name only where it has a terminal of that number too; all have a group in front. */
function terminalOf(name: string | undefined, group: string | undefined): string | null {
  if (name !== undefined && /^pts\/\d+$/.test(name)) return name
  return group !== undefined && /^\d+$/.test(group) && group !== '0' ? 'a terminal' : null
}

function openAmong(processes: readonly Process[], commandLines: readonly Row[]): OpenSession[] {
  const kept = keptAmong(processes, new Map(commandLines.map(([pid = '', line = '']) => [pid, line])))
  const known = new Set(kept.flatMap(({ server, clients }) => [server, ...clients]))
  return [
    ...startedFromOutside(processes)
      .filter((process) => !known.has(process))
      .map(({ command, terminal, seconds }) => ({ command, terminal, seconds })),
    ...kept.map(({ id, server, program, clients }) => ({
      // One without a terminal waits for its end.
      ...{ command: program, terminal: clients.find(({ terminal }) => terminal !== null)?.terminal ?? null },
      ...{ seconds: server.seconds, id },
    })),
  ]
}

/** Whose parent is none of them: the init is one, the oldest, and a command that the engine started is another. */
function startedFromOutside(processes: readonly Process[]): readonly Process[] {
  const pids = new Set(processes.map(({ pid }) => pid))
  const outside = processes.filter(({ parent }) => !pids.has(parent))
  const init = initOf(outside)
  return outside.filter((process) => process !== init)
}

/** Has run for longest; of two that began in one second the one with children, or else the first. */
function initOf(processes: readonly Process[]): Process | undefined {
  return [...processes].sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0) || Number(a.pid) - Number(b.pid))[0]
}

/** Those that were never started, by a client that was killed between two calls, are listed as well. */
async function runningExecs(client: Client, ids: readonly string[] | null | undefined): Promise<OpenSession[]> {
  const execs = await Promise.all((ids ?? []).map((id) => runningExec(client, id)))
  return execs.filter((exec) => exec !== null)
}

async function runningExec(client: Client, execId: string): Promise<OpenSession | null> {
  try {
    const { Running, ProcessConfig } = await client.docker.getExec(execId).inspect()
    if (!Running) return null
    const { entrypoint, arguments: rest } = ProcessConfig as { entrypoint?: string; arguments?: readonly string[] }
    const argv = wrappedArguments([entrypoint ?? '', ...(rest ?? [])])
    const [program] = argv
    const id = keptIdOf(argv)
    return {
      command: program === undefined || program === '' || id !== null ? null : basename(program),
      terminal: null,
      seconds: null,
      ...(id === null ? {} : { id }),
    }
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, doing)
  }
}

/** Each kept one once, however many commands show it to somebody. */
function withMarked(execs: readonly OpenSession[], marks: Awaited<ReturnType<typeof markedOpen>>): OpenSession[] {
  const now = Date.now() / 1000
  const ids = new Set(marks.map(({ id }) => id))
  return [
    ...execs.filter(
      ({ id }, at) => id === undefined || (!ids.has(id) && execs.findIndex((each) => each.id === id) === at),
    ),
    ...marks.map(({ id, since }) => ({
      ...{ command: null, terminal: null, seconds: Math.max(Math.floor(now - since), 0), id },
    })),
  ]
}
