// Into a sandbox: an archive that is made here, of files as they are. A link is never followed to what it leads to, since the
// sandbox may write where it lies; and what is sent belongs to the agent.

import { constants, type Stats } from 'node:fs'
import { lstat, open, readlink } from 'node:fs/promises'
import { basename, posix } from 'node:path'
import {
  type CopiedHeader,
  endOfArchive,
  headerBytes,
  ownedBy,
  type Owners,
  padding,
} from '../../engine/archive/copied-tree.js'
import type { Copied } from '../../model/copied.js'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import { checkInterrupted, codeOf, failFile, Tally } from './tally.js'
import type { HostFolder } from '../host/host-folder.js'
import type { Place } from './host-place.js'

export type Inside = { readonly folder: string; readonly name: string }

/** In a folder that is there, under its own name; else as what is named. Throws `cp/not-found` and `cp/exists`. */
export async function targetInside(
  engine: Engine,
  containerId: string,
  typed: string,
  source: Place,
): Promise<Inside & { readonly kind: 'file' | 'folder' }> {
  const kind = await kindOf(source)
  const path = posix.resolve('/', typed)
  const folder = await folderAt(engine, containerId, path)
  const above = folder ?? (await folderAt(engine, containerId, posix.dirname(path)))
  if (above === null || (folder === null && typed.endsWith('/'))) {
    fail('cp/not-found', 'There is nothing to copy, or nowhere to copy it to', {
      detail: `In the sandbox, ${above === null ? posix.dirname(path) : path} is no folder.`,
    })
  }
  const name = folder === null ? basename(path) : source.name
  const there = await engine.lookAt(containerId, posix.join(above, name))
  if (there !== null && (there.kind === 'folder' || kind === 'folder') && there.kind !== kind) {
    fail('cp/exists', 'Something is in the way of the copy', {
      detail:
        `In the sandbox, ${posix.join(above, name)} is ${there.kind === 'folder' ? 'a' : 'no'} folder, and what is ` +
        `copied is ${kind === 'folder' ? 'one' : 'none'}.`,
    })
  }
  return { folder: above, name, kind }
}

async function folderAt(engine: Engine, containerId: string, path: string): Promise<string | null> {
  const look = await engine.lookAt(containerId, path)
  if (look?.kind === 'folder') return path
  if (look?.kind !== 'link' || look.target === null) return null
  return (await engine.lookAt(containerId, look.target))?.kind === 'folder' ? look.target : null
}

async function kindOf({ folder, name, path }: Place): Promise<'file' | 'folder'> {
  const found = await lstat(folder.at(name)).catch((error: unknown) => failFile(error, path))
  if (found.isDirectory()) return 'folder'
  if (found.isFile()) return 'file'
  fail('cp/unsafe', 'This cannot be copied', { detail: `${path} is no file and no folder.` })
}

/** Whose the workspace is: that is who the agent is. */
export async function ownerInside(engine: Engine, containerId: string, workspace: string): Promise<Owners> {
  // No more than the first is read.
  for await (const { uid, gid } of engine.readArchive(containerId, workspace)) return { uid, gid }
  return { uid: 0, gid: 0 }
}

/** `owner` is who everything belongs to inside. What was sent before it fails is there. */
export async function copyIn(
  engine: Engine,
  containerId: string,
  { folder, name }: Place,
  target: Inside,
  { owner, signal }: { readonly owner: Owners; readonly signal: AbortSignal },
): Promise<Copied> {
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  const sending = new Sending(target.name, owner, stop.signal)
  let failure: { readonly error: unknown } | undefined
  // What cannot be read ends the call to the engine, which would else wait for more.
  async function* archive(): AsyncGenerator<Buffer> {
    try {
      yield* inPieces(sending.send(folder, name, target.name))
      yield endOfArchive
    } catch (error) {
      failure = { error }
      abort()
    }
  }
  try {
    await engine.writeArchive(containerId, target.folder, archive(), stop.signal)
  } catch (error) {
    throw failure === undefined ? error : failure.error
  } finally {
    signal.removeEventListener('abort', abort)
  }
  if (failure !== undefined) throw failure.error
  return sending.tally.copied()
}

