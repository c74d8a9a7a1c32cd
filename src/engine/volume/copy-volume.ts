// A home that goes to another sandbox, or out of the engine. What is in it was written by an agent, so it is never laid out
// on the host: the engine packs it, and the engine unpacks it, inside a container that has nothing else and never starts.

import { PassThrough, type Readable } from 'node:stream'
import { fail } from '../../model/diagnostic.js'
import type { Sink } from '../../model/engine.js'
import type { VolumeContent } from '../../model/volumes.js'
import type { Scope } from '../../model/names.js'
import { lookThrough, passArchive, type ArchiveContent } from '../archive/archive-content.js'
import type { Client } from '../connection/client.js'
import { rethrow } from '../connection/errors.js'
import { withVolumes } from './volume-files.js'

/** Above `home`, so that both archives have the same names in them. */
const from = '/from/home'
/** At the top: of what is unpacked further down, the engine refuses links that lead up and out of there. */
const to = '/home'

/**
 * All of one volume into another, which is there and empty. Sees to it that what arrived is what was sent. Throws
 * `engine/copy-differs`, `engine/archive-cut`. By two containers: the engine unpacks into none that it is packing from, and
 * so would wait for itself.
 */
export async function copyVolume(
  client: Client,
  scope: Scope,
  source: string,
  target: string,
  signal: AbortSignal,
): Promise<VolumeContent> {
  return withVolumes(client, scope, { [from]: source }, (sender) =>
    withVolumes(client, scope, { [to]: target }, (receiver) => copyBetween(client, { sender, receiver }, signal)),
  )
}

/** The one container has what is to be copied, the other what it goes to. */
async function copyBetween(
  client: Client,
  { sender, receiver }: { readonly sender: string; readonly receiver: string },
  signal: AbortSignal,
): Promise<VolumeContent> {
  const archive = await archiveOf(client, sender, from)
  const between = new PassThrough()
  const unpacked = client.docker.getContainer(receiver).putArchive(between, { path: '/' })
  // What the engine refuses must also end what is being sent to it.
  unpacked.catch((error: unknown) => between.destroy(error instanceof Error ? error : new Error(String(error))))
  const sent = await inWords(client, signal, passArchive(archive, between, signal))
  await inWords(client, signal, unpacked)
  const arrived = await inWords(client, signal, lookThrough(await archiveOf(client, receiver, to), signal))
  if (arrived.digest !== sent.digest) {
    fail('engine/copy-differs', 'A copy is not what was copied', {
      detail: `${String(sent.files)} files were sent and ${String(arrived.files)} arrived, not all as they were.`,
    })
  }
  return content(sent)
}

/** All of a volume as an archive, in which it is a folder of that name. Throws as it is what the sink throws. */
export async function exportVolume(
  client: Client,
  scope: Scope,
  name: string,
  folder: string,
  sink: Sink,
  signal: AbortSignal,
): Promise<VolumeContent> {
  return withVolumes(client, scope, { [`/${folder}`]: name }, async (id) => {
    const archive = await archiveOf(client, id, `/${folder}`)
    try {
      return content(await passArchive(archive, sink, signal))
    } catch (error) {
      if (sink.errored !== null) throw sink.errored
      return inWords(client, signal, Promise.reject(error as Error))
    }
  })
}

const doing = 'copy a home'

async function archiveOf(client: Client, id: string, path: string): Promise<Readable> {
  return (await client.call(doing, client.docker.getContainer(id).getArchive({ path }))) as Readable
}

async function inWords<Result>(client: Client, signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    if (signal.aborted) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
    return rethrow(error, client.endpoint.url, doing)
  }
}

function content({ files, bytes }: ArchiveContent): VolumeContent {
  return { files, bytes }
}
