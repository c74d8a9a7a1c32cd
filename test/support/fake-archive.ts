// Archives and volumes of a fake engine, out of files by their path.

import { Readable } from 'node:stream'
import type { ArchiveEntry } from '../../src/model/archive.js'
import type { Survey } from '../../src/model/live.js'
import type { FakeVolume } from './fake-world.js'

/** Of what is at a path and beneath; folders are there by what is in them. */
export function* archiveOf(files: ReadonlyMap<string, string>, top: string): Generator<ArchiveEntry> {
  const only = files.get(top)
  if (only !== undefined) {
    yield entryOf('', only)
    return
  }
  const inside = [...files].flatMap(([path, text]) =>
    path.startsWith(`${top}/`) ? [[path.slice(top.length + 1), text] as const] : [],
  )
  if (inside.length === 0) return
  const folders = new Set(['', ...inside.flatMap(([path]) => foldersTo(path))])
  const entries = [
    ...[...folders].map((path) => entryOf(path, null)),
    ...inside.map(([path, text]) => entryOf(path, text)),
  ]
  yield* entries.sort((one, other) => (one.path < other.path ? -1 : 1))
}

export async function bytesOf(stream: AsyncIterable<unknown> | undefined): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of stream ?? []) pieces.push(Buffer.from(piece as Uint8Array))
  return Buffer.concat(pieces)
}

export function listedVolumes(volumes: readonly FakeVolume[]): Pick<Survey, 'volumes'> {
  const found = volumes.flatMap(({ name, holds, sandboxId }) =>
    (holds === 'workspace' || holds === 'own') && sandboxId !== null ? [{ name, sandboxId }] : [],
  )
  return found.length === 0 ? {} : { volumes: found }
}

function foldersTo(path: string): string[] {
  const names = path.split('/')
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join('/'))
}

/** A folder where there is no text. */
function entryOf(path: string, text: string | null): ArchiveEntry {
  return {
    ...{ path, mode: text === null ? 0o755 : 0o644, uid: 1000, gid: 1000, modifiedAt: 1_700_000_000, target: null },
    kind: text === null ? 'folder' : 'file',
    size: Buffer.byteLength(text ?? ''),
    content: Readable.from(text === null ? [] : [Buffer.from(text)]),
  }
}
