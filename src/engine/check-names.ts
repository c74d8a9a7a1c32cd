import type { Step } from '../model/plan.js'
import type { Scope } from '../model/names.js'
import type { Client } from './client.js'
import { inspectOrNull } from './containers.js'
import { decodeContainer } from './labels.js'
import { failNameTaken } from './name-taken.js'

/** Throws `engine/name-taken`. One GET for each container that the steps make. */
export async function checkNames(client: Client, scope: Scope, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.do !== 'create-container') continue
    const { name } = step.request
    const found = await inspectOrNull(client, name)
    // A name also matches the ids that it begins.
    if (found === null || found.Name !== `/${name}`) continue
    if (decodeContainer(scope, name, found.Config.Labels) === null) await failNameTaken(client, found)
  }
}
