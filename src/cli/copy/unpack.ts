// Files of a sandbox, laid out on this machine. All of it was written by whoever works there: only plain files and folders
// come, with the rights of a file that the user made, each in a folder that was made here and is still that folder.

import { constants } from 'node:fs'
import { type FileHandle, open, statfs } from 'node:fs/promises'
import type { ArchiveEntry } from '../../model/archive.js'
import { fail } from '../../model/diagnostic.js'
import { checkInterrupted, codeOf, failFile, Tally, tooMuch } from './tally.js'
import type { HostFolder } from '../host/host-folder.js'
import { untilAborted } from '../call/until-aborted.js'

/** In bytes: against what only seems to be there, such as files full of holes. */
const mostBytes = 64 * 2 ** 30
/** Of folders in each other: each is held open. */
const deepest = 200

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const oldFile = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** What a name cannot be where it goes to, and here alone: names that only differ in case, names that are too long. */
const nameErrors = ['EEXIST', 'ENAMETOOLONG', 'EILSEQ', 'EINVAL', 'ENOTSUP']

export class Unpacking {
  readonly tally = new Tally()
  readonly #top: HostFolder
  readonly #signal: AbortSignal
  /** What was made, by path. */
  readonly #made = new Map<string, 'file' | 'folder'>()
  /** Folders that were left out, and so is all in them. */
  readonly #left = new Set<string>()
  /** From the top to the folder that was last worked in. */
  #open: { readonly path: string; readonly folder: HostFolder }[] = []
  #announced = 0

  /** `top` gets one thing, called `content`. */
  constructor(top: HostFolder, signal: AbortSignal) {
    this.#top = top
    this.#signal = signal
  }

  /** Reads the content of the entry, or passes it over. */
  async add(entry: ArchiveEntry): Promise<void> {
    checkInterrupted(this.#signal)
    const { path, kind } = entry
    this.tally.pass(path.length + (entry.target?.length ?? 0))
    if (this.#made.has(path)) unsafe(`It has two things at ${JSON.stringify(path)}.`)
    if (isOdd(path)) unsafe(`It has the name ${JSON.stringify(path)}.`)
    const above = parentOf(path)
    if (above !== null && this.#left.has(above)) return this.#pass(entry)
    if (above !== null && this.#made.get(above) !== 'folder') {
      unsafe(`It has ${JSON.stringify(path)}, and what that is in is no folder.`)
    }
    if (path.includes('\ufffd')) return this.#skip(entry, 'its name is no UTF-8')
    if (kind === 'link') return this.#skip(entry, `it is a link, to ${entry.target ?? ''}`)
    if (kind === 'other') return this.#skip(entry, 'it is no file, folder or link')
    const source = kind === 'hard-link' ? (entry.target ?? '') : null
    if (source !== null && this.#made.get(source) !== 'file') {
      return this.#skip(entry, `it is a link, to ${source}`)
    }
    try {
      if (kind === 'folder') await this.#makeFolder(entry)
      else if (source !== null) await this.#copyFile(entry, source)
      else await this.#makeFile(entry, entry.size, (file) => writeAll(file, entry.content, this.#signal))
    } catch (error) {
      checkInterrupted(this.#signal)
      const code = codeOf(error)
      if (code === null || !nameErrors.includes(code)) return failFile(error, path === '' ? 'the target' : path)
      return this.#skip(entry, code === 'EEXIST' ? 'another has that name here' : `it cannot have that name (${code})`)
    }
    if (kind === 'folder' || source !== null) entry.content.resume()
    this.#made.set(path, kind === 'folder' ? 'folder' : 'file')
  }

  async close(): Promise<void> {
    for (const { folder } of this.#open.splice(0)) await folder.close()
  }

  #skip(entry: ArchiveEntry, why: string): void {
    this.tally.skip(entry.path, why)
    this.#pass(entry)
  }

  /** It comes all the same, and as long as it is. */
  #pass({ path, kind, size, content }: ArchiveEntry): void {
    if (kind === 'folder') this.#left.add(path)
    this.#count(size)
    content.resume()
  }

  async #makeFolder({ path, mode }: ArchiveEntry): Promise<void> {
    if (path.split('/').length > deepest) tooMuch(`It has more than ${String(deepest)} folders in each other.`)
    const { folder, name } = await this.#placeOf(path)
    this.#open.push({ path, folder: await folder.makeChild(name, (mode & 0o755) | 0o700) })
  }

  async #makeFile(
    { path, mode, modifiedAt }: ArchiveEntry,
    size: number,
    write: (file: FileHandle) => Promise<void>,
  ): Promise<void> {
    await this.#announce(size)
    const { folder, name } = await this.#placeOf(path)
    const file = await open(folder.at(name), newFile, (mode & 0o755) | 0o600)
    try {
      await write(file)
      const time = Math.min(Math.max(modifiedAt, 0), 2 ** 32)
      await file.utimes(time, time)
    } finally {
      await file.close()
    }
    this.tally.files += 1
    this.tally.bytes += size
  }

  /** A second name of a file that was copied becomes a file of its own. */
  async #copyFile(entry: ArchiveEntry, source: string): Promise<void> {
    const { folder, name } = await this.#placeOf(source)
    const file = await open(folder.at(name), oldFile)
    try {
      const found = await file.stat()
      if (!found.isFile()) unsafe(`${JSON.stringify(source)} was replaced while it was copied.`)
      const content = file.createReadStream({ autoClose: false, end: Math.max(found.size - 1, 0) })
      await this.#makeFile(entry, found.size, (copy) => writeAll(copy, content, this.#signal))
    } finally {
      await file.close()
    }
  }

