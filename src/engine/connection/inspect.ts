import type { ContainerInspectInfo } from 'dockerode'
import type { Client } from './client.js'
import { rethrow, statusOf } from './errors.js'

export async function inspectOrNull(client: Client, idOrName: string): Promise<ContainerInspectInfo | null> {
  try {
    return await client.docker.getContainer(idOrName).inspect()
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, `look at the container ${idOrName}`)
  }
}
