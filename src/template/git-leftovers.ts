// Repositories of our own for one call, and those that a call which was killed has left: up to gigabytes each.

import { lstat, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** What the name of one begins with: the process that makes it, and among which processes its number counts. */
export async function repositoryPrefix(): Promise<string> {
  return `sbx-git-${await processSpace()}-${String(process.pid)}-`
}

/** Removes those of this user whose process is gone; where one cannot be removed, it stays for the next call. */
export async function removeLeftovers(folder = tmpdir()): Promise<void> {
  const space = await processSpace()
  // A folder that can be written to and not be listed is none to tidy.
  for (const name of (await unlessRefused(readdir(folder))) ?? []) {
    const [, of, pid] = /^sbx-git-(\w+)-([1-9]\d*)-\w{6}$/.exec(name) ?? []
    if (of !== space || isAlive(Number(pid))) continue
    const path = join(folder, name)
    // It can be gone by now, or another call removes it just as well.
    await unlessRefused(removeOwn(path))
  }
}

/** Null where the system does not do it. */
async function unlessRefused<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'syscall' in error) return null
    throw error
  }
}

async function removeOwn(path: string): Promise<void> {
  const stats = await lstat(path)
  if (stats.isDirectory() && stats.uid === userInfo().uid) await rm(path, { recursive: true, force: true })
}

/** Containers that share a folder for temporary files count their processes each by itself. */
async function processSpace(): Promise<string> {
  const link = process.platform === 'linux' ? await unlessRefused(readlink('/proc/self/ns/pid')) : null
  return link?.replaceAll(/\D/g, '') || 'host'
}

/** One whose number has gone to another process counts as alive: what it left stays a while longer. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    return true
  }
}
