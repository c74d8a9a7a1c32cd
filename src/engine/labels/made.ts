// What this connection has made, and no other: what an apply takes back must be its own, also where the answer that would
// have said so got lost.

import type { StepResult } from '../../model/engine.js'
import { labels } from '../../model/names.js'
import type { Step } from '../../model/plan.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { inspectOrNull } from '../connection/inspect.js'
import { isSignedBy } from './signature.js'

/** A GET, of what a step may have made although it failed. */
export async function madeBy(client: Client, step: Step): Promise<StepResult> {
  if (step.do === 'create-volume' || step.do === 'create-record') {
    return { made: isSignedBy(client, await volumeLabels(client, step.name)) }
  }
  if (step.do === 'snapshot-container') return snapshotMade(client, step.image)
  if (step.do !== 'create-container' && step.do !== 'create-proxy') return { made: false }
  const { name } = step.request
  const found = await inspectOrNull(client, name)
  if (found?.Name !== `/${name}` || !isSignedBy(client, found.Config.Labels)) return { made: false }
  return { containerId: found.Id, made: true }
}

/** Another snapshot can have taken its name by now. */
async function snapshotMade(client: Client, image: string): Promise<StepResult> {
  const filters = { label: [`${labels.name}=${image}`] }
  const found = await client.call('list the images', client.docker.listImages({ filters }))
  const own = found.find(({ Labels: from }) => isSignedBy(client, from))
  return own === undefined ? { made: false } : { made: true, imageId: own.Id }
}

async function volumeLabels(client: Client, name: string): Promise<Readonly<Record<string, string>> | null> {
  try {
    return (await client.docker.getVolume(name).inspect()).Labels
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, `look at the volume ${name}`)
  }
}
