// What an image has in the home of `agent`, read from a container of it that is never started. An image says for good what
// it has, so that it is read once; whoever knows it already says so.

import { createHash } from 'node:crypto'
import type { ContainerCreateOptions } from 'dockerode'
import { fail } from '../../model/diagnostic.js'
import type { HomeEntry, ImageHome, ImageHomes } from '../../model/home.js'
import { agentHome, labels, lookName, type Scope } from '../../model/names.js'
import { archivedEntries, type ArchivedEntry } from '../archive/archive-entries.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { holderOf } from '../container/holder.js'
import { inspectImage } from '../image/images.js'
import { inspectOrNull } from '../connection/inspect.js'
import { unlessAborted } from '../connection/interruptible.js'
import { lookLabels } from '../labels/labels.js'
import { removedAfter } from '../container/short-lived.js'

/** Of a home that is compared, in entries and in bytes. */
const most = { entries: 50_000, bytes: 2 * 2 ** 30 }

/** Whose homes are looked into, for which sandbox. */
export type HomeReader = {
  readonly client: Client
  readonly scope: Scope
  readonly sandboxId: string
  readonly known: ImageHomes
  /** Ends what only reads, with `engine/interrupted`. */
  readonly signal: AbortSignal | undefined
}

/** `image` is any name of one. Null where neither is it known nor the engine has it. */
export async function imageHome(
  reader: HomeReader,
  image: string,
): Promise<{ readonly id: string; readonly home: ImageHome } | null> {
  const { client, known, signal } = reader
  const before = await known.get(image)
  if (before !== null) return { id: image, home: before }
  const id = (await inspectImage(client, image))?.Id ?? null
  if (id === null) return null
  const there = await known.get(id)
  if (there !== null) return { id, home: there }
  const home = await withImage(reader, id, (container) => unlessAborted(signal, readHome(client, container)))
  await known.put(id, home)
  return { id, home }
}

async function readHome(client: Client, container: string): Promise<ImageHome> {
  const home: HomeEntry[] = []
  let bytes = 0
  for await (const entry of archivedEntries(client, container, agentHome)) {
    const path = entry.path.slice(agentHome.length + 1)
    bytes += entry.header.size
    if (home.length >= most.entries || bytes > most.bytes) return 'too-much'
    const read = await readEntry(entry, path, home)
    if (read !== null) home.push(read)
  }
  return home.sort((left, right) => (left.path < right.path ? -1 : 1))
}

/** Null for the home itself and for what is no file, folder or link; all of the entry is read. */
async function readEntry(entry: ArchivedEntry, path: string, before: readonly HomeEntry[]): Promise<HomeEntry | null> {
  const { header, content, target } = entry
  const mode = header.mode & 0o7777
  // Of a name that is no UTF-8 nobody can be told, and the engine gives nothing by it.
  const isTold = path !== '' && !path.includes('\ufffd')
  if (isTold && (header.type === 'file' || header.type === 'contiguous-file')) {
    return { path, kind: 'file', mode, size: header.size, digest: await digestOf(content) }
  }
  content.resume()
  if (!isTold) return null
  if (header.type === 'directory') return { path, kind: 'folder', mode }
  if (header.type === 'symlink') return { path, kind: 'link', target: header.linkname ?? '' }
  // A second name of a file; both are files of their own in a home.
  const first = target === null ? undefined : before.find((each) => each.path === target.slice(agentHome.length + 1))
  return first?.kind === 'file' ? { ...first, path } : null
}

export async function digestOf(content: AsyncIterable<unknown>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of content) hash.update(piece as Buffer)
  return hash.digest('hex')
}

/**
 * `work` gets the id of a container of the image, never started, with no mount. It has the same name for every apply of the
 * sandbox, so that one left by an apply that was killed is used and removed by the next. Where another apply has removed
 * it meanwhile the work is done again.
 */
export async function withImage<Result>(
  reader: HomeReader,
  imageId: string,
  work: (container: string) => Promise<Result>,
): Promise<Result> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const done = await onceWithImage(reader, imageId, work)
    if (done !== 'gone') return done.result
  }
  return fail('engine/look-removed', 'A container was removed while it was looked into', {
    detail: `It was ${lookName(reader.scope, reader.sandboxId, imageId)}, ${String(mostTries)} times. Apply again.`,
  })
}

const mostTries = 5

async function onceWithImage<Result>(
  reader: HomeReader,
  imageId: string,
  work: (container: string) => Promise<Result>,
): Promise<{ readonly result: Result } | 'gone'> {
  const { client } = reader
  const container = await lookContainer(reader, imageId)
  if (container === null) return 'gone'
  // Of a container that is gone the engine says the same as of a file that is not there.
  const isGone = async (): Promise<boolean> => (await inspectOrNull(client, container)) === null
  return removedAfter(client, container, async () => {
    try {
      const result = await work(container)
      return (await isGone()) ? 'gone' : { result }
    } catch (error) {
      if (await isGone()) return 'gone'
      throw error
    }
  })
}

/** Null where one was there, and is not any more. */
async function lookContainer({ client, scope, sandboxId }: HomeReader, imageId: string): Promise<string | null> {
  const name = lookName(scope, sandboxId, imageId)
  const body = {
    Image: imageId,
    // What is never started needs a command all the same.
    Entrypoint: ['-'],
    Cmd: [],
    Labels: { ...lookLabels(scope, name, sandboxId), [labels.holder]: await holderOf(client.machine) },
    HostConfig: { NetworkMode: 'none' },
  }
  const options = { _query: { name }, _body: body } as object as ContainerCreateOptions
  try {
    return (await client.docker.createContainer(options)).id
  } catch (error) {
    if (statusOf(error) !== 409) return rethrow(error, client.endpoint.url, 'look into an image')
    const found = await inspectOrNull(client, name)
    if (found === null) return null
    if (found.Image === imageId && found.Config.Labels[labels.name] === name) return found.Id
    return fail('engine/name-taken', 'A container that is not ours has the name of one', {
      detail: `${name} is there, with another image or other labels than sbx gives. Rename or remove it.`,
    })
  }
}
