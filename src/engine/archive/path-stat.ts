import type { Client } from '../connection/client.js'
import { noEngine } from '../connection/answers.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { parseLabel } from '../labels/labels.js'
import { isTime } from '../connection/times.js'

export type PathStat = {
  /** In bytes. */
  readonly size: number
  /** RFC 3339, in nanoseconds. */
  readonly modifiedAt: string
  readonly isPlainFile: boolean
  readonly isFolder: boolean
  /** Where a link leads in the end, as the engine follows it inside; null for what is none. */
  readonly linkTarget: string | null
}

/** Of what is at an absolute path in a container, running or not; a link is not followed. Null where nothing is. One HEAD. */
export async function statPath(client: Client, id: string, path: string, doing: string): Promise<PathStat | null> {
  try {
    return await askFor(client, id, path)
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, doing)
  }
}

/**
 * The same where it is no failure that the engine cannot look: it has nothing to show, the root folder included, of a
 * container of whose mounts a source is gone. Null then as well.
 */
export async function statIfSeen(client: Client, id: string, path: string, doing: string): Promise<PathStat | null> {
  try {
    return await askFor(client, id, path)
  } catch (error) {
    if (statusOf(error) !== undefined) return null
    return rethrow(error, client.endpoint.url, doing)
  }
}

async function askFor(client: Client, id: string, path: string): Promise<PathStat> {
  const answer = (await client.docker.getContainer(id).infoArchive({ path })) as unknown as {
    readonly headers: Readonly<Record<string, string>>
    resume(): void
  }
  answer.resume()
  const text = Buffer.from(answer.headers['x-docker-container-path-stat'] ?? '', 'base64').toString()
  const stat = parseLabel(text)
  if (!isStat(stat)) throw noEngine(client.endpoint.url, `HEAD /containers/${id}/archive`)
  const { size, mode, mtime, linkTarget } = stat
  const type = Number(mode) & typeBits
  return {
    ...{ size: Number(size), modifiedAt: mtime, isPlainFile: type === 0, isFolder: type === folderBit },
    linkTarget: type === linkBit && typeof linkTarget === 'string' ? linkTarget : null,
  }
}

type Stat = {
  readonly size?: unknown
  readonly mode?: unknown
  readonly linkTarget?: unknown
  readonly mtime: string
}

function isStat(value: unknown): value is Stat {
  return (
    typeof value === 'object' &&
    value !== null &&
    'mtime' in value &&
    typeof value.mtime === 'string' &&
    isTime(value.mtime)
  )
}

/** Of Go's file mode: folder, link, pipe, socket, devices and what is stranger. */
const typeBits = 0x8f280000
const folderBit = 0x80000000 | 0
const linkBit = 0x08000000
