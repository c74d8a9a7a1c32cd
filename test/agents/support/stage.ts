// An agent in a sandbox, with a stand-in for its model that it can reach.

import { stringify } from 'yaml'
import type { JsonObject } from '../../../src/model/json.js'
import { gateway } from '../../e2e/support/gateway.js'
import type { Project } from '../../e2e/support/project.js'
import { startModelStub, type ModelStub, type Told } from '../../support/model/stub.js'
import { readFixture, type AgentFixture } from './fixture.js'

/** Long enough that its last characters, which some agents keep of a key, are not all of it. */
export const madeUpKey = 'made-up-key-for-tests-0123456789'
export const keyOnHost = { MADE_UP_KEY: madeUpKey }

/**
 * Applies a sandbox of the agent and gives the stub that it will talk to. The stub listens where the open network has its
 * gateway; the address goes into the file as any setting would. `more` stands over what the fixture says.
 */
export async function applyAgent(
  project: Project,
  agent: string,
  told: Told,
  more: JsonObject = {},
): Promise<ModelStub> {
  const address = await gateway(project)
  const stub = await startModelStub({ ...told, address })
  const fixture = readFixture(agent, `http://${address}:${String(stub.port)}`)
  await project.write(sandboxFile(agent, fixture, more))
  const grants = fixture.key === undefined ? [] : ['--allow', `secret:${fixture.key}`]
  await project.ok(['apply', '--yes', ...grants], { env: keyOnHost })
  await prepare(project, fixture)
  return stub
}

/** What the agent needs in its sandbox to find its model. */
export async function prepare(project: Project, { home = {}, before = [] }: AgentFixture): Promise<void> {
  for (const [path, text] of Object.entries(home)) {
    const script = 'mkdir -p "$(dirname "$HOME/$1")" && cat > "$HOME/$1"'
    await project.ok(['exec', '--', 'sh', '-c', script, 'sh', path], { env: keyOnHost, input: text })
  }
  for (const argv of before) await project.ok(['exec', '--', ...argv], { env: keyOnHost })
}

/** `more` stands over what the fixture says. */
export function sandboxFile(
  agent: string,
  { key, args = [], sandbox = {} }: AgentFixture,
  more: JsonObject = {},
): string {
  return stringify({
    agent: { name: agent, args },
    ...(key === undefined ? {} : { secrets: { [key]: { env: 'MADE_UP_KEY' } } }),
    ...sandbox,
    ...more,
  })
}
