// Reading and writing sandbox.lock beside sandbox.yaml.

import { randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs'
import { lstat, rename, rm, writeFile } from 'node:fs/promises'
import { fail } from '../model/diagnostic.js'
import { decodeLock, emptyLock, encodeLock, type Lock } from './lock.js'

export const lockName = 'sandbox.lock'

/** In bytes; a line for each pin is far less. */
const maximumSize = 1024 * 1024

/** An empty one where there is no file. Throws `lock/unreadable` and what `decodeLock` does. */
export async function readLock(file: string): Promise<Lock> {
  let descriptor: number
  try {
    // Most projects have none, and to be told so by an error takes ten times as long.
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return emptyLock
    // An agent can put a link or a pipe in its place: it is not followed, and not waited for.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    if (error.code === 'ENOENT') return emptyLock
    if (error.code === 'ELOOP' || error.code === 'EMLINK')
      return unreadable(file, 'is a link. Put the file itself there')
    if (error.code === 'EACCES') return unreadable(file, 'may not be read by you')
    throw error
  }
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) return unreadable(file, 'is not a file')
    if (stats.size > maximumSize) return unreadable(file, `has more than ${maximumSize} bytes`)
    return decodeLock(readFileSync(descriptor, 'utf8'), file)
  } finally {
    closeSync(descriptor)
  }
}

/** In one move. Gives whether there was anything to write. */
export async function writeLock(file: string, lock: Lock): Promise<boolean> {
  const text = encodeLock(lock)
  if (encodeLock(await readLock(file)) === text && (await isThere(file))) return false
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(unfinished, text, { flag: 'wx', mode: 0o644 })
    await rename(unfinished, file)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  return true
}

async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

function unreadable(file: string, why: string): never {
  fail('lock/unreadable', 'The lock file cannot be read', {
    detail: `${file} ${why}.`,
    at: { file, line: 1, column: 1 },
  })
}
