import type { Client } from './client.js'
import { rethrow, statusOf } from './errors.js'

export type PathStat = {
  /** In bytes. */
  readonly size: number
  /** RFC 3339, in nanoseconds. */
  readonly modifiedAt: string
  readonly isPlainFile: boolean
}

/** Of what is at an absolute path in a container, running or not; a link is not followed. Null where nothing is. One HEAD. */
export async function statPath(client: Client, id: string, path: string, doing: string): Promise<PathStat | null> {
  try {
    const answer = (await client.docker.getContainer(id).infoArchive({ path })) as unknown as {
      readonly headers: Readonly<Record<string, string>>
      resume(): void
    }
    answer.resume()
    const text = Buffer.from(answer.headers['x-docker-container-path-stat'] ?? '', 'base64').toString()
    const { size, mode, mtime } = JSON.parse(text) as Readonly<Record<'size' | 'mode' | 'mtime', unknown>>
    return { size: Number(size), modifiedAt: String(mtime), isPlainFile: (Number(mode) & typeBits) === 0 }
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, doing)
  }
}

/** Of Go's file mode: folder, link, pipe, socket, devices and what is stranger. */
const typeBits = 0x8f280000