const plainFile = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

class Sending {
  readonly tally = new Tally()
  readonly #top: string
  readonly #owner: Owners
  readonly #signal: AbortSignal

  constructor(top: string, owner: Owners, signal: AbortSignal) {
    this.#top = top
    this.#owner = owner
    this.#signal = signal
  }

  async *send(folder: HostFolder, name: string, path: string): AsyncGenerator<Buffer> {
    checkInterrupted(this.#signal)
    this.tally.pass(path.length)
    try {
      const found = await lstat(folder.at(name))
      if (found.isDirectory()) yield* this.#folder(folder, name, path, found)
      else if (found.isFile()) yield* this.#file(folder, name, path)
      else if (found.isSymbolicLink()) yield* this.#link(folder, name, path, found)
      else this.#skip(path, 'it is no file, folder or link')
    } catch (error) {
      // Gone meanwhile, replaced by a link meanwhile, or with a name that is no UTF-8 and so cannot be said.
      if (!['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'].includes(codeOf(error) ?? '')) failFile(error, path)
      this.#skip(path, name.includes('\ufffd') ? 'its name is no UTF-8' : 'it changed while it was copied')
    }
  }

  async *#folder(above: HostFolder, name: string, path: string, { mode, mtime }: Stats): AsyncGenerator<Buffer> {
    const folder = await above.child(name)
    try {
      const names = await folder.names()
      yield await this.#header({ name: `${path}/`, type: 'directory', mode: mode & 0o777, mtime })
      for (const each of names) yield* this.send(folder, each, `${path}/${each}`)
    } finally {
      await folder.close()
    }
  }

  async *#file(folder: HostFolder, name: string, path: string): AsyncGenerator<Buffer> {
    const file = await open(folder.at(name), plainFile)
    try {
      const found = await file.stat()
      if (!found.isFile()) return this.#skip(path, 'it changed while it was copied')
      const { size, mode, mtime } = found
      yield await this.#header({ name: path, type: 'file', size, mode: mode & 0o777, mtime })
      let left = size
      while (left > 0) {
        const piece = Buffer.allocUnsafe(Math.min(left, largestPiece))
        const { bytesRead } = await file.read(piece, 0, piece.length)
        if (bytesRead === 0)
          fail('cp/unsafe', 'This cannot be copied', { detail: `${path} changed while it was read.` })
        left -= bytesRead
        yield piece.subarray(0, bytesRead)
        checkInterrupted(this.#signal)
      }
      yield padding(size)
      this.tally.files += 1
      this.tally.bytes += size
    } finally {
      await file.close()
    }
  }

  /** As it is, where it leads to what is copied with it; anything else it leads to is another thing inside. */
  async *#link(folder: HostFolder, name: string, path: string, { mtime }: Stats): AsyncGenerator<Buffer> {
    const linkname = await readlink(folder.at(name))
    const leadsTo = posix.join(posix.dirname(path), linkname)
    if (linkname.startsWith('/') || (leadsTo !== this.#top && !leadsTo.startsWith(`${this.#top}/`))) {
      return this.#skip(path, `it is a link out of what is copied, to ${linkname}`)
    }
    yield await this.#header({ name: path, type: 'symlink', linkname, mtime })
  }

  #header(header: CopiedHeader): Promise<Buffer> {
    return headerBytes({ ...header, ...ownedBy(this.#owner) })
  }

  #skip(path: string, why: string): void {
    this.tally.skip(path.slice(this.#top.length + 1), why)
  }
}

/** In bytes. */
const largestPiece = 256 * 1024

/** Of many small files at once: each piece is a call of the system on either side. */
async function* inPieces(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = []
  let length = 0
  for await (const piece of source) {
    waiting.push(piece)
    length += piece.length
    if (length < largestPiece) continue
    yield Buffer.concat(waiting)
    waiting = []
    length = 0
  }
  yield Buffer.concat(waiting)
}
