// What a container has of its own, into another that was made from another image. Nothing of it is believed: it was
// written by an agent, and is written into a container in which folders of the host may be mounted.

import { Readable } from 'node:stream'
import { listedPackage, pathsIn } from '../../model/debian-packages.js'
import { fail } from '../../model/diagnostic.js'
import type { OnProgress } from '../../model/engine.js'
import type { Step } from '../../model/plan.js'
import type { PathChange } from '../../model/risks.js'
import { archivedEntries, readArchivedFile, type ArchivedEntry } from '../archive/archive-entries.js'
import { checkFolders } from './check-folders.js'
import type { Client } from '../connection/client.js'
import { CopiedTree, endOfArchive, failTooMuch, headerBytes, padding } from '../archive/copied-tree.js'
import { batchesOf, type Batch } from '../archive/copy-batches.js'
import { checkMounts, selectChanges } from '../archive/copy-selection.js'
import { rethrow } from '../connection/errors.js'
import { sendUnlessAborted, unlessAborted } from '../connection/interruptible.js'
import { changesToKeep } from './kept-changes.js'

const doing = 'copy the files of the sandbox over'

/** Of one list of a package, and of all of them, in bytes. */
const [largestList, largestLists] = [16 * 2 ** 20, 32 * 2 ** 20]

/** Throws before anything is written where a path would leave the container; nothing is taken back of what was. */
export async function copyFiles(
  client: Client,
  { from, except, exceptWithPackages, seen }: Extract<Step, { do: 'copy-files' }>,
  target: string,
  { onProgress, signal }: { readonly onProgress: OnProgress; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const asking = Promise.all([
    changesToKeep(client, from.id),
    mountPoints(client, from.id),
    mountPoints(client, target),
  ])
  const [changes, mounts, targetMounts] = await unlessAborted(signal, asking)
  const packaged = await unlessAborted(signal, packagedIn(client, from.id, changes))
  const selection = selectChanges(changes, {
    except: packaged.size === 0 ? except : [...except, ...exceptWithPackages],
    mounts,
    packaged,
  })
  if (selection.chosen.size === 0) return
  checkMounts(selection, targetMounts)
  const tree = new CopiedTree(selection, targetMounts)
  const batches = batchesOf(tree.tops, [...mounts, ...targetMounts])
  await unlessAborted(signal, checkFolders(client, target, batches))

  const told = progressOf(seen?.bytes ?? 0, onProgress)
  const copy = { client, id: from.id, tree, batches, told }
  const archive = Readable.from(archiveOf(copy), { objectMode: false })
  try {
    // What is no folder never takes the place of one, nor a folder of what is none: that may be a link to elsewhere.
    const options = { path: '/', noOverwriteDirNonDir: 'true' }
    await sendUnlessAborted(signal, archive, (abortSignal) =>
      client.docker.getContainer(target).putArchive(archive, { ...options, abortSignal }),
    )
  } catch (error) {
    if (error instanceof Error && /cannot overwrite/.test(error.message)) failInTheWay(error)
    rethrow(error, client.endpoint.url, doing)
  }
  for (const line of tree.report()) onProgress(line)
}

async function mountPoints(client: Client, id: string): Promise<string[]> {
  const { Mounts: mounts } = await client.call('look at the sandbox', client.docker.getContainer(id).inspect())
  return mounts.map(({ Destination }) => Destination)
}

async function packagedIn(client: Client, id: string, changes: readonly PathChange[]): Promise<ReadonlySet<string>> {
  const lists = changes.filter(({ path, kind }) => kind !== 'deleted' && listedPackage(path) !== null)
  const packaged = new Set<string>()
  let length = 0
  for (const { path } of lists) {
    const list = (await readArchivedFile(client, id, path, largestList)) ?? ''
    length += list.length
    if (length > largestLists) failTooMuch('What its packages say they consist of is longer than 32 MiB.')
    for (const each of pathsIn(list)) packaged.add(each)
  }
  return packaged
}

function failInTheWay(error: Error): never {
  fail('engine/copy-in-the-way', 'A file cannot be copied to where a folder is, nor a folder to where a file is', {
    detail: `The new container was made from another image. The engine said: ${error.message.trim()}`,
  })
}

type Copy = {
  readonly client: Client
  readonly id: string
  readonly tree: CopiedTree
  readonly batches: readonly Batch[]
  readonly told: (bytes: number) => void
}

/** One archive of all of it, from the root. */
async function* archiveOf(copy: Copy): AsyncGenerator<Buffer> {
  for (const { path, tops } of copy.batches) {
    const missing = new Set(tops)
    if (path !== tops[0]) yield* partOf(copy, path, missing)
    for (const top of missing) yield* partOf(copy, top, new Set([top]))
  }
  // Of two names of a file, the engine gives the second as a link to the first, which need not be among what is copied.
  for (const path of copy.tree.unlinked()) yield* partOf(copy, path, new Set([path]))
  yield endOfArchive
}

/**
 * What of `tops` is in the archive of a path; takes from them what was in it. Goes no further where it would have to read
 * through more of what nobody wants than it takes to ask for each.
 */
async function* partOf({ client, id, tree, told }: Copy, path: string, tops: Set<string>): AsyncGenerator<Buffer> {
  let left = tops.size * unwantedPerTop
  let current: string | null = null
  for await (const entry of archivedEntries(client, id, path)) {
    // What is in a folder comes right after it.
    if (current === null || !(entry.path === current || entry.path.startsWith(`${current}/`))) {
      current = tops.delete(entry.path) ? entry.path : null
    }
    const headers = current === null ? [] : tree.accept(entry)
    if (headers === 'nothing-beneath') current = null
    if (current === null) {
      if (tops.size === 0) return
      left -= unwantedEntry + entry.header.size
      if (left < 0) return
    }
    if (headers === 'nothing-beneath' || headers.length === 0) {
      entry.content.resume()
      continue
    }
    for (const header of headers) yield await headerBytes(header)
    yield* contentOf(entry, told)
  }
}

/** In bytes: what is read in the time that the engine takes to make an archive; and what an entry costs beside its content. */
const [unwantedPerTop, unwantedEntry] = [8 * 2 ** 20, 16 * 2 ** 10]

async function* contentOf({ header, content }: ArchivedEntry, told: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    told((piece as Buffer).length)
    yield piece as Buffer
  }
  yield padding(header.size)
}

function progressOf(bytesTotal: number, onProgress: OnProgress): (bytes: number) => void {
  let sum = 0
  let told = 0
  return (bytes) => {
    sum += bytes
    if (sum - told < tellEach) return
    told = sum
    onProgress({ layers: 0, layersDone: 0, bytes: sum, bytesTotal: Math.max(bytesTotal, sum) })
  }
}

/** In bytes. */
const tellEach = 4 * 2 ** 20
