// Names that sbx is about to use, and that somebody else may have.

import type { VolumeInspectInfo } from 'dockerode'
import type { Step } from '../../model/plan.js'
import type { Scope } from '../../model/names.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { inspectOrNull } from '../connection/inspect.js'
import { decodeContainer, type Labels } from '../labels/labels.js'
import { decodeHome, decodeVolume } from '../labels/volume-labels.js'
import { failNameTaken, failVolumeTaken } from '../container/name-taken.js'
import { decodeProxy } from '../labels/proxy-labels.js'

/**
 * Throws `engine/name-taken`, `engine/volume-taken`. One GET for each container, proxy and
 * volume of one sandbox that the steps make.
 */
export async function checkNames(client: Client, scope: Scope, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.do === 'create-container') await checkContainer(client, scope, step.request.name, decodeContainer)
    if (step.do === 'create-proxy') await checkContainer(client, scope, step.request.name, decodeProxy)
    // A login may well be from before sbx, and what else is made is named by its content.
    if (step.do !== 'create-volume') continue
    const { name, holds } = step
    if (holds === 'home') await checkVolume(client, name, (from) => decodeHome(scope, name, from) !== null)
    if (holds === 'workspace' || holds === 'own') {
      await checkVolume(client, name, (from) => decodeVolume(scope, name, from)?.holds === holds)
    }
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

/** The engine would give it to whoever asks for a volume of that name, and no plan would find it to be the sandbox's. */
async function checkVolume(client: Client, name: string, isOurs: (from: Labels) => boolean): Promise<void> {
  const found = await volumeOrNull(client, name)
  if (found !== null && !isOurs(found.Labels ?? {})) await failVolumeTaken(client, found)
}

async function volumeOrNull(client: Client, name: string): Promise<VolumeInspectInfo | null> {
  try {
    return await client.docker.getVolume(name).inspect()
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, `look at the volume ${name}`)
  }
}
