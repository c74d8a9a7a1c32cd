// How large some files of a container are. No call tells the sizes of many: of a few each is asked for, of more their
// folder is read as an archive, of which the headers say it.

import { hasCode } from '../../model/diagnostic.js'
import type { FilesOfFolder, Size } from '../../model/risks.js'
import { foldersAbove } from '../../model/path-tree.js'
import { archivedEntries } from './archive-entries.js'
import type { Client } from '../connection/client.js'
import { statIfSeen } from './path-stat.js'

const doing = 'see how large the files of the sandbox are'

/** So many files are each asked for in less time than the engine takes to make an archive. */
const fewFiles = 32

/** So many are asked for at once: each is a connection of its own. */
const lanes = 4

/** In bytes: what is read in all, and what an entry costs beside its content. */
const [most, entryCost] = [128 * 2 ** 20, 16 * 2 ** 10]

/**
 * Of each folder the sum over its files; null where nobody looked. An archive of a folder has what is mounted beneath it,
 * too, so that there only few files are asked for. GETs and HEADs alone.
 */
export async function fileSizes(
  client: Client,
  id: string,
  folders: readonly FilesOfFolder[],
  { mounts, milliseconds }: { readonly mounts: readonly string[]; readonly milliseconds: number },
): Promise<(Size | null)[]> {
  const until = performance.now() + milliseconds
  const leadsToMount = new Set(mounts.flatMap((path) => [path, ...foldersAbove(path)]))
  const isFew = ({ files }: FilesOfFolder): boolean => files.length <= fewFiles
  const isReadable = (folder: FilesOfFolder): boolean => !isFew(folder) && !leadsToMount.has(folder.path)
  const sizes = new Map<FilesOfFolder, Size | null>()
  for (const folder of folders.filter(isFew)) sizes.set(folder, await askedSize({ client, id, until }, folder.files))
  // One after the other, since the engine does not make two of one container at a time.
  const read = folders.filter(isReadable)
  for (const folder of read) sizes.set(folder, await readSize({ client, id, until }, folder, most / read.length))
  return folders.map((folder) => sizes.get(folder) ?? null)
}

type Asking = {
  readonly client: Client
  readonly id: string
  /** As `performance.now` counts. */
  readonly until: number
}

async function askedSize({ client, id, until }: Asking, files: readonly string[]): Promise<Size | null> {
  const left = [...files]
  let bytes = 0
  let known = 0
  const lane = async (): Promise<void> => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      if (performance.now() > until) return
      const stat = await statIfSeen(client, id, path, doing)
      if (stat === null) continue
      if (stat.isPlainFile) bytes += stat.size
      known += 1
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return sizeOf(bytes, known, files.length)
}

/** Goes no further than the last file that is wanted, nor than it may. */
async function readSize(
  { client, id, until }: Asking,
  { path, files }: FilesOfFolder,
  mostBytes: number,
): Promise<Size | null> {
  const wanted = new Set(files)
  let bytes = 0
  let passed = 0
  try {
    for await (const { path: at, header, content } of archivedEntries(client, id, path)) {
      const size = header.type === 'file' || header.type === 'contiguous-file' ? header.size : 0
      if (wanted.delete(at)) bytes += size
      passed += entryCost + size
      if (wanted.size === 0 || passed > mostBytes || performance.now() > until) break
      content.resume()
    }
  } catch (error) {
    // A file that is written to while it is read ends an archive; what was told before that is true.
    if (!hasCode(error, 'engine/archive', 'engine/archive-cut', 'engine/refused', 'engine/conflict')) throw error
  }
  return sizeOf(bytes, files.length - wanted.size, files.length)
}

function sizeOf(bytes: number, known: number, count: number): Size | null {
  if (known === count) return { bytes }
  return known === 0 ? null : { bytes, isPart: true }
}
