// Files from this machine into a container. The engine unpacks them, and follows the container's links on the way.

import { Readable } from 'node:stream'
import { fail } from '../../model/diagnostic.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { sendUnlessAborted } from '../connection/interruptible.js'

/** Throws `engine/no-folder` where there is none to unpack in, `engine/read-only-inside`, and `engine/interrupted`. */
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
    if (error instanceof Error && /marked read-only|read-only file system/i.test(error.message)) {
      fail('engine/read-only-inside', 'The sandbox may not write there, and neither does a copy', {
        detail:
          `${folder} is read-only inside: as \`readonly: true\` of the workspace or of a mount says. Put it into that ` +
          'folder on this machine, or copy it elsewhere, such as to :/tmp.',
      })
    }
    rethrow(error, client.endpoint.url, 'put files into the sandbox')
  }
}
