// An archive that the engine sends, looked through while it passes: whether it is whole, and a digest of what is in it.

import { createHash, type Hash } from 'node:crypto'
import { Transform, Writable, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract, type Header } from 'tar-stream'
import { ArchiveEnd } from './archive-end.js'

export type ArchiveContent = {
  readonly files: number
  readonly bytes: number
  /**
   * Over names, kinds, owners, modes, sizes, links and contents, in the order of the archive. Times are not among it: the
   * engine rounds those of folders and links.
   */
  readonly digest: string
}

/**
 * Hands the archive on to `sink` as it is, and nothing of it is kept. Throws `engine/archive-cut` where it ends before its
 * end: the engine tells of no failure once it has begun to send.
 */
export async function passArchive(
  archive: Readable,
  sink: NodeJS.WritableStream,
  signal?: AbortSignal,
): Promise<ArchiveContent> {
  const entries = extract()
  const content = contentOf(entries)
  const end = new ArchiveEnd()
  const looking = new Transform({
    transform(chunk: Buffer, _, done) {
      end.pass(chunk)
      this.push(chunk)
      if (entries.write(chunk)) done()
      else entries.once('drain', () => done())
    },
    flush(done) {
      entries.end(Buffer.alloc(0))
      done()
    },
  })
  entries.once('error', (error: Error) => looking.destroy(error))
  try {
    await pipeline(archive, looking, sink, ...(signal === undefined ? [] : [{ signal }]))
  } catch (error) {
    // Nobody would end it otherwise.
    entries.destroy(error instanceof Error ? error : new Error(String(error)))
    await content.catch(() => undefined)
    throw error
  }
  const found = await content
  end.check()
  return found
}

/** What is there in the archive, which then goes nowhere. */
export async function lookThrough(archive: Readable, signal?: AbortSignal): Promise<ArchiveContent> {
  return passArchive(archive, new Writable({ write: (_chunk, _encoding, done) => done() }), signal)
}

async function contentOf(entries: ReturnType<typeof extract>): Promise<ArchiveContent> {
  const digest = createHash('sha256')
  let files = 0
  let bytes = 0
  for await (const entry of entries) {
    const { header } = entry
    digest.update(headerText(header))
    for await (const chunk of entry) add(digest, chunk as Buffer)
    if (header.type !== 'directory') files += 1
    bytes += header.size ?? 0
  }
  return { files, bytes, digest: digest.digest('hex') }
}

function headerText({ name, type, mode, uid, gid, size, linkname }: Header): string {
  return `${JSON.stringify([name, type, type === 'symlink' ? 0 : mode, uid, gid, size, linkname ?? ''])}\n`
}

function add(digest: Hash, chunk: Buffer): void {
  digest.update(chunk)
}
