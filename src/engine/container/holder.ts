// Which process of which machine something is for that does not outlive it. A process that was killed cleans nothing up; so
// what it made says whose it is, and whoever finds it can see that nobody needs it any more.

import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

type Holder = {
  /** Of the operating system; where it has none, the host's name once more, or nothing. */
  readonly machine: string
  readonly host: string
  /** Of this start of the machine, and of this view of its processes; empty where the system tells neither. */
  readonly boot: string
  readonly view: string
  readonly pid: number
  /** When it began, in the system's own count, so that another with its number is not taken for it. */
  readonly begun: string
}

/** As one line of text. `machine` is what the operating system is told from others by. */
export async function holderOf(machine: string, pid = process.pid): Promise<string> {
  const [boot, view, begun] = await Promise.all([bootId(), processView(), begunAt(pid)])
  const holder: Holder = { machine, host: hostname(), boot, view, pid, begun: begun ?? '' }
  return JSON.stringify(Object.values(holder))
}

/** Only where that is certain: what is of another machine may be at work there. */
export async function isHolderGone(text: string, machine: string): Promise<boolean> {
  const holder = parsed(text)
  if (holder === null || holder.host !== hostname()) return false
  const [boot, view] = await Promise.all([bootId(), processView()])
  // No two machines have one start in common, but two of one name are not one, nor are copies of one image.
  const isSameStart = boot !== '' && holder.boot === boot
  const isSameMachine = machine !== '' && machine !== holder.host && holder.machine === machine
  if (!isSameStart && !isSameMachine) return false
  if (holder.boot !== boot) return true
  return holder.view === view && !(await isThere(holder))
}

function parsed(text: string): Holder | null {
  const match = /^\["([^"]*)","([^"]*)","([^"]*)","([^"]*)",(\d+),"([^"]*)"\]$/.exec(text)
  if (match === null) return null
  const [, machine = '', host = '', boot = '', view = '', pid, begun = ''] = match
  return { machine, host, boot, view, pid: Number(pid), begun }
}

async function isThere({ pid, begun }: Holder): Promise<boolean> {
  if (begun !== '') return (await begunAt(pid)) === begun
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !isCode(error, 'ESRCH')
  }
}

/** Null where there is no such process, or no /proc. */
async function begunAt(pid: number): Promise<string | null> {
  const stat = await readOrNull(() => readFile(`/proc/${String(pid)}/stat`, 'utf8'))
  // The second field is the program's name in brackets, which may have blanks and brackets in it.
  return stat === null ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null)
}

async function bootId(): Promise<string> {
  return ((await readOrNull(() => readFile('/proc/sys/kernel/random/boot_id', 'utf8'))) ?? '').trim()
}

async function processView(): Promise<string> {
  return (await readOrNull(() => readlink('/proc/self/ns/pid'))) ?? ''
}

async function readOrNull(read: () => Promise<string>): Promise<string | null> {
  try {
    return await read()
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ESRCH') || isCode(error, 'EACCES')) return null
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
