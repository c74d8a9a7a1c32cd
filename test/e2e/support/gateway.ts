// Where the agents in sandboxes find what a test serves to them.

import { connectDocker } from '../../../src/engine/docker.js'
import { locateEndpoint } from '../../../src/engine/connection/endpoint.js'
import { openNetworkName } from '../../../src/model/names.js'
import type { Project } from './project.js'

/** The address of this machine as the sandboxes on the open network see it, which is made where it is not there yet. */
export async function gateway({ docker, scope }: Project): Promise<string> {
  const engine = connectDocker({ endpoint: await locateEndpoint(process.env), scope, certificates: null })
  try {
    await engine.perform({ do: 'create-network', access: 'open' })
  } finally {
    engine.close()
  }
  const network = await docker.getNetwork(openNetworkName(scope)).inspect()
  const address: unknown = network.IPAM?.Config?.[0]?.Gateway
  if (typeof address !== 'string') throw new Error('the open network has no gateway')
  return address
}
