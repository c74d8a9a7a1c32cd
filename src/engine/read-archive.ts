// Files of a container or of a volume, entry by entry, for whoever goes on with them.

import type { ArchiveEntry } from '../model/archive.js'
import type { Scope } from '../model/names.js'
import { archivedEntries, type ArchivedEntry } from './archive-entries.js'
import type { Client } from './client.js'
import { hasVolume, holdVolumes } from './volume-files.js'

/** @param path absolute, without a slash behind it. */
export async function* readArchive(client: Client, containerId: string, path: string): AsyncGenerator<ArchiveEntry> {
  for await (const entry of archivedEntries(client, containerId, path)) yield entryOf(entry, path)
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

function entryOf({ path, header, target, content }: ArchivedEntry, top: string): ArchiveEntry {
  const kind = Object.hasOwn(kinds, header.type ?? '') ? kinds[header.type as keyof typeof kinds] : 'other'
  return {
    path: relativeTo(path, top),
    kind,
    mode: (header.mode ?? 0) & 0o7777,
    uid: header.uid ?? 0,
    gid: header.gid ?? 0,
    size: header.size ?? 0,
    modifiedAt: Math.floor((header.mtime?.getTime() ?? 0) / 1000),
    target: kind === 'link' ? (header.linkname ?? '') : target === null ? null : relativeTo(target, top),
    content: content as ArchiveEntry['content'],
  }
}

function relativeTo(path: string, top: string): string {
  return path === top ? '' : path.slice(top.length + 1)
}
