import { basename } from 'node:path'
import type { OpenSession } from '../model/risks.js'
import { labels } from '../model/names.js'
import type { Client } from './client.js'
import { rethrow, statusOf } from './errors.js'
import { type Labels, parseLabel } from './labels.js'
import { wrappedArguments } from './session.js'
import { isContainerSpec } from './spec-shape.js'

/** Of `GET /containers/{id}/top`. */
type ProcessList = { readonly Titles: readonly string[]; readonly Processes: readonly Row[] | null }

type Row = readonly string[]

/** The name comes last: it may have spaces, and the engine joins only the last column again. */
const columns = ['pid', 'ppid', 'tty', 'tpgid', 'etimes', 'comm'] as const

/**
 * The commands that were started in the container from outside, its entrypoint apart, and run. Under a runtime of its own
 * the engine has the numbers of the sandbox's processes for those of the machine, so that only its own list serves; else they
 * are found among its processes, as the engine's machine sees them: from its own list the engine strikes a session that lost its terminal as soon as
 * that writes on. That list serves where there is no `ps` on the engine's machine, or nothing runs at all.
 */
export async function listSessions(client: Client, containerId: string): Promise<OpenSession[]> {
  try {
    if (await hasOwnRuntime(client, containerId)) return await listExecs(client, containerId)
    const options = { ps_args: `-eo ${columns.join(',')}` }
    return startedFromOutside((await client.docker.getContainer(containerId).top(options)) as ProcessList)
  } catch (error) {
    if (statusOf(error) === undefined) return rethrow(error, client.endpoint.url, doing)
    return listExecs(client, containerId)
  }
}

async function hasOwnRuntime(client: Client, containerId: string): Promise<boolean> {
  const { Config } = await client.docker.getContainer(containerId).inspect()
  const from: Labels | undefined = Config.Labels
  const spec = parseLabel(from?.[labels.spec])
  return isContainerSpec(spec) && spec.isolation !== undefined
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
async function listExecs(client: Client, containerId: string): Promise<OpenSession[]> {
  const { docker } = client
  const found = await client.call(doing, docker.getContainer(containerId).inspect())
  const execs = await Promise.all((found.ExecIDs ?? []).map((id) => runningExec(client, id)))
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
