import { expect, test } from 'vitest'
import type { SandboxPlan } from '../../src/model/plan.js'
import { planStop } from '../../src/plan/removal.js'
import { risks } from '../../src/plan/risks.js'
import { applyTo, planFor } from '../support/applying.js'
import { emptyWorld, file } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'

const facts = {
  sessions: [
    { command: 'sh', terminal: 'pts/0', seconds: 1 },
    { command: null, terminal: null, seconds: null },
  ],
  losses: {
    changes: [
      ...['/usr', '/usr/local', '/usr/local/bin', '/usr/local/bin/rg', '/var/lib/dpkg/info/jq.list'],
      '/usr/lib/node_modules/tool/package.json',
    ].map((path) => ({ path, kind: 'added' as const })),
    uncounted: null,
    mountPoints: [],
    lists: [],
    own: { bytes: 700, volumes: ['/data'] },
  },
}
const nothing = { sessions: [], losses: null, clone: null, kept: null, widening: [] }

test('a recreate ends sessions and loses what was written outside of what is kept', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  const plan = await planFor(world, file({ container: { socket: 'host' } }))
  expect(risks(plan, facts)).toMatchObject({
    sessions: facts.sessions,
    losses: { files: { count: 1 }, packages: [{ name: 'jq' }, { name: 'tool' }], volumes: ['/data'], bytes: 700 },
    kept: null,
    widening: [{ key: 'socket', widens: true }],
  })
})

test('what was not counted is lost, kept or not', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  const bare = { changes: [], mountPoints: [], lists: [], own: { bytes: null, volumes: [] } }
  for (const keep of [undefined, 'files'] as const) {
    const plan = await planFor(world, file({ container: { socket: 'host' } }), keep === undefined ? {} : { keep })
    expect(risks(plan, { sessions: [], losses: { ...bare, uncounted: null } })).toMatchObject({ losses: null })
    expect(risks(plan, { sessions: [], losses: { ...bare, uncounted: 'kept-list' } })).toMatchObject({
      losses: { files: { count: 0 }, uncounted: 'kept-list' },
    })
  }
})

test('an update and a reuse cost nothing', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  expect(risks(await planFor(world, file()), facts)).toEqual(nothing)
  expect(risks(await planFor(world, file({ record: { env: {} } })), facts)).toEqual(nothing)
})

test('a restart and a stop end sessions and lose nothing', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  world.remakeFolder('/src/web', '1:2:2')
  const ended = { ...nothing, sessions: facts.sessions }
  expect(risks(await planFor(world, file()), facts)).toEqual(ended)
  expect(risks(planStop(await new FakeEngine({ world }).observe('web-3f2a1c', [])), facts)).toEqual(ended)
})

test('a new sandbox costs nothing and widens by all it asks for', async () => {
  const plan = await planFor(emptyWorld(), file())
  expect(risks(plan, facts)).toMatchObject({ ...nothing, widening: [{ key: 'mount:/data' }] })
})

test('what a removed leftover holds is not what is in use', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  await applyTo(world, file({ container: { mounts: {} } }), {}, { kind: 'crash', at: 4, when: 'after' })
  expect(risks(await planFor(world, file()), facts)).toMatchObject({ sessions: [], losses: null })
})

test('a recreate that keeps loses what neither a snapshot nor a copy can have', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  const plan = await planFor(world, file(), { recreate: true })
  const keeping = (keeps: SandboxPlan['keeps']): ReturnType<typeof risks> =>
    risks({ ...plan, ...(keeps === undefined ? {} : { keeps }) }, facts)
  expect(keeping('snapshot')).toMatchObject({
    kept: { files: { count: 1 }, packages: [{ name: 'jq' }, { name: 'tool' }], volumes: [], bytes: 700 },
    losses: { files: { count: 0 }, packages: [], volumes: ['/data'], bytes: null },
  })
  expect(keeping('copy')).toMatchObject({
    kept: { files: { count: 1 }, packages: [{ name: 'tool' }], volumes: [], bytes: 700 },
    losses: { files: { count: 0 }, packages: [{ name: 'jq' }], volumes: ['/data'], bytes: null },
  })
})
