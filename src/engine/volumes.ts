import type { StepResult } from '../model/engine.js'
import type { Client } from './client.js'
import { rethrow, statusOf } from './errors.js'
import type { Labels } from './labels.js'

/** One that is there stays as it is, with its labels. The engine does not say which of the two it was: it is asked before. */
export async function createVolume(client: Client, name: string, labels: Labels): Promise<StepResult> {
  if (await volumeExists(client, name)) return { made: false }
  await client.call(`make the volume ${name}`, client.docker.createVolume({ Name: name, Labels: labels }))
  return { made: true }
}

export async function removeVolume(client: Client, name: string): Promise<StepResult> {
  try {
    await client.docker.getVolume(name).remove()
    return { made: true }
  } catch (error) {
    if (statusOf(error) === 404) return { made: false }
    return rethrow(error, client.endpoint.url, `remove the volume ${name}`)
  }
}

async function volumeExists(client: Client, name: string): Promise<boolean> {
  try {
    await client.docker.getVolume(name).inspect()
    return true
  } catch (error) {
    if (statusOf(error) === 404) return false
    return rethrow(error, client.endpoint.url, `look at the volume ${name}`)
  }
}
