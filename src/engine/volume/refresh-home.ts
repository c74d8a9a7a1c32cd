// What a home hides of its image, and bringing of that what nobody changed.

import { Readable } from 'node:stream'
import { fail } from '../../model/diagnostic.js'
import type { OnProgress, StepResult } from '../../model/engine.js'
import { hiddenEntries, hiddenFiles, type HomeEntry, type ImageHome } from '../../model/home.js'
import { agentHome } from '../../model/names.js'
import type { Step } from '../../model/plan.js'
import { archivedEntries, type ArchivedEntry } from '../archive/archive-entries.js'
import { endOfArchive, headerBytes, ownedBy, padding, type CopiedHeader, type Owners } from '../archive/copied-tree.js'
import type { Client } from '../connection/client.js'
import { rethrow } from '../connection/errors.js'
import { chooseEntries, mayBeCutShort, topsOf, withoutSetId, type Choice, type FoundEntry } from './home-choice.js'
import { foundInHome, ownerOfHome } from './home-volume.js'
import { sendUnlessAborted, unlessAborted } from '../connection/interruptible.js'
import { digestOf, imageHome, withImage, type HomeReader } from './image-home.js'
import { homeAside } from '../container/mounts.js'
import { namesOfRunning, usersOf } from './volumes.js'

/** Throws `engine/home-unknown` where it is needed and cannot be told. */
export async function compareHomes(
  reader: HomeReader,
  { from, to, isNeeded }: Extract<Step, { do: 'compare-homes' }>,
): Promise<StepResult> {
  const after = await imageHome(reader, to)
  const before = await imageHome(reader, from)
  if (isNeeded) {
    wholeHome(before?.home, from)
    wholeHome(after?.home, to)
  }
  const hidden = before?.id === after?.id ? null : hiddenFiles(before?.home, after?.home)
  return hidden === null || hidden.count === 0 ? {} : { home: { hidden } }
}

/** Throws `engine/home-unknown`; nothing is taken back of what was written, which the next time is found to be there. */
export async function refreshHome(
  reader: HomeReader,
  { from, to, except }: Extract<Step, { do: 'refresh-home' }>,
  target: string,
  onProgress: OnProgress,
): Promise<StepResult> {
  const { client, signal } = reader
  const volume = await homeVolumeOf(client, target)
  await checkAtRest(client, volume)
  const image = await imageHome(reader, to)
  const before = wholeHome((await imageHome(reader, from))?.home, from)
  const after = wholeHome(image?.home, to)
  const isLeft = ({ path }: HomeEntry): boolean =>
    except.some((each) => `${agentHome}/${path}` === each || `${agentHome}/${path}`.startsWith(`${each}/`))
  const wanted = hiddenEntries(before, after).filter((entry) => !isLeft(entry))
  const paths = wanted.map(({ path }) => path)
  if (paths.length === 0 || image === null) return { home: { brought: 0, left: 0 } }
  const found = await unlessAborted(signal, foundInHome(client, target, paths))
  const owner = await ownerOfHome(client, target)
  const choice = chooseEntries(wanted, before, after, found, await cutShort(reader, image.id, { wanted, found, owner }))
  const { brought, left } = choice
  if (brought.length > 0) {
    await withImage(reader, image.id, async (source) => {
      // To compare took a while, and so the old container may have been started again.
      await checkAtRest(client, volume)
      await write(reader, { source, target, choice, owner })
    })
  }
  onProgress(`${String(brought.length)} brought, ${String(left)} left as somebody has made them`)
  return { home: { brought: brought.length, left } }
}

/** Paths of files that are the beginning of what the image has, and no more: what a call that did not end left. */
async function cutShort(
  reader: HomeReader,
  imageId: string,
  {
    wanted,
    found,
    owner,
  }: {
    readonly wanted: readonly HomeEntry[]
    readonly found: ReadonlyMap<string, FoundEntry>
    readonly owner: Owners
  },
): Promise<ReadonlySet<string>> {
  const suspects = wanted.filter((entry) => mayBeCutShort(entry, found.get(entry.path), owner.uid))
  if (suspects.length === 0) return new Set()
  const compare = async (source: string): Promise<ReadonlySet<string>> => {
    const cut = new Set<string>()
    for (const { path } of suspects) {
      const now = found.get(path)
      for await (const { content } of archivedEntries(reader.client, source, `${agentHome}/${path}`)) {
        const isBeginning = now?.kind === 'file' && (await digestOf(beginningOf(content, now.size))) === now.digest
        if (isBeginning) cut.add(path)
      }
    }
    return cut
  }
  return withImage(reader, imageId, (source) => unlessAborted(reader.signal, compare(source)))
}

