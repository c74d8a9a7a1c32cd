import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack, type Pack } from 'tar-stream'
import { fail } from '../model/diagnostic.js'
import type { BuildContext, ContextFile } from '../model/template.js'
import { asError } from './errors.js'

/** One text in one order with one time: the builder's cache goes by content, and so does whoever compares two. */
const noTime = new Date(0)

/** The build context as a tar archive. A file that cannot be read ends the stream with that error. */
export function buildContextArchive(context: BuildContext): Readable {
  const archive = pack()
  const entries = Object.entries(context.files).sort(([a], [b]) => (a < b ? -1 : 1))
  addAll(archive, entries).catch((error: unknown) => {
    archive.destroy(asError(error))
  })
  return Readable.from(archive)
}

async function addAll(archive: Pack, entries: readonly (readonly [string, ContextFile])[]): Promise<void> {
  for (const [name, file] of entries) {
    const header = { name, mode: file.mode & 0o7777, mtime: noTime }
    if ('link' in file) archive.entry({ ...header, type: 'symlink', linkname: file.link })
    else if ('text' in file) archive.entry(header, file.text)
    else await addFromDisk(archive, header, file.hostPath)
  }
  archive.finalize()
}

/** An archive tells the size before the content: of a file that grows meanwhile the beginning goes in. */
async function addFromDisk(
  archive: Pack,
  header: { name: string; mode: number; mtime: Date },
  path: string,
): Promise<void> {
  const { size } = await sizeOf(path)
  const entry = archive.entry({ ...header, size })
  if (size > 0) await pipeline(createReadStream(path, { end: size - 1 }), entry)
  else entry.end(Buffer.alloc(0))
}

async function sizeOf(path: string): Promise<{ readonly size: number }> {
  try {
    return await stat(path)
  } catch (error) {
    return fail('engine/context-file', 'a file of the template cannot be read', { detail: `${path}: ${String(error)}` })
  }
}
