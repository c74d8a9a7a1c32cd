// Claude Code with a stand-in for its model: where the agent in a sandbox reaches it, and the file that says so.

import { openNetworkName } from '../../../src/model/names.js'
import { startModelStub, type ModelStub } from '../../support/model-stub.js'
import type { Project } from './project.js'

/** The last twenty characters are what the agent keeps of a key that it was told to use. */
export const madeUpKey = 'made-up-key-for-tests-0123456789'

/**
 * Applies a sandbox of Claude Code and gives the stub that it will talk to. The stub listens where the open network has its
 * gateway, which is there once something was applied; the address then goes into the file as any setting would.
 */
export async function applyClaude(
  project: Project,
  told: { readonly command: string; readonly answer: string },
  more = '',
): Promise<ModelStub> {
  const file = `agent: claude\nsecrets: { ANTHROPIC_API_KEY: { env: MADE_UP_KEY } }\n${more}`
  await project.write(file)
  await project.ok(['apply', '--yes', '--allow', 'secret:ANTHROPIC_API_KEY'], { env: { MADE_UP_KEY: madeUpKey } })
  const stub = await startModelStub({ ...told, address: await gateway(project) })
  await project.write(`${file}env: { ANTHROPIC_BASE_URL: "http://${await gateway(project)}:${String(stub.port)}" }\n`)
  return stub
}

/** The address of this machine as the sandboxes on the open network see it. */
export async function gateway(project: Project): Promise<string> {
  const network = await project.docker.getNetwork(openNetworkName(project.scope)).inspect()
  const address: unknown = network.IPAM?.Config?.[0]?.Gateway
  if (typeof address !== 'string') throw new Error('the open network has no gateway')
  return address
}
