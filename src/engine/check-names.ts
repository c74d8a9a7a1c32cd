// Names that sbx is about to use, and that somebody else may have.

import type { VolumeInspectInfo } from 'dockerode'
import type { Step } from '../model/plan.js'
import type { Scope } from '../model/names.js'
import type { Client } from './client.js'
import { rethrow, statusOf } from './errors.js'
import { inspectOrNull } from './inspect.js'
import { decodeContainer, decodeHome } from './labels.js'
import { failNameTaken, failVolumeTaken } from './name-taken.js'
import { decodeProxy } from './proxy-labels.js'

/** Throws `engine/name-taken`, `engine/volume-taken`. One GET for each container, proxy and home that the steps make. */
export async function checkNames(client: Client, scope: Scope, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.do === 'create-container') await checkContainer(client, scope, step.request.name, decodeContainer)
    if (step.do === 'create-proxy') await checkContainer(client, scope, step.request.name, decodeProxy)
    // A login may well be from before sbx, and what else is made is named by its content.
    if (step.do === 'create-volume' && step.holds === 'home') await checkHome(client, scope, step.name)
  }
}

async function checkContainer(
  client: Client,
  scope: Scope,
  name: string,
  decode: typeof decodeContainer | typeof decodeProxy,
): Promise<void> {
  const found = await inspectOrNull(client, name)
  // A name also matches the ids that it begins.
  if (found === null || found.Name !== `/${name}`) return
  if (decode(scope, name, found.Config.Labels) === null) await failNameTaken(client, found)
}

/** The engine would give it to whoever asks for a volume of that name, and no plan would find it to be the home. */
async function checkHome(client: Client, scope: Scope, name: string): Promise<void> {
  const found = await volumeOrNull(client, name)
  if (found !== null && decodeHome(scope, name, found.Labels ?? {}) === null) await failVolumeTaken(client, found)
}

async function volumeOrNull(client: Client, name: string): Promise<VolumeInspectInfo | null> {
  try {
    return await client.docker.getVolume(name).inspect()
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, `look at the volume ${name}`)
  }
}
