// What comes out of a container as an archive, entry by entry. Everything in it was written by whoever worked there.

import { extract, type Header } from 'tar-stream'
import { DiagnosticError, fail } from '../../model/diagnostic.js'
import { ArchiveEnd, failCut } from './archive-end.js'
import type { Client } from '../connection/client.js'
import { asError, isEngineError, rethrow, statusOf } from '../connection/errors.js'

/** `path` is absolute, in the container; so is `target` of a hard link, which is null of all else. */
export type ArchivedEntry = {
  readonly path: string
  readonly header: Header
  readonly target: string | null
  readonly content: AsyncIterable<unknown> & { resume(): unknown }
}

/**
 * What is at a path and beneath, folders before what is in them; nothing where it is gone. An entry has to be read, or
 * let go with `resume`, before the next one comes. Throws `engine/archive` where a name leads elsewhere, and
 * `engine/archive-cut` where the archive ends before its end.
 */
export async function* archivedEntries(client: Client, id: string, top: string): AsyncGenerator<ArchivedEntry> {
  let archive: NodeJS.ReadableStream & { destroy(): void }
  try {
    archive = (await client.docker.getContainer(id).getArchive({ path: top })) as typeof archive
  } catch (error) {
    if (statusOf(error) === 404) return
    rethrow(error, client.endpoint.url, doing)
  }
  const entries = extract()
  const end = new ArchiveEnd()
  archive.on('data', (chunk: Buffer) => end.pass(chunk))
  archive.on('error', (error: unknown) => entries.destroy(asError(error)))
  archive.pipe(entries)
  try {
    for await (const content of entries) {
      const { header } = content
      const target = header.type === 'link' ? pathIn(top, header.linkname) : null
      yield { path: pathIn(top, header.name), header, target, content }
    }
    end.check()
  } catch (error) {
    failArchive(client, error)
  } finally {
    archive.destroy()
  }
}

/** Of what is thrown while an archive, or the content of an entry, is read: what the connection says, or that it is cut. */
export function failArchive(client: Client, error: unknown): never {
  const isOwn = error instanceof DiagnosticError || error instanceof TypeError || error instanceof RangeError
  if (isOwn || (isEngineError(error) && error.code !== 'STREAM_DESTROYED')) rethrow(error, client.endpoint.url, doing)
  failCut()
}

const doing = 'take files out of the sandbox'

/** Where an entry is, of which the name begins with the last segment of what was asked for. */
export function pathIn(top: string, name: string): string {
  const [first, ...rest] = name.replace(/\/$/, '').split('/')
  const isBeneath = first === top.slice(top.lastIndexOf('/') + 1)
  const isPlain = rest.every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  if (isBeneath && isPlain) return [top, ...rest].join('/')
  return fail('engine/archive', 'An archive of the engine is not what was asked for', {
    detail: `Asked for ${top}, it holds ${JSON.stringify(name)}.`,
  })
}

/** The whole of a plain file; null where there is none, or a larger one. */
export async function readArchivedFile(
  client: Client,
  id: string,
  path: string,
  largest: number,
): Promise<string | null> {
  for await (const { header, content } of archivedEntries(client, id, path)) {
    if (header.type !== 'file' || header.size > largest) return null
    const pieces: Buffer[] = []
    for await (const piece of content) pieces.push(piece as Buffer)
    return Buffer.concat(pieces).toString('utf8')
  }
  return null
}
