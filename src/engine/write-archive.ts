// Files from this machine into a container. The engine unpacks them, and follows the container's links on the way.

import { Readable } from 'node:stream'
import { fail } from '../model/diagnostic.js'
import type { Client } from './client.js'
import { rethrow, statusOf } from './errors.js'
import { sendUnlessAborted } from './interruptible.js'

/** Throws `engine/no-folder` where there is none to unpack in, and `engine/interrupted`. */
export async function writeArchive(
  client: Client,
  containerId: string,
  folder: string,
  archive: AsyncIterable<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const container = client.docker.getContainer(containerId)
  const source = Readable.from(archive, { objectMode: false })
  // What the engine takes for a request of a file in place of a folder, or the other way round, it then refuses.
  const options = { path: folder, noOverwriteDirNonDir: 'true' }
  try {
    await sendUnlessAborted(signal, source, (abortSignal) => container.putArchive(source, { ...options, abortSignal }))
  } catch (error) {
    if (statusOf(error) === 404) {
      fail('engine/no-folder', 'There is no such folder in the sandbox', { detail: `${folder} is not a folder there.` })
    }
    rethrow(error, client.endpoint.url, 'put files into the sandbox')
  }
}
