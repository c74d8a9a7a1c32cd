// Images on the engine: there or not, known by which digests, removed.

import type { ImageInspectInfo } from 'dockerode'
import type { StepResult } from '../../model/engine.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'

/** Full id, null where the engine does not have it. One GET. */
export async function imageId(client: Client, reference: string): Promise<string | null> {
  return (await inspectImage(client, reference))?.Id ?? null
}

/** By which registries know it, its id among them; none where the engine does not have it. One GET. */
export async function imageDigests(client: Client, image: string): Promise<string[]> {
  const found = await inspectImage(client, image)
  if (found === null) return []
  // Where containerd keeps the images, the id is the digest.
  return [found.Id, ...(found.RepoDigests ?? []).map((name) => name.slice(name.indexOf('@') + 1))]
}

/** Null where the engine does not have it. One GET. */
export async function inspectImage(client: Client, image: string): Promise<ImageInspectInfo | null> {
  try {
    return await client.docker.getImage(image).inspect()
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, `look at the image ${image}`)
  }
}

export async function removeImage(client: Client, reference: string): Promise<StepResult> {
  try {
    await client.docker.getImage(reference).remove()
    return { made: true }
  } catch (error) {
    if (statusOf(error) === 404) return { made: false }
    return rethrow(error, client.endpoint.url, `remove the image ${reference}`)
  }
}
