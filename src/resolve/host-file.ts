// Reading a file of the host that the config names. The file can lie where an agent writes, so between looking at a path
// and opening it anything can become a link to something else.

import { closeSync, constants, fstatSync, lchownSync, mkdirSync, openSync, type Stats } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import { identityText } from './file-identity.js'
import { errorCode, isAbsent, realPathIfThere } from './read.js'

export type HostFile =
  | { readonly kind: 'text'; readonly realPath: string; readonly text: string }
  /** `why` is the end of a sentence that begins with the path. */
  | { readonly kind: 'unreadable'; readonly realPath: string | null; readonly why: string; readonly isAbsent: boolean }

/** In bytes. A variable can have half of it, and a session of one of these files has no more than its variables. */
const largest = 256 * 1024

/**
 * Reads a small text file: an agent that can write it can make it grow without end. With `granted`, the real path that was
 * granted, it reads that one only: the file must not have become a link to another since.
 */
export async function readHostFile(path: string, granted?: string): Promise<HostFile> {
  let realPath: string | null = null
  const unreadable = (why: string, isAbsent = false): HostFile => ({ kind: 'unreadable', realPath, why, isAbsent })
  try {
    realPath = realPathIfThere(path)
    if (realPath === null) return unreadable('is not there', true)
    if (granted !== undefined && realPath !== granted) {
      return unreadable(`now leads to ${realPath}, and what was granted is ${granted}`)
    }
    const handle = await openWithoutLinks(realPath, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      if (!(await handle.stat()).isFile()) return unreadable('is no file')
      const bytes = await readAtMost(handle, largest + 1)
      if (bytes.length > largest) return unreadable(`has more than the ${largest} bytes that are read`)
      return { kind: 'text', realPath, text: bytes.toString('utf8') }
    } finally {
      await handle.close()
    }
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    return unreadable(`cannot be read (${code})`, isAbsent(error))
  }
}

/** Also of one whose size is not what it gives, as the system's own are. */
async function readAtMost(handle: FileHandle, most: number): Promise<Buffer> {
  const bytes = Buffer.alloc(most)
  let length = 0
  while (length < most) {
    const { bytesRead } = await handle.read(bytes, length, most - length, null)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.subarray(0, length)
}

/** Linux: a handle on the place alone, which needs no right to read what is there. Node has no name for it. */
const placeOnly = 0o10000000
/** macOS: refuses a link in any component of the path. */
const noLinksAnywhere = 0x20000000

/** What was to be opened is, or lies in, what must not be. */
export class KeptOut extends Error {}

/**
 * Opens an absolute path component by component and follows no link in any of them (ELOOP, or ENOTDIR for one on the
 * way). Each step starts from the handle of the folder before, so nobody can swap a folder that was already passed.
 * Throws KeptOut where it is one of `keptOut`, which are identities, or lies in one, under whatever name.
 */
export async function openWithoutLinks(
  path: string,
  flags: number,
  keptOut: ReadonlySet<string> = new Set(),
): Promise<FileHandle> {
  const isDarwin = process.platform === 'darwin'
  const { folder, last } = isDarwin ? { folder: null, last: path } : openFolderOf(path, keptOut)
  try {
    // Places alone are opened on the way, which waits for nothing; what is at its end can.
    const handle =
      folder === null
        ? await open(path, flags | noLinksAnywhere)
        : await open(placeIn(folder, last), flags | constants.O_NOFOLLOW)
    try {
      refuse(handle.fd, keptOut)
      return handle
    } catch (error) {
      await handle.close()
      throw error
    }
  } finally {
    if (folder !== null) closeSync(folder)
  }
}

function refuse(descriptor: number, keptOut: ReadonlySet<string>): void {
  if (keptOut.size > 0 && keptOut.has(identityText(fstatSync(descriptor, { bigint: true })))) throw new KeptOut()
}

/**
 * The same, of what is at the place and not opened itself: a link at its end is told as one. Not handed to another thread,
 * which takes longer than looking at a place.
 */
export function statWithoutLinks(path: string): Stats {
  if (process.platform === 'darwin') return statOpened(openSync(path, constants.O_NONBLOCK | noLinksAnywhere))
  const { folder, last } = openFolderOf(path)
  try {
    return statOpened(openSync(placeIn(folder, last), placeOnly | constants.O_NOFOLLOW))
  } finally {
    closeSync(folder)
  }
}

/** One folder in what is there, through no link. `owner` is whose it becomes, null for the user's. Throws where it cannot be. */
export function makeFolderWithoutLinks(
  path: string,
  owner: { readonly uid: number; readonly gid: number } | null,
): void {
  const make = (place: string): void => {
    mkdirSync(place)
    if (owner !== null) lchownSync(place, owner.uid, owner.gid)
  }
  // Nothing there makes one in an open folder: what is swapped meanwhile gains an empty folder.
  if (process.platform === 'darwin') return make(path)
  const { folder, last } = openFolderOf(path)
  try {
    make(placeIn(folder, last))
  } finally {
    closeSync(folder)
  }
}

function statOpened(descriptor: number): Stats {
  try {
    return fstatSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** What a path lies in, open, and the rest of it; the root lies in itself. */
function openFolderOf(
  path: string,
  keptOut: ReadonlySet<string> = new Set(),
): { readonly folder: number; readonly last: string } {
  const components = path.split(sep).filter((component) => component !== '')
  const last = components.pop() ?? '.'
  let folder = openSync(sep, placeOnly | constants.O_DIRECTORY)
  try {
    for (const component of components) {
      const next = openSync(placeIn(folder, component), placeOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW)
      closeSync(folder)
      folder = next
      refuse(folder, keptOut)
    }
  } catch (error) {
    closeSync(folder)
    throw error
  }
  return { folder, last }
}

/** What an open of one component in an open folder is given, so that it works as openat does. */
function placeIn(folder: number, component: string): string {
  return `/proc/self/fd/${folder}/${component}`
}

/**
 * Does the work with a path that leads to this one through no link: what is above it is open until then. What stands there
 * itself can be one. Throws as `statWithoutLinks` does.
 */
export async function withPlace<T>(path: string, work: (place: string) => Promise<T>): Promise<T> {
  if (process.platform === 'darwin') {
    statWithoutLinks(dirname(path))
    return work(path)
  }
  const { folder, last } = openFolderOf(path)
  try {
    return await work(placeIn(folder, last))
  } finally {
    closeSync(folder)
  }
}

/** The same for what is in a folder: it is open meanwhile, and no link that takes its place is followed. */
export async function withFolder(path: string, work: (folder: string) => Promise<void>): Promise<void> {
  const handle = await openWithoutLinks(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await work(process.platform === 'darwin' ? path : `/proc/self/fd/${String(handle.fd)}`)
  } finally {
    await handle.close()
  }
}
