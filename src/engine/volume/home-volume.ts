// What is in a home volume at some paths, seen through a container that does not run. An agent wrote it: nothing of it is
// believed, no link in it is followed.

import { fail } from '../../model/diagnostic.js'
import { foldersAbove } from '../../model/path-tree.js'
import { archivedEntries, type ArchivedEntry } from '../archive/archive-entries.js'
import type { Client } from '../connection/client.js'
import { ownersOf, type Owners } from '../archive/copied-tree.js'
import { topsOf, type FoundEntry } from './home-choice.js'
import { digestOf } from './image-home.js'
import { statPath } from '../archive/path-stat.js'
import { homeAside } from '../container/mounts.js'

const doing = 'look into the home'

/** At these paths and on the way to them, by path. Throws `engine/copy-through-link`. */
export async function foundInHome(
  client: Client,
  container: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, FoundEntry>> {
  for (const folder of [...foldersAbove(homeAside), homeAside]) await checkFolder(client, container, folder)
  const wanted = new Set(paths)
  const folders = new Set(paths.flatMap(foldersAbove))
  const found = new Map<string, FoundEntry>()
  const reached = new Set<string>()
  for (const top of topsOf(paths)) {
    if (!(await isReached(client, container, top, found, reached))) continue
    for await (const entry of archivedEntries(client, container, `${homeAside}/${top}`)) {
      const path = entry.path.slice(homeAside.length + 1)
      if (wanted.has(path) || folders.has(path)) found.set(path, await foundAt(path, entry))
      else entry.content.resume()
    }
  }
  return found
}

/** Whose everything in the home is, as its own folder says. */
export async function ownerOfHome(client: Client, container: string): Promise<Owners> {
  for await (const { header } of archivedEntries(client, container, homeAside)) return ownersOf(header)
  return fail('engine/no-home', 'The home is gone', { detail: `The new container has nothing at ${homeAside}.` })
}

async function checkFolder(client: Client, container: string, path: string): Promise<void> {
  const stat = await statPath(client, container, path, doing)
  if (stat?.isFolder === true) return
  fail('engine/copy-through-link', 'A file cannot be copied through what is no folder', {
    detail: `${path} is a link or a file in the image of the container. Nothing was copied.`,
  })
}

/** Whether all folders on the way are there and are folders; what is known of them is put into `found`. */
async function isReached(
  client: Client,
  container: string,
  top: string,
  found: Map<string, FoundEntry>,
  reached: Set<string>,
): Promise<boolean> {
  for (const folder of foldersAbove(top)) {
    if (reached.has(folder)) continue
    const stat = await statPath(client, container, `${homeAside}/${folder}`, doing)
    if (stat === null) return false
    found.set(folder, { path: folder, owner: 0, ...(stat.isFolder ? { kind: 'folder', mode: 0 } : { kind: 'other' }) })
    if (!stat.isFolder) return false
    reached.add(folder)
  }
  return true
}

/** Reads all of it. Of two names of a file the second one is told as what nobody has seen. */
async function foundAt(path: string, { header, content }: ArchivedEntry): Promise<FoundEntry> {
  const owner = ownersOf(header).uid
  const mode = header.mode & 0o7777
  if (header.type === 'file' || header.type === 'contiguous-file') {
    return { path, owner, kind: 'file', mode, size: header.size, digest: await digestOf(content) }
  }
  content.resume()
  if (header.type === 'directory') return { path, owner, kind: 'folder', mode }
  if (header.type === 'symlink') return { path, owner, kind: 'link', target: header.linkname ?? '' }
  return { path, owner, kind: 'other' }
}
