// What a sandbox joins and uses of this machine and its engine, looked at while it is only planned.

import { createServer } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkNetworks } from '../../../src/cli/planning/joined-networks.js'
import { sshAgentMoved } from '../../../src/cli/host/ssh-agent.js'
import { DiagnosticError } from '../../../src/model/diagnostic.js'
import { applyTo } from '../../support/applying.js'
import { emptyWorld, file } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'

test('networks that are not there, or there twice, are named with their lines, and nothing is asked for none', async () => {
  const world = emptyWorld()
  for (const name of ['web_default', 'twice', 'twice']) world.createNetwork(name, false)
  const engine = new FakeEngine({ world })
  const networks = { web_default: true, twice: true, gone: true } as const
  const at = { file: '/src/web/sandbox.yaml', line: 3, column: 1 }
  const desired = { ...file({ container: { networks } }), origins: { '/networks/gone': { kind: 'file', at } } } as const
  const error: unknown = await checkNetworks(desired, engine).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(DiagnosticError)
  expect((error as DiagnosticError).diagnostics).toMatchObject([
    { code: 'engine/ambiguous-network' },
    { code: 'engine/unknown-network', at },
  ])
  const never = () => Promise.reject(new Error('asked'))
  await checkNetworks(file(), { networks: never })
})

test('an ssh agent that has gone or was made anew since the start is told of one that runs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sbx-agent-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const socket = join(folder, 's')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  const world = emptyWorld()
  await applyTo(world, file({ container: { ssh: 'agent' } }))
  const live = await new FakeEngine({ world }).observe(file().id, [])
  const engine = { endpoint: 'unix:///var/run/docker.sock' }
  const moved = (startedAt: string, over: object = {}, endpoint = engine) =>
    sshAgentMoved(
      { containers: live.containers.map((each) => ({ ...each, sshSocket: socket, startedAt, ...over })) },
      endpoint,
    )
  const [before, after] = ['2001-01-01T00:00:00.000000000Z', '2101-01-01T00:00:00.000000000Z']
  expect(moved(after)).toEqual({})
  expect(moved(before)).toEqual({ sshSocketMoved: true })
  expect(moved(before, { state: 'exited' })).toEqual({})
  expect(moved(before, {}, { endpoint: 'tcp://box:2376' })).toEqual({})
  await new Promise<void>((resolve) => server.close(() => resolve()))
  expect(moved(after)).toEqual({ sshSocketMoved: true })
  expect(sshAgentMoved(live, engine)).toEqual({})
})
