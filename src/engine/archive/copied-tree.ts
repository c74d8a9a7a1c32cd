// The entries of an archive that is being made of another's: what may be among them, and in which order.

import { pack, type Header } from 'tar-stream'
import { fail } from '../../model/diagnostic.js'
import type { ArchivedEntry } from './archive-entries.js'
import { foldersAbove } from '../../model/path-tree.js'
import type { Selection } from './copy-selection.js'

/** Against what only seems to be there, such as files full of holes. In bytes, and in entries. */
const most = { bytes: 64 * 2 ** 30, entries: 1_000_000 }

export type CopiedHeader = Partial<Header> & Pick<Header, 'name'>

export class CopiedTree {
  readonly tops: readonly string[]
  readonly #chosen: ReadonlySet<string>
  readonly #folders: ReadonlySet<string>
  readonly #leadsToMount: ReadonlySet<string>
  /** What was accepted, by path. */
  readonly #taken = new Map<string, 'folder' | 'other'>()
  /** Folders that are not chosen themselves, and are only needed where something in them is. */
  readonly #waiting = new Map<string, CopiedHeader>()
  readonly #unlinked: string[] = []
  readonly #leftOut: string[] = []
  #bytes = 0

  /** `mounts` are those of the container that it is copied to. */
  constructor({ chosen, tops, folders }: Selection, mounts: readonly string[]) {
    // The engine tells of such a name only what of it can be said, and so gives nothing by it.
    this.tops = tops.filter((path) => !isUnsayable(path))
    for (const path of tops) if (isUnsayable(path)) this.#leaveOut(path, 'its name is no UTF-8')
    this.#chosen = chosen
    this.#folders = folders
    this.#leadsToMount = new Set(mounts.flatMap(foldersAbove))
  }

  /**
   * The headers to write for an entry, its own the last; none where it stays behind, with its content. Throws
   * `engine/too-much-to-keep`, and `engine/archive` where an entry lies in what is no folder.
   */
  accept({ path, header, target }: ArchivedEntry): CopiedHeader[] | 'nothing-beneath' {
    const isFolder = header.type === 'directory'
    if (isUnsayable(path)) return this.#leaveOut(path, 'its name is no UTF-8')
    if (!this.#chosen.has(path)) {
      if (isFolder) this.#waiting.set(path, cleaned(path, header, null))
      return []
    }
    // A folder that was there before is one that only looks different.
    if (isFolder && !this.#folders.has(path)) return 'nothing-beneath'
    if (!isCopyable(header)) return this.#leaveOut(path, 'it is no file, folder or link')
    if (!isFolder && this.#leadsToMount.has(path)) failToCover(path)
    if (this.#taken.has(path)) return []
    if (target !== null && this.#taken.get(target) !== 'other') {
      this.#unlinked.push(path)
      return []
    }
    const parents = this.#parentsOf(path)
    this.#count(path, header, isFolder)
    return [...parents, cleaned(path, header, target)]
  }

  /** Hard links to what was not copied: each is to be asked for alone, as a file. */
  unlinked(): readonly string[] {
    return this.#unlinked
  }

  report(): string[] {
    return this.#leftOut
  }

  #parentsOf(path: string): CopiedHeader[] {
    const above = foldersAbove(path)
    const at = above.findIndex((folder) => this.#taken.has(folder) || this.#waiting.has(folder))
    if (at === -1) return []
    return above.slice(at).flatMap((folder) => {
      const known = this.#taken.get(folder)
      if (known === 'folder') return []
      const header = this.#waiting.get(folder)
      if (known === 'other' || header === undefined) return failToNest(path, folder)
      this.#taken.set(folder, 'folder')
      return [header]
    })
  }

  #count(path: string, { size }: Header, isFolder: boolean): void {
    this.#taken.set(path, isFolder ? 'folder' : 'other')
    this.#bytes += size
    if (this.#bytes <= most.bytes && this.#taken.size <= most.entries) return
    failTooMuch()
  }

  #leaveOut(path: string, why: string): [] {
    this.#leftOut.push(`left out ${path}: ${why}`)
    return []
  }
}

/** Set-uid bits stay: whoever set them is root in the new sandbox as well. Extended attributes do not. */
function cleaned(path: string, header: Header, target: string | null): CopiedHeader {
  const { type, mode, size, mtime, linkname } = header
  return {
    name: path.slice(1),
    type: type === 'contiguous-file' ? 'file' : type,
    ...{ mode, size, mtime },
    ...ownedBy(ownersOf(header)),
    linkname: target === null ? linkname : target.slice(1),
  }
}

export type Owners = { readonly uid: number; readonly gid: number }

export function ownersOf({ uid, gid, pax }: Header): Owners {
  const beside = (pax ?? {}) as Readonly<Record<string, string>>
  return { uid: ownerOf(uid, beside['uid']), gid: ownerOf(gid, beside['gid']) }
}

/** What a header says of them. */
export function ownedBy({ uid, gid }: Owners): Pick<CopiedHeader, 'uid' | 'gid' | 'pax'> {
  const isLarge = Math.max(uid, gid) > largestInHeader
  return { uid, gid, ...(isLarge ? { pax: { uid: String(uid), gid: String(gid) } } : {}) }
}

/** Beyond it an archive says in another place whose a file is. */
const largestInHeader = 0o7777777

function ownerOf(inHeader: number, beside: string | undefined): number {
  const owner = beside !== undefined && /^\d{1,10}$/.test(beside) ? Number(beside) : inHeader
  return Math.min(owner, 2 ** 32 - 2)
}

function isCopyable({ type }: Header): boolean {
  return type === 'file' || type === 'contiguous-file' || type === 'directory' || type === 'symlink' || type === 'link'
}

function isUnsayable(path: string): boolean {
  return path.includes('\ufffd')
}

function failToNest(path: string, folder: string): never {
  fail('engine/archive', 'An archive of the engine is not what was asked for', {
    detail: `${path} is in it, and ${folder} is no folder there.`,
  })
}

function failToCover(path: string): never {
  fail('engine/copy-into-mount', 'A file cannot be copied to where something is mounted', {
    detail:
      `${path} is a file in the old container, and in the new one a folder in which something is mounted. ` +
      'Nothing was copied.',
  })
}

export function failTooMuch(
  what = `They come to more than ${String(most.bytes / 2 ** 30)} GiB or ${String(most.entries)} files.`,
): never {
  fail('engine/too-much-to-keep', 'The files of the container are too much to keep', {
    detail: `${what} Move what is worth keeping to the home, and apply with --discard.`,
  })
}

// writing --------------------------------------------------------------------------------------------------------------

/** What comes before the content of an entry, which is written beside this. */
export async function headerBytes(header: CopiedHeader): Promise<Buffer> {
  const archive = pack()
  archive.entry(header)
  await new Promise<void>((resolve) => archive.once('readable', () => resolve()))
  const chunks: Buffer[] = []
  for (let chunk: unknown = archive.read(); chunk !== null; chunk = archive.read()) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Files end with a whole block. */
export function padding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block)
}

const block = 512
export const endOfArchive = Buffer.alloc(2 * block)
