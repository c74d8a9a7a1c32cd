// Real agents in a limited network, with a stand-in for their model behind a name that only the proxy knows: where the name
// is not listed nothing of them arrives, and where it is they do their work.

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeOuterNetwork, type OuterNetwork } from '../e2e/support/outer-network.js'
import { Project } from '../e2e/support/project.js'
import { runInside } from '../e2e/support/run-inside.js'
import { until } from '../e2e/support/until.js'
import { startModelStub, type ModelStub } from '../support/model/stub.js'
import { readFixture, testedAgents } from './support/fixture.js'
import { keyOnHost, prepare, sandboxFile } from './support/stage.js'

const host = 'model.test'

type Asked = { readonly host: string; readonly allowed: number; readonly refused: number; readonly add: string | null }

const agents = testedAgents().filter(({ fixture }) => fixture.limited === true)

describe.each(agents)('$name, in a limited network', ({ name, descriptor }) => {
  let project: Project
  let model: ModelStub
  let outer: OuterNetwork
  /** As it is written in the list. */
  let entry: string

  const prompt = descriptor.oneShot?.map((word) => word.replace('{prompt}', 'Write the file.')) ?? []
  const command = ['run', name, '--', ...prompt]

  beforeAll(async () => {
    project = await Project.create()
    model = await startModelStub({
      ...{ command: 'id -u > worked', answer: 'All of it is written.', address: '127.0.0.1' },
    })
    outer = await makeOuterNetwork(project.docker, project.beside('.'), { port: model.port }, host)
    entry = outer.ports.https === 443 ? host : `${host}:${String(outer.ports.https)}`
    await project.ok(['template', 'build', name])
  })
  afterAll(async () => {
    await model.close()
    await project.remove()
    await outer.close()
  })

  /** The image as it is: one of sbx's own would be built anew with the authority in it. */
  async function allow(entries: readonly string[]): Promise<void> {
    const fixture = readFixture(name, `https://${entry}`)
    const more = { template: `localhost/sbx-${name}:latest`, network: { allow: [...entries] } }
    await project.write(sandboxFile(name, fixture, more))
    const env = { ...keyOnHost, NODE_EXTRA_CA_CERTS: outer.authority }
    await project.ok(['apply', '--yes', '--allow-widen'], { env })
    const proxy = (await project.containers()).find(({ Labels }) => Labels['dev.sbx.role'] === 'proxy')
    await outer.tell(proxy?.Id ?? '', [host])
    await prepare(project, fixture)
  }

  async function asked(): Promise<Asked | undefined> {
    const log = await project.json<{ readonly hosts: readonly Asked[] }>(['net', 'log'])
    return log.hosts.find((each) => each.host === host)
  }

  test('its model must not be reached where the name is not listed, and the log must say what to add', async () => {
    await allow(['other.test'])
    const running = project.start(command, { env: keyOnHost })
    // Some try again for as long as they are let.
    const seen = await until(
      async () => (await asked()) ?? null,
      () => 'the proxy was not asked',
    )
    running.kill('SIGTERM')
    const { stdout } = await running.ended
    expect(stdout).not.toContain('All of it is written.')
    expect(seen).toMatchObject({ allowed: 0, add: entry })
    expect(seen.refused).toBeGreaterThan(0)
    expect([outer.seen, model.requests]).toEqual([[], []])
    await expect(stat(join(project.folder, 'worked'))).rejects.toThrow('ENOENT')
  })

  test('once the line is added it must be, in the sandbox that there is', async () => {
    const { Id: before } = await project.container()
    await allow([entry])
    expect((await project.container()).Id).toBe(before)
    const known = `curl -sk -m 30 -o /dev/null https://${entry}/ && echo known`
    await until(
      async () => (await runInside(project.docker, before, known)) === 'known',
      () => 'the proxy does not know the name',
    )
    expect(await project.ok(command, { env: keyOnHost })).toContain('All of it is written.')
    expect(await readFile(join(project.folder, 'worked'), 'utf8')).toMatch(/^\d+\n$/)
    expect(model.requests.filter(({ format }) => format !== null).length).toBeGreaterThan(1)
    const seen = await asked()
    expect(seen).toMatchObject({ refused: 0, add: null })
    expect(seen?.allowed).toBeGreaterThan(0)
  })
})