/** The first bytes of it; all of it is read. */
async function* beginningOf(content: AsyncIterable<unknown>, length: number): AsyncGenerator<Buffer> {
  let passed = 0
  for await (const piece of content) {
    const chunk = piece as Buffer
    if (passed < length) yield chunk.subarray(0, length - passed)
    passed += chunk.length
  }
}

async function homeVolumeOf(client: Client, target: string): Promise<string> {
  const { Mounts } = await client.call('look at the sandbox', client.docker.getContainer(target).inspect())
  const volume = Mounts.find(({ Destination }) => Destination === homeAside)?.Name
  return (
    volume ?? fail('engine/no-home', 'The home is gone', { detail: `The new container has nothing at ${homeAside}.` })
  )
}

/** What runs in it could put a link in the way of what is written. */
async function checkAtRest(client: Client, volume: string): Promise<void> {
  const running = namesOfRunning(await usersOf(client, volume))
  if (running.length === 0) return
  fail('engine/home-in-use', 'A container runs whose home is to be refreshed', {
    detail: `${running.join(', ')} was started again meanwhile. Plan again.`,
  })
}

function wholeHome(home: ImageHome | undefined, image: string): readonly HomeEntry[] {
  if (home !== undefined && home !== 'too-much') return home
  return fail('engine/home-unknown', 'What an image has in the home is not known', {
    detail:
      home === undefined
        ? `The home is of the image ${image}, which the engine does not have any more, so that nobody can tell what ` +
          'was changed in it since. Nothing was brought; apply without --refresh-home.'
        : `The image ${image} has more than 50,000 files or 2 GiB there. Nothing was brought; apply without --refresh-home.`,
  })
}

type Writing = {
  readonly source: string
  readonly target: string
  readonly choice: Choice
  readonly owner: Owners
}

async function write({ client, signal }: HomeReader, writing: Writing): Promise<void> {
  const archive = Readable.from(archiveOf(client, writing), { objectMode: false })
  try {
    const options = { path: '/', noOverwriteDirNonDir: 'true' }
    await sendUnlessAborted(signal, archive, (abortSignal) =>
      client.docker.getContainer(writing.target).putArchive(archive, { ...options, abortSignal }),
    )
  } catch (error) {
    rethrow(error, client.endpoint.url, 'bring files of the image into the home')
  }
}

/** From the root, where the engine takes links to wherever they lead. */
async function* archiveOf(client: Client, { source, choice, owner }: Writing): AsyncGenerator<Buffer> {
  const own = { ...ownedBy(owner), mtime: new Date() }
  for (const folder of [...choice.folders, ...choice.brought].map(withoutSetId)) {
    if (folder.kind !== 'folder') continue
    yield await headerBytes({ ...own, name: nameOf(folder.path), type: 'directory', mode: folder.mode })
  }
  const awaited = new Map(
    choice.brought.flatMap((entry) => (entry.kind === 'folder' ? [] : [[entry.path, entry] as const])),
  )
  const accept = async function* (entry: ArchivedEntry): AsyncGenerator<Buffer> {
    const path = entry.path.slice(agentHome.length + 1)
    const wanted = awaited.get(path)
    const header = wanted === undefined ? null : headerOf(entry, wanted)
    if (header === null) {
      entry.content.resume()
      return
    }
    awaited.delete(path)
    yield await headerBytes({ ...header, ...ownedBy(owner) })
    for await (const piece of entry.content) yield piece as Buffer
    if (header.type === 'file') yield padding(entry.header.size)
  }
  for (const top of topsOf([...awaited.keys()])) {
    for await (const entry of archivedEntries(client, source, `${agentHome}/${top}`)) yield* accept(entry)
  }
  // The second name of a file comes as a link to the first: alone it comes as a file.
  for (const path of [...awaited.keys()]) {
    for await (const entry of archivedEntries(client, source, `${agentHome}/${path}`)) yield* accept(entry)
  }
  if (awaited.size > 0) {
    fail('engine/archive', 'An archive of the engine is not what was asked for', {
      detail: `${[...awaited.keys()].slice(0, 3).join(', ')} of the image is not in it.`,
    })
  }
  yield endOfArchive
}

/** Null of what is no file or link. */
function headerOf({ header }: ArchivedEntry, wanted: HomeEntry): CopiedHeader | null {
  const { mtime, size } = header
  const base = { name: nameOf(wanted.path), ...(mtime === undefined ? {} : { mtime }) }
  if (wanted.kind === 'link' && header.type === 'symlink') {
    return { ...base, type: 'symlink', mode: 0o777, linkname: wanted.target, size: 0 }
  }
  if (wanted.kind !== 'file' || (header.type !== 'file' && header.type !== 'contiguous-file')) return null
  return { ...base, type: 'file', mode: withoutSetId(wanted).mode, size }
}

function nameOf(path: string): string {
  return `${homeAside}/${path}`.slice(1)
}
