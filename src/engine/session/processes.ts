// What runs in a container, with its command lines: those are what a program says of itself, of any length.

import { fail } from '../../model/diagnostic.js'
import { mayHaveOwnKernel } from '../../model/runtime.js'
import type { Process } from '../../model/watching.js'
import { readArchivedFile } from '../archive/archive-entries.js'
import type { Client } from '../connection/client.js'
import { isEngineError, reasonOf, rethrow, statusOf } from '../connection/errors.js'
import { keepersAmong } from './kept-processes.js'
import { specOf } from '../labels/labels.js'
import { runCommand } from './run-command.js'

const doing = 'see what runs in the sandbox'

/** The last has spaces in it. A line is cut where a terminal would end, since a command line can have megabytes. */
const options = '-eo pid,ppid,uid,pcpu,rss,etimes,args --cols 1000'

/** Of its list of users, in bytes. */
const longestList = 1024 * 1024

type Row = Omit<Process, 'user'> & { readonly uid: string }

/** As the engine's machine sees them, where its `ps` and the container's kernel let it; else as the container does. */
export async function listProcesses(client: Client, containerId: string): Promise<readonly Process[]> {
  const rows = withoutEntrypoint(await listRows(client, containerId))
  const list = rows.length === 0 ? null : await readArchivedFile(client, containerId, '/etc/passwd', longestList)
  const names = namesIn(list ?? '')
  const keepers = keepersAmong(rows)
  return rows
    .sort((one, other) => other.seconds - one.seconds || one.pid - other.pid)
    .map(({ pid, parent, uid, ...row }) => ({
      ...{ pid, parent, user: names.get(uid) ?? uid, ...row },
      ...(keepers.has(pid) ? { keepsSession: true } : {}),
    }))
}

async function listRows(client: Client, containerId: string): Promise<readonly Row[]> {
  const container = client.docker.getContainer(containerId)
  const { Config, HostConfig } = await client.call(doing, container.inspect())
  const spec = specOf(Config.Labels)
  if (spec !== null && mayHaveOwnKernel(spec, HostConfig.Runtime)) return rowsInside(client, containerId)
  try {
    const { Processes } = (await container.top({ ps_args: options })) as { Processes: readonly string[][] | null }
    // Of a container that ends at this moment there is no list.
    return (Processes ?? []).flatMap((fields) => rowOf(fields) ?? [])
  } catch (error) {
    const isNoPs = isEngineError(error) && statusOf(error) === 500 && /\bps\b/.test(reasonOf(error))
    if (isNoPs) return rowsInside(client, containerId)
    return rethrow(error, client.endpoint.url, doing)
  }
}

async function rowsInside(client: Client, containerId: string): Promise<readonly Row[]> {
  const argv = ['ps', ...options.split(' ')]
  const { exitCode, stdout, stderr } = await runCommand(client, containerId, { argv, user: 'root', doing })
  if (exitCode !== 0) {
    fail('engine/no-processes', 'The processes of the sandbox cannot be listed', {
      detail:
        'The engine does not see them, and in the sandbox is no ps that can list them (package procps): ' +
        stderr.trim().slice(0, 300),
    })
  }
  const rows = stdout.split('\n').flatMap((line) => {
    const fields = /^\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(.*)$/.exec(line)
    return fields === null ? [] : (rowOf(fields.slice(1)) ?? [])
  })
  return withoutItself(rows, argv.join(' '))
}

/** The look is among what runs, and so is what it was started by. */
function withoutItself(rows: readonly Row[], command: string): readonly Row[] {
  const own = new Set<number>()
  const look = rows.find((row) => row.command === command)
  for (let row = look; row !== undefined && row.pid !== 1 && !own.has(row.pid);) {
    own.add(row.pid)
    const { parent } = row
    row = rows.find(({ pid }) => pid === parent)
  }
  return rows.filter(({ pid }) => !own.has(pid))
}

/** Null for the line with the names of the columns, and for what is no line of that list. */
function rowOf(fields: readonly string[]): Row | null {
  const [pid, parent, uid = '', cpu, memory, seconds, ...command] = fields
  const [pidNumber, parentNumber, percent, kibibytes, age] = [pid, parent, cpu, memory, seconds].map(numberOf)
  if (pidNumber === undefined || parentNumber === undefined || percent === undefined) return null
  if (kibibytes === undefined || age === undefined) return null
  return {
    ...{ pid: pidNumber, parent: parentNumber, uid, cpu: percent / 100, memory: kibibytes * 1024, seconds: age },
    command: command.join(' '),
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}(\.\d{1,3})?$/.test(text) ? Number(text) : undefined
}

/** The init is the oldest that was started from outside, the entrypoint its oldest child; what that starts waits. */
function withoutEntrypoint(rows: readonly Row[]): Row[] {
  const pids = new Set(rows.map(({ pid }) => pid))
  const init = oldest(rows.filter(({ parent }) => !pids.has(parent)))
  if (init === undefined) return []
  const entrypoint = oldest(rows.filter(({ parent }) => parent === init.pid))
  return rows.filter((row) => row !== init && row !== entrypoint && row.parent !== entrypoint?.pid)
}

function oldest(rows: readonly Row[]): Row | undefined {
  return [...rows].sort((one, other) => other.seconds - one.seconds || one.pid - other.pid)[0]
}

/** By number, of a list of users that anybody inside may have written. */
function namesIn(passwd: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const line of passwd.split('\n')) {
    const [name = '', , uid = ''] = line.split(':')
    if (/^[\w.-]{1,32}$/.test(name) && /^\d+$/.test(uid) && !names.has(uid)) names.set(uid, name)
  }
  return names
}
