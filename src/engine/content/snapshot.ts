// A stopped container's files as an image of one layer: without the environment and labels of the container, which a
// commit would bake in, and without a layer more each time, of which there can be 125.

import { Readable } from 'node:stream'
import type { ImageInspectInfo } from 'dockerode'
import { fail } from '../../model/diagnostic.js'
import type { OnProgress, StepResult } from '../../model/engine.js'
import { labels, type Scope } from '../../model/names.js'
import type { Step } from '../../model/plan.js'
import type { Client } from '../connection/client.js'
import { failTooMuch } from '../archive/copied-tree.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { inspectImage } from '../image/images.js'
import { sendUnlessAborted, unlessAborted } from '../connection/interruptible.js'
import { changesToKeep, keptListEntry } from './kept-changes.js'
import { snapshotLabels, type Labels } from '../labels/labels.js'
import { messages } from '../connection/messages.js'
import { isSigned, signature } from '../labels/signature.js'

/** How often it is told how far it is, in bytes. */
const tellEach = 4 * 2 ** 20

/** Of what a container can hold, in bytes: a file full of holes can seem to be any size. */
const largestSnapshot = 64 * 2 ** 30

/**
 * Throws `engine/snapshot-running` where the container was started again, `engine/kept-list` where it stands on a snapshot
 * and the list of that is gone, `engine/snapshot-failed` where the engine does not take what it gave. One that is there
 * already is taken where the container has not run since. Broken off with the signal, unless all of it was sent by then.
 */
export async function snapshotContainer(
  client: Client,
  scope: Scope,
  { image, sandboxId }: Extract<Step, { do: 'snapshot-container' }>,
  id: string,
  { onProgress, signal }: { readonly onProgress: OnProgress; readonly signal: AbortSignal | undefined },
): Promise<StepResult> {
  const container = client.docker.getContainer(id)
  const inspecting = client.call('look at the sandbox', container.inspect({ size: true } as object))
  const inspected = await unlessAborted(signal, inspecting)
  const { State: state, Image: templateImage, Config: config, Name: name } = inspected
  if (state.Running) {
    fail('engine/snapshot-running', 'A container runs whose files are to be kept', {
      detail: `${name.slice(1)} was started again meanwhile. Plan again.`,
    })
  }
  const before = await inspectImage(client, image)
  if (before?.Config.Labels?.[labels.carriedAt] === state.FinishedAt) return { made: false }

  const { SizeRw: written = 0, SizeRootFs: total = 0 } = inspected as Sizes
  const bytes = written + Number(config.Labels[labels.carriedBytes] ?? 0)
  const from = await inspectImage(client, templateImage)
  const signed = signature(client)
  const list = await unlessAborted(
    signal,
    changesToKeep(client, id).then((changes) => keptListEntry(image, changes)),
  )
  const facts = { sandboxId, takenAt: state.FinishedAt, bytes, list: list.digest }
  const options = {
    ...nameParts(image),
    changes: [
      ...environmentLines(from, onProgress),
      ...labelLines({ ...snapshotLabels(scope, image, facts), ...signed }),
    ],
    ...(from === null ? {} : { platform: `${from.Os}/${from.Architecture}` }),
  }
  const files = (await client.call(doing, container.export())) as Readable
  const archive = Readable.from(counted(withHead(list.archive, files), total, onProgress), { objectMode: false })
  try {
    await sendUnlessAborted(signal, archive, (abortSignal) =>
      importArchive(client, archive, { ...options, abortSignal }),
    )
    const named = await inspectImage(client, image)
    // One without the name: what is between sbx and the engine may have sent it twice.
    for (const id of await signedImages(client, signed)) if (id !== named?.Id) await removeUnused(client, id)
    // Another apply that met this one in the name has made as good a one of the same stopped container.
    if (!isSigned(named?.Config.Labels, signed)) return { made: false }
    if (before !== null) await removeUnused(client, before.Id)
    return { made: true, ...(named === null ? {} : { imageId: named.Id }) }
  } finally {
    files.destroy()
  }
}

const doing = 'make a snapshot of the sandbox'

type Sizes = { readonly SizeRw?: number; readonly SizeRootFs?: number }

/** Full ids of those that this very call has made. One GET. */
async function signedImages(client: Client, signed: Labels): Promise<string[]> {
  const filters = { label: Object.entries(signed).map(([name, value]) => `${name}=${value}`) }
  const images = await client.call(doing, client.docker.listImages({ filters }))
  return images.map(({ Id }) => Id)
}

async function importArchive(client: Client, archive: Readable, options: object): Promise<void> {
  const answer = await client.call(doing, client.docker.importImage(archive, options))
  for await (const { error } of messages(answer)) {
    if (error !== undefined) {
      fail('engine/snapshot-failed', 'The files of the container could not be kept', {
        detail: `The engine said: ${error}`,
      })
    }
  }
}

function nameParts(reference: string): { readonly repo: string; readonly tag: string } {
  const colon = reference.lastIndexOf(':')
  return { repo: reference.slice(0, colon), tag: reference.slice(colon + 1) }
}

/** One that another apply has just made a container from stays: the engine refuses, and prune takes it later. */
async function removeUnused(client: Client, id: string): Promise<void> {
  try {
    await client.docker.getImage(id).remove()
  } catch (error) {
    if (statusOf(error) !== 409 && statusOf(error) !== 404)
      rethrow(error, client.endpoint.url, 'remove an old snapshot')
  }
}

async function* withHead(head: Buffer, rest: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  yield head
  for await (const chunk of rest) yield chunk as Buffer
}

/** The same, told as it goes by. Throws `engine/too-much-to-keep`. */
async function* counted(chunks: AsyncIterable<Buffer>, total: number, onProgress: OnProgress): AsyncGenerator<Buffer> {
  let bytes = 0
  let told = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > largestSnapshot) failTooMuch()
    if (bytes - told >= tellEach) {
      told = bytes
      onProgress({ layers: 0, layersDone: 0, bytes, bytesTotal: Math.max(total, bytes) })
    }
    yield chunk
  }
}

/**
 * Sessions need the image's environment, PATH above all; the rest sbx says for each container itself. A variable that the
 * engine would not take in a line of a Dockerfile is left out.
 */
function environmentLines(image: ImageInspectInfo | null, onProgress: OnProgress): string[] {
  return (image?.Config.Env ?? []).flatMap((variable) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_.-]*)=([^\r\n\0]*)$/.exec(variable) ?? []
    if (name !== undefined && value !== undefined) return [`ENV ${name}=${quoted(value)}`]
    onProgress(
      `left out: ${variable.slice(0, variable.indexOf('='))}, a variable of the image that cannot be said again`,
    )
    return []
  })
}

function labelLines(of: Labels): string[] {
  return Object.entries(of).map(([name, value]) => `LABEL ${name}=${quoted(value)}`)
}

/** As a Dockerfile reads it: a dollar would be a variable. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\$]/g, '\\$&')}"`
}
