import type { Client } from './client.js'
import { rethrow, statusOf } from './errors.js'

/** Of `GET /containers/{id}/top`. */
type ProcessList = { readonly Titles: readonly string[]; readonly Processes: readonly (readonly string[])[] }

/**
 * How many commands were started in the container from outside, its entrypoint apart, and run. Counted among its
 * processes, as the engine's machine sees them: of its own list the engine strikes a session that lost its terminal as
 * soon as that writes on. That list serves where there is no `ps` on the engine's machine, or nothing runs at all.
 */
export async function countSessions(client: Client, containerId: string): Promise<number> {
  try {
    const list = (await client.docker.getContainer(containerId).top({ ps_args: '-eo pid,ppid' })) as ProcessList
    return countStartedFromOutside(list)
  } catch (error) {
    if (statusOf(error) === undefined) return rethrow(error, client.endpoint.url, 'count the sessions')
    return countListed(client, containerId)
  }
}

/** Whose parent is none of them: the init is one, and a command that the engine started is another. */
function countStartedFromOutside({ Titles, Processes: rows }: ProcessList): number {
  const [pid, parent] = [Titles.indexOf('PID'), Titles.indexOf('PPID')]
  const pids = new Set(rows.map((row) => row[pid]))
  return rows.filter((row) => !pids.has(row[parent])).length - 1
}

/** Those that were never started, by a client that was killed between two calls, are listed as well. */
async function countListed(client: Client, containerId: string): Promise<number> {
  const { docker } = client
  const found = await client.call('count the sessions', docker.getContainer(containerId).inspect())
  const running = await Promise.all((found.ExecIDs ?? []).map((id) => isRunning(client, id)))
  return running.filter(Boolean).length
}

async function isRunning(client: Client, execId: string): Promise<boolean> {
  try {
    return (await client.docker.getExec(execId).inspect()).Running
  } catch (error) {
    if (statusOf(error) === 404) return false
    return rethrow(error, client.endpoint.url, 'count the sessions')
  }
}
