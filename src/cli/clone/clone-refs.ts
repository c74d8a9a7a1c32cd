// What a clone's repository names, as files: no git reads it, since all of it can be an agent's work.

import type { ArchiveEntry } from '../../model/archive.js'
import { hasCode } from '../../model/diagnostic.js'
import type { CloneLoss } from '../../model/risks.js'

/** Tips by name, such as `sbx/web`, `v1 (tag)` or `refs/stash`; not those that the host's repository was sent or sent. */
export type CloneRefs = {
  readonly tips: ReadonlyMap<string, string>
  /** That there is more than the tips tell; of what is named in `beside` as well. */
  readonly isUnknown: boolean
  readonly beside: Required<CloneLoss>['beside']
}

/** Of one path in the repository's folder, as `Engine.readArchive` gives it. */
export type ReadGitPath = (path: string) => AsyncIterable<ArchiveEntry>

/** In bytes, but for entries. `passed` is of what is no branch: a working tree has an index of its own, which may be large. */
const most = { entries: 10_000, packed: 16 * 1024 * 1024, ref: 1024, passed: 256 * 1024 * 1024 }

/** What has commits or contents of its own, that no branch here leads to, and none of which a fetch brings. */
const places = [
  ['modules', 'submodules'],
  ['lfs/objects', 'lfs'],
  ['worktrees', 'trees'],
] as const

const id = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** Unknown where anything in it is not as git writes it, or is more than a repository in use has. */
export async function cloneRefs(read: ReadGitPath): Promise<CloneRefs> {
  const found = new Found()
  const beside: CloneRefs['beside'][number][] = []
  try {
    const head = await textAt(read, 'HEAD', most.ref)
    // Where branches are kept in tables it names one that cannot be.
    const isBranch = head !== null && /^ref: refs\/heads\/(?!\.)\S+\n?$/.test(head)
    if (head === null || (head.startsWith('ref: ') && !isBranch)) found.isUnknown = true
    else if (!isBranch) found.take('HEAD', head.trim())
    const packed = await textAt(read, 'packed-refs', most.packed)
    for (const line of (packed ?? '').split('\n')) {
      const [, tip, name] = /^(\S+) (refs\/.+)$/.exec(line) ?? []
      if (tip !== undefined && name !== undefined) found.take(name, tip)
      else if (!/^(?:|#.*|\^[0-9a-f]+)$/.test(line)) found.isUnknown = true
    }
    for await (const [path, text] of texts(read('refs'), found, () => true)) found.take(`refs/${path}`, text.trim())
    // Branches are in refs; what a further working tree is on without one is nowhere else.
    for await (const [path, text] of texts(read('worktrees'), found, isHead)) {
      if (!text.startsWith('ref: ')) found.take(path, text.trim())
    }
    for (const [path, what] of places) if (await hasAny(read(path))) beside.push(what)
  } catch (error) {
    if (!hasCode(error, 'engine/archive', 'engine/archive-cut')) throw error
    found.isUnknown = true
  }
  return { tips: found.tips, isUnknown: found.isUnknown || beside.length > 0, beside }
}

/** Whether anything but folders is there: as many of them as a repository in use has are looked at. */
async function hasAny(entries: AsyncIterable<ArchiveEntry>): Promise<boolean> {
  let count = 0
  for await (const { kind, content } of entries) {
    content.resume()
    count += 1
    if (kind !== 'folder' || count > most.entries) return true
  }
  return false
}

function isHead(path: string): boolean {
  return path.endsWith('/HEAD')
}

class Found {
  readonly tips = new Map<string, string>()
  isUnknown = false

  take(name: string, tip: string): void {
    if (/^refs\/(?:remotes|sbx)\//.test(name) || tip.startsWith('ref: ')) return
    if (!id.test(tip)) this.isUnknown = true
    else this.tips.set(name.replace(/^refs\/heads\//, '').replace(/^refs\/tags\/(.*)$/s, '$1 (tag)'), tip)
  }
}

/** Of plain files, which a link is not. */
async function* texts(
  entries: AsyncIterable<ArchiveEntry>,
  found: Found,
  isWanted: (path: string) => boolean,
): AsyncGenerator<readonly [string, string]> {
  const left = { entries: most.entries, bytes: most.passed }
  for await (const entry of entries) {
    const isFound = entry.kind !== 'folder' && isWanted(entry.path)
    const isRead = isFound && entry.kind === 'file' && entry.size <= most.ref
    left.entries -= 1
    // What is passed over comes all the same, however large it is said to be.
    if (!isRead) left.bytes -= entry.size
    if (left.entries < 0 || left.bytes < 0) {
      found.isUnknown = true
      return
    }
    if (isRead) yield [entry.path, await textOf(entry)]
    else {
      if (isFound) found.isUnknown = true
      entry.content.resume()
    }
  }
}

/** Null where no plain file of this size is. */
async function textAt(read: ReadGitPath, path: string, largest: number): Promise<string | null> {
  for await (const entry of read(path)) {
    if (entry.path === '' && entry.kind === 'file' && entry.size <= largest) return textOf(entry)
    // Too much, or no file: what is there is not told.
    return 'unreadable'
  }
  return null
}

async function textOf({ content }: ArchiveEntry): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}
