// Files of a container or of a volume, entry by entry, for whoever goes on with them.

import type { ArchiveEntry } from '../../model/archive.js'
import type { Scope } from '../../model/names.js'
import { archivedEntries, type ArchivedEntry, failArchive } from '../archive/archive-entries.js'
import type { Client } from '../connection/client.js'
import { ownersOf } from '../archive/copied-tree.js'
import { hasVolume, holdVolumes } from '../volume/volume-files.js'

/** @param path absolute, without a slash behind it. */
export async function* readArchive(client: Client, containerId: string, path: string): AsyncGenerator<ArchiveEntry> {
  for await (const entry of archivedEntries(client, containerId, path)) yield entryOf(client, entry, path)
}

/** @param path in the volume, `''` for all of it. */
export async function* readVolumeArchive(
  client: Client,
  scope: Scope,
  name: string,
  path: string,
): AsyncGenerator<ArchiveEntry> {
  if (!(await hasVolume(client, name))) return
  const holder = await holdVolumes(client, scope, { '/volume': name })
  try {
    yield* readArchive(client, holder.id, path === '' ? '/volume' : `/volume/${path}`)
  } finally {
    await holder.remove()
  }
}

const kinds = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'folder',
  symlink: 'link',
  link: 'hard-link',
} as const satisfies Readonly<Record<string, ArchiveEntry['kind']>>

function entryOf(client: Client, { path, header, target, content }: ArchivedEntry, top: string): ArchiveEntry {
  const kind = Object.hasOwn(kinds, header.type ?? '') ? kinds[header.type as keyof typeof kinds] : 'other'
  return {
    path: relativeTo(path, top),
    kind,
    mode: (header.mode ?? 0) & 0o7777,
    ...ownersOf(header),
    size: header.size ?? 0,
    modifiedAt: Math.floor((header.mtime?.getTime() ?? 0) / 1000),
    target: kind === 'link' ? (header.linkname ?? '') : target === null ? null : relativeTo(target, top),
    content: { [Symbol.asyncIterator]: () => piecesOf(client, content), resume: () => content.resume() },
  }
}

async function* piecesOf(client: Client, content: ArchivedEntry['content']): AsyncGenerator<Uint8Array> {
  try {
    yield* content as AsyncIterable<Uint8Array>
  } catch (error) {
    failArchive(client, error)
  }
}

function relativeTo(path: string, top: string): string {
  return path === top ? '' : path.slice(top.length + 1)
}
