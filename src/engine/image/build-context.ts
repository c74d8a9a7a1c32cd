import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pack, type Pack } from 'tar-stream'
import { fail } from '../../model/diagnostic.js'
import type { BuildContext, ContextFile } from '../../model/template.js'
import { asError } from '../connection/errors.js'

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
    else archive.entry(header, await contentOf(file.hostPath, file.digest))
  }
  archive.finalize()
}

/**
 * The whole of a file as it was when the plan was made. An agent that can write the folder could have put a link to any
 * file of this machine in its place meanwhile, and the build would hand that over.
 */
async function contentOf(path: string, digest: string): Promise<Buffer> {
  let content: Buffer
  try {
    content = await readFile(path)
  } catch (error) {
    return fail('engine/context-file', 'A file of the template cannot be read', { detail: `${path}: ${String(error)}` })
  }
  if (createHash('sha256').update(content).digest('hex') === digest) return content
  return fail('engine/context-changed', 'A file of the template has changed', {
    detail: `${path} is not what it was when the plan was made. Nothing of it was built; plan again.`,
  })
}
