import { randomUUID } from 'node:crypto'
import type { VolumeCreateOptions } from 'dockerode'
import type { StepResult } from '../model/engine.js'
import type { Client } from './client.js'
import { rethrow, statusOf } from './errors.js'
import type { Labels } from './labels.js'

const signatureLabel = 'dev.sbx.made-by'

/**
 * One that is there stays as it is, with its labels. The engine does not say which of the two it was, so each call signs
 * what it makes.
 */
export async function createVolume(client: Client, name: string, labels: Labels): Promise<StepResult> {
  const signature = randomUUID()
  const doing = `make the volume ${name}`
  // Without these two names dockerode would put it all into the URL as well.
  const request = { _query: {}, _body: { Name: name, Labels: { ...labels, [signatureLabel]: signature } } }
  const volume = await client.call(doing, client.docker.createVolume(request as VolumeCreateOptions))
  const { Labels: found } = await client.call(doing, volume.inspect())
  return { made: (found as Labels | null)?.[signatureLabel] === signature }
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
