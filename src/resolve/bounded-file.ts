// Reading a file that an agent may have put there: of a bounded size, and through no link on the way to it.

import { constants } from 'node:fs'
import { KeptOut, openWithoutLinks } from './host-file.js'
import { errorCode, isAbsent } from './read.js'

export type BoundedFile =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'absent' | 'too-large' }
  | { readonly kind: 'folder' }
  /** `why` is the end of a sentence that begins with the path. */
  | { readonly kind: 'unfit'; readonly why: string }

/** `path` is absolute, `most` in bytes. What has one of the identities `keptOut`, or lies in what has, is not read. */
export async function readBounded(path: string, most: number, keptOut?: ReadonlySet<string>): Promise<BoundedFile> {
  try {
    const handle = await openWithoutLinks(path, constants.O_RDONLY | constants.O_NONBLOCK, keptOut)
    try {
      const stats = await handle.stat()
      if (stats.isDirectory()) return { kind: 'folder' }
      if (!stats.isFile()) return { kind: 'unfit', why: 'it is not a file' }
      if (stats.size > most) return { kind: 'too-large' }
      const bytes = Buffer.alloc(stats.size)
      let length = 0
      // Whatever is written behind it meanwhile is left.
      while (length < bytes.length) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      return { kind: 'bytes', bytes: bytes.subarray(0, length) }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof KeptOut) return { kind: 'unfit', why: '"hide" keeps it, or what it lies in, from the sandbox' }
    const code = errorCode(error)
    if (code === undefined) throw error
    if (code === 'ELOOP') return { kind: 'unfit', why: 'it is a link' }
    if (isAbsent(error)) return { kind: 'absent' }
    return { kind: 'unfit', why: code === 'EACCES' || code === 'EPERM' ? 'you may not read it' : code }
  }
}
