import { basename } from 'node:path'
import type { OpenSession } from '../model/risks.js'
import { mayHaveOwnKernel } from '../model/runtime.js'
import type { Client } from './client.js'
import { rethrow, statusOf } from './errors.js'
import { specOf } from './labels.js'
import { wrappedArguments } from './session.js'

/** Of `GET /containers/{id}/top`. */
type ProcessList = { readonly Titles: readonly string[]; readonly Processes: readonly Row[] | null }

type Row = readonly string[]

/** The name comes last: it may have spaces, and the engine joins only the last column again. */
const columns = ['pid', 'ppid', 'tty', 'tpgid', 'etimes', 'comm'] as const

/**
 * The commands that were started in the container from outside, its entrypoint apart, and run: found among its processes as
 * the engine's machine sees them, since from its own list the engine strikes a session that lost its terminal. That list
 * serves where there is no `ps` on the engine's machine or nothing runs at all; and under a kernel of its own, whose numbers
 * of processes the engine takes for the machine's.
 */
export async function listSessions(client: Client, containerId: string): Promise<OpenSession[]> {
  const container = client.docker.getContainer(containerId)
  const { Config, HostConfig, ExecIDs } = await client.call(doing, container.inspect())
  const spec = specOf(Config.Labels)
  if (spec !== null && mayHaveOwnKernel(spec, HostConfig.Runtime)) return runningExecs(client, ExecIDs)
  try {
    const options = { ps_args: `-eo ${columns.join(',')}` }
    return startedFromOutside((await container.top(options)) as ProcessList)
  } catch (error) {
    if (statusOf(error) === undefined) return rethrow(error, client.endpoint.url, doing)
    return runningExecs(client, ExecIDs)
  }
}

const doing = 'see which sessions are open'

/** Whose parent is none of them: the init is one, the oldest, and a command that the engine started is another. */
function startedFromOutside({ Processes: listed }: ProcessList): OpenSession[] {
  // Of a container that ends at this moment there is no list.
  const rows = listed ?? []
  const pids = new Set(rows.map(([pid]) => pid))
  const outside = rows.filter(([, parent]) => !pids.has(parent))
  const init = initOf(outside)
  return outside
    .filter((row) => row !== init)
    .map(([, , terminal, group, seconds, command]) => ({
      command: command ?? null,
      terminal: terminalOf(terminal, group),
      seconds: seconds !== undefined && /^\d+$/.test(seconds) ? Number(seconds) : null,
    }))
}

/** The engine's machine knows the name only where it has a terminal of that number too; all have a group in front. */
function terminalOf(name: string | undefined, group: string | undefined): string | null {
  if (name !== undefined && /^pts\/\d+$/.test(name)) return name
  return group !== undefined && /^\d+$/.test(group) && group !== '0' ? 'a terminal' : null
}

/** Has run for longest; of two that began in one second the one with children, or else the first. */
function initOf(rows: readonly Row[]): Row | undefined {
  return [...rows].sort((a, b) => Number(b[4]) - Number(a[4]) || Number(a[0]) - Number(b[0]))[0]
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
    const [program] = wrappedArguments([entrypoint ?? '', ...(rest ?? [])])
    return {
      command: program === undefined || program === '' ? null : basename(program),
      terminal: null,
      seconds: null,
    }
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, doing)
  }
}