  /** Looks before it writes: a file can be said to be larger than any disk. */
  async #announce(size: number): Promise<void> {
    this.#count(size)
    if (size < 2 ** 20) return
    const { bavail, bsize } = await statfs(this.#top.at('.'))
    if (size > bavail * bsize) tooMuch('There is not enough room for it.')
  }

  #count(size: number): void {
    this.#announced += size
    if (this.#announced > mostBytes) tooMuch(`It comes to more than ${String(mostBytes / 2 ** 30)} GiB.`)
  }

  /** The open folder that it is in. Only what was made here is gone through, and never by a link. */
  async #placeOf(path: string): Promise<{ readonly folder: HostFolder; readonly name: string }> {
    const above = parentOf(path)
    if (above === null) return { folder: this.#top, name: content }
    while (this.#open.length > 0 && !isAtOrAbove(this.#open.at(-1)?.path ?? '', above)) {
      await this.#open.pop()?.folder.close()
    }
    const last = this.#open.at(-1)
    if (last === undefined) this.#open.push({ path: '', folder: await this.#top.child(content) })
    for (let at = this.#open.at(-1); at !== undefined && at.path !== above; at = this.#open.at(-1)) {
      const name = above.slice(at.path === '' ? 0 : at.path.length + 1).split('/', 1)[0] ?? ''
      const next = at.path === '' ? name : `${at.path}/${name}`
      this.#open.push({ path: next, folder: await at.folder.child(name) })
    }
    const { folder } = this.#open.at(-1) ?? { folder: this.#top }
    return { folder, name: path.slice(path.lastIndexOf('/') + 1) }
  }
}

/** What is unpacked is called so until it is whole. */
export const content = 'content'

async function writeAll(file: FileHandle, pieces: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
  for await (const piece of untilAborted(pieces, signal)) {
    // Behind what was written before.
    await file.writeFile(piece as Uint8Array)
  }
}

/** Null for the top itself. */
function parentOf(path: string): string | null {
  return path === '' ? null : path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}

function isAtOrAbove(folder: string, path: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

function isOdd(path: string): boolean {
  if (path === '') return false
  return path.includes('\u0000') || path.split('/').some((name) => name === '' || name === '.' || name === '..')
}

function unsafe(detail: string): never {
  fail('cp/unsafe', 'This cannot be copied', { detail: `${detail} Nothing was copied.` })
}
