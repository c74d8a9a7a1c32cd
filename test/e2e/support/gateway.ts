// Where the agents in sandboxes find what a test serves to them.

import { openNetworkName } from '../../../src/model/names.js'
import type { Project } from './project.js'

/** The address of this machine as the sandboxes on the open network see it. */
export async function gateway(project: Project): Promise<string> {
  const network = await project.docker.getNetwork(openNetworkName(project.scope)).inspect()
  const address: unknown = network.IPAM?.Config?.[0]?.Gateway
  if (typeof address !== 'string') throw new Error('the open network has no gateway')
  return address
}
