import { expect, test } from 'vitest'
import { planStop } from '../../src/plan/removal.js'
import { risks } from '../../src/plan/risks.js'
import { applyTo, planFor } from '../support/applying.js'
import { emptyWorld, file } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'

const facts = {
  sessions: 2,
  changedPaths: ['/usr', '/usr/local', '/usr/local/bin', '/usr/local/bin/rg'],
  mountPoints: [],
}

test('a recreate ends sessions and loses what was written outside of what is kept', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  const plan = await planFor(world, file({ container: { socket: 'host' } }))
  expect(risks(plan, facts)).toMatchObject({
    sessions: 2,
    discarded: facts.changedPaths,
    widening: [{ key: 'socket', widens: true }],
  })
})

test('an update and a reuse cost nothing', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  const nothing = { sessions: 0, discarded: [], widening: [] }
  expect(risks(await planFor(world, file()), facts)).toEqual(nothing)
  expect(risks(await planFor(world, file({ record: { env: {} } })), facts)).toEqual(nothing)
})

test('a restart and a stop end sessions and lose nothing', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  world.remakeFolder('/src/web', '1:2:2')
  const ended = { sessions: 2, discarded: [], widening: [] }
  expect(risks(await planFor(world, file()), facts)).toEqual(ended)
  expect(risks(planStop(await new FakeEngine({ world }).observe('web-3f2a1c', [])), facts)).toEqual(ended)
})

test('a new sandbox costs nothing and widens by all it asks for', async () => {
  const plan = await planFor(emptyWorld(), file())
  expect(risks(plan, facts)).toMatchObject({ sessions: 0, discarded: [], widening: [{ key: 'mount:/data' }] })
})

test('what a removed leftover holds is not what is in use', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  await applyTo(world, file({ container: { mounts: {} } }), {}, { kind: 'crash', at: 4, when: 'after' })
  expect(risks(await planFor(world, file()), facts)).toMatchObject({ sessions: 0, discarded: [] })
})

test('what the entrypoint and the engine write is nobody’s loss', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  const plan = await planFor(world, file(), { recreate: true })
  const own = [
    '/etc',
    '/etc/passwd',
    '/etc/ssl',
    '/etc/ssl/certs',
    '/etc/ssl/certs/ca-certificates.crt',
    '/var',
    '/var/lib',
    '/var/lib/sbx',
    '/var/lib/sbx/ready',
    '/usr',
    '/usr/local',
    '/usr/local/share',
    '/usr/local/share/ca-certificates',
    '/usr/local/share/ca-certificates/sbx-host.crt',
    '/run',
    '/run/sbx',
    '/tmp',
    '/tmp/x',
    '/home',
    '/home/agent',
    '/data',
    '/opt',
    '/opt/cache',
  ]
  const lost = (changedPaths: readonly string[]): readonly string[] =>
    risks(plan, { sessions: 0, changedPaths, mountPoints: ['/data', '/opt/cache'] }).discarded
  expect(lost(own)).toEqual([])
  // A file like an own one, and one beside them, with the folders it lies in.
  expect(lost([...own, '/etc/passwd.bak', '/var/lib/dpkg', '/var/lib/dpkg/status'])).toEqual([
    '/etc',
    '/etc/passwd.bak',
    '/var',
    '/var/lib',
    '/var/lib/dpkg',
    '/var/lib/dpkg/status',
  ])
  expect(lost(['/opt', '/opt/cache', '/opt/tool'])).toEqual(['/opt', '/opt/tool'])
})
