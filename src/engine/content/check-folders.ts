// Whether what is to be written into a container stays where it is meant to be: the engine follows links on the way to it,
// and what is mounted is mounted for it as well.

import { fail } from '../../model/diagnostic.js'
import { archivedEntries } from '../archive/archive-entries.js'
import type { Client } from '../connection/client.js'
import type { Batch } from '../archive/copy-batches.js'
import { foldersAbove } from '../../model/path-tree.js'
import { statPath } from '../archive/path-stat.js'

/**
 * Throws `engine/copy-through-link` where something is no folder that lies above a path. Folders that are not there are
 * none in the way: the engine makes them.
 */
export async function checkFolders(client: Client, id: string, batches: readonly Batch[]): Promise<void> {
  const seen = new Map<string, boolean>()
  for (const { path, tops } of batches) {
    const isAlone = path === tops[0]
    if (!isAlone && (await areFolders(client, id, [...foldersAbove(path), path], seen))) {
      await lookIntoFolder(client, id, path, { tops, seen })
    }
    for (const top of tops) await areFolders(client, id, foldersAbove(top), seen)
  }
}

/** Outermost first. False where there is nothing, from which on the engine makes them. */
async function areFolders(
  client: Client,
  id: string,
  folders: readonly string[],
  seen: Map<string, boolean>,
): Promise<boolean> {
  for (const folder of folders) {
    const isThere = seen.get(folder) ?? (await isFolder(client, id, folder))
    seen.set(folder, isThere)
    if (!isThere) return false
  }
  return true
}

async function isFolder(client: Client, id: string, path: string): Promise<boolean> {
  const stat = await statPath(client, id, path, 'copy the files of the sandbox over')
  if (stat === null || stat.isFolder) return stat !== null
  return failThroughLink(path)
}

/**
 * Many folders in one are seen in one archive of it, in which nothing lies beneath a link. What is none there, or was not
 * seen, is asked for.
 */
async function lookIntoFolder(
  client: Client,
  id: string,
  path: string,
  { tops, seen }: { readonly tops: readonly string[]; readonly seen: Map<string, boolean> },
): Promise<void> {
  const wanted = new Set(tops.map((top) => top.slice(0, top.lastIndexOf('/'))))
  wanted.delete(path)
  if (wanted.size < few) return
  let left = wanted.size * readPerFolder
  for await (const entry of archivedEntries(client, id, path)) {
    if (wanted.size === 0) return
    if (wanted.delete(entry.path) && entry.header.type === 'directory') {
      for (const folder of [...foldersAbove(entry.path), entry.path]) seen.set(folder, true)
    }
    left -= entrySize + entry.header.size
    if (left < 0) return
    entry.content.resume()
  }
}

/** So many are asked for one by one in the time that the archive takes. */
const few = 3

/** In bytes: what is read in the time that the engine takes to answer; and what an entry costs beside its content. */
const [readPerFolder, entrySize] = [8 * 2 ** 20, 16 * 2 ** 10]

function failThroughLink(path: string): never {
  fail('engine/copy-through-link', 'A file cannot be copied through what is no folder', {
    detail:
      `${path} is a folder in the old container, and a link or a file in the image of the new one. Nothing was ` +
      'copied. Move what is in it, for instance to the home, which is kept.',
  })
}
