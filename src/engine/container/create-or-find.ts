// Making a container under a name that another call can want at the same time.

import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerInspectInfo } from 'dockerode'
import { fail } from '../../model/diagnostic.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { inspectOrNull } from '../connection/inspect.js'

/** How long another call may take to make or remove a container, in milliseconds. */
const patience = 30_000

/**
 * The id of what was made, or what has the name. While another call is still at it, the engine says that the name is in use
 * and that no such container is there; where the other one goes instead of coming, the name is free. Throws
 * `engine/name-held` where neither happens. `doing` completes "while trying to".
 */
export async function createOrFind(
  client: Client,
  name: string,
  body: object,
  doing: string,
): Promise<{ readonly id: string } | { readonly found: ContainerInspectInfo }> {
  // The whole body would otherwise go into the URL as well.
  const options = { _query: { name }, _body: body } as object
  const deadline = Date.now() + patience
  for (;;) {
    try {
      return { id: (await client.docker.createContainer(options)).id }
    } catch (error) {
      if (statusOf(error) !== 409) return rethrow(error, client.endpoint.url, doing)
    }
    const found = await inspectOrNull(client, name)
    // A name also matches the ids that it begins.
    if (found !== null && found.Name === `/${name}`) return { found }
    if (Date.now() > deadline) {
      fail('engine/name-held', 'The engine holds a name that no container has', {
        detail: `It says that ${name} is in use, and knows no such container. A restart of the engine frees the name.`,
      })
    }
    await delay(50)
  }
}
