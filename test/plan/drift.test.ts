// What somebody changed or took away behind our back.

import { describe, expect, test } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { isIgnored } from '../../src/plan/ignored-drift.js'
import { planSandbox } from '../../src/plan/plan.js'
import { applyTo, here, options, perform, planFor } from '../support/applying.js'
import { withHosts } from '../support/arbitraries.js'
import { appliedWorld, file, ownContainer, recordSpec, stepsText, type Edit } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'
import { shortfalls } from '../support/goal.js'

const gigabyte = 1024 ** 3
const { resources } = recordSpec

test('a limit that somebody changed is put back in place', async () => {
  const { world, container } = await appliedWorld()
  container.limits = { ...resources, memory: 2 * gigabyte }
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'update', reason: 'drifted' })
  expect(stepsText(plan)).toEqual(['update-limits the old'])
  expect(plan.changes).toEqual([
    {
      path: '/resources/memory',
      op: 'change',
      effect: 'live',
      origin: 'drift',
      before: { value: 2 * gigabyte },
      after: { value: 4 * gigabyte },
      lastApplied: { value: 4 * gigabyte },
    },
  ])
})

test('an edit and a change by hand at once show all three values', async () => {
  const { world, container } = await appliedWorld()
  container.limits = { ...resources, memory: 2 * gigabyte }
  const plan = await planFor(world, file({ record: { resources: { ...resources, memory: 8 * gigabyte } } }))
  expect(plan).toMatchObject({ action: 'update', reason: 'config_changed' })
  expect(plan.changes).toMatchObject([
    {
      origin: 'config',
      before: { value: 2 * gigabyte },
      after: { value: 8 * gigabyte },
      lastApplied: { value: 4 * gigabyte },
    },
  ])
})

test('what somebody set by hand and the file now says needs the record alone', async () => {
  const { world, container } = await appliedWorld()
  container.limits = { ...resources, pids: 8192 }
  const plan = await planFor(world, file({ record: { resources: { ...resources, pids: 8192 } } }))
  expect(stepsText(plan)).toEqual(['create-record', 'remove-record'])
  expect(plan.changes).toMatchObject([
    { path: '/resources/pids', before: { value: 8192 }, after: { value: 8192 }, lastApplied: { value: 4096 } },
  ])
})

test('a network that somebody took away needs a new container', async () => {
  const { world, container } = await appliedWorld()
  container.networkIds = []
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted' })
  expect(plan.changes).toMatchObject([
    {
      path: '/network',
      origin: 'drift',
      effect: 'recreate',
      before: { value: 'none' },
      after: { value: 'open' },
      lastApplied: { value: 'open' },
    },
  ])
})

test('a network taken away by hand is what the file now asks for', async () => {
  const { world, container } = await appliedWorld()
  container.networkIds = []
  expect(await planFor(world, file({ container: { network: 'none' } }))).toMatchObject({ action: 'reuse', changes: [] })
})

test('a record that is gone is written again, and the container stays', async () => {
  const { world } = await appliedWorld()
  for (const volume of world.volumes.values()) if (volume.record !== null) world.volumes.delete(volume.name)
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'update', reason: 'missing' })
  expect(stepsText(plan)).toEqual(['create-record'])
  expect(plan.changes.every(({ origin, effect }) => origin === 'drift' && effect === 'next_session')).toBe(true)
  expect(plan.changes.map(({ path }) => path)).toEqual([
    '/agent',
    '/env/GH_TOKEN',
    '/env/LOG_LEVEL',
    '/envFile/~1src~1web~1.env',
    '/git',
    '/secrets/STRIPE',
  ])
  // Whether these were ever approved nobody knows any more.
  expect(plan.grants.map(({ key, widens }) => [key, widens])).toEqual([['mount:/data', true]])
})

test('a home that is gone is made again, and the container with it', async () => {
  const { world } = await appliedWorld()
  world.volumes.delete('sbx-web-3f2a1c-home')
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted' })
  expect(plan.changes).toMatchObject([
    { path: '/volumes/~1home~1agent', effect: 'recreate', after: { value: 'sbx-web-3f2a1c-home' } },
  ])
  await applyTo(world, file())
  expect(shortfalls(world, file())).toEqual([])
})

test('a container whose network is gone cannot be started and is made anew', async () => {
  const { world } = await appliedWorld()
  world.powerOff()
  world.networks.clear()
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted', changes: [{ path: '/network' }] })
})

test('volumes that differ for no reason of the file still need a new container', async () => {
  const { world } = await appliedWorld()
  const moved = file({ container: { volumes: { '/home/agent': 'sbx-other-home' } } })
  const plan = await planFor(world, moved)
  expect(plan).toMatchObject({ action: 'recreate' })
  expect(plan.changes.map(({ path }) => path)).toEqual(['/volumes/~1home~1agent', '/volumes/~1run~1sbx~1login'])
})

test('a restart policy that another hand set is put back, and the sandbox runs on', async () => {
  const { world, container } = await appliedWorld()
  container.fixed = { ...container.fixed, restartPolicy: 'always' }
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'update', reason: 'drifted', unchanged: 20 })
  expect(plan.changes).toEqual([
    {
      path: '/restartPolicy',
      op: 'change',
      effect: 'live',
      origin: 'drift',
      before: { value: 'always' },
      after: { value: 'no' },
      lastApplied: { value: 'no' },
    },
  ])
  expect(stepsText(plan)).toEqual(['reset-restart-policy the old'])
})

test('a stopped sandbox gets its restart policy back before it is started', async () => {
  const { world, container } = await appliedWorld()
  container.fixed = { ...container.fixed, restartPolicy: 'always' }
  world.powerOff()
  expect(stepsText(await planFor(world, file()))).toEqual([
    'reset-restart-policy the old',
    'start the old',
    'await-ready the old',
    'settle the old',
  ])
})

test('swap that another hand gave is taken back with the limits', async () => {
  const { world, container } = await appliedWorld()
  const live = await new FakeEngine({ world }).observe(file().id, [])
  const [seen] = live.containers
  if (seen === undefined) throw new Error('no container')
  const fixed = { ...seen.fixed, applied: { swap: 0 }, observed: { swap: 'unlimited' } }
  const plan = planSandbox(here(world, file()), { ...live, containers: [{ ...seen, fixed }] }, options)
  expect(plan.changes).toMatchObject([{ path: '/swap', effect: 'live', before: { value: 'unlimited' } }])
  expect(plan.steps).toEqual([{ do: 'update-limits', target: { id: container.id }, limits: resources }])
})

test('what no file says and only a new container has forces a recreate', async () => {
  const { world, container } = await appliedWorld()
  container.fixed = { ...container.fixed, privileged: true, user: '1000:1000' }
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted' })
  expect(plan.changes.map(({ path, effect, origin, lastApplied }) => [path, effect, origin, lastApplied])).toEqual([
    ['/privileged', 'recreate', 'drift', { value: false }],
    ['/user', 'recreate', 'drift', { value: '0:0' }],
  ])
})

test('labels that are not those of the sandbox force a recreate', async () => {
  const { world, container } = await appliedWorld()
  const live = await new FakeEngine({ world }).observe(file().id, [file().image.reference])
  const containers = live.containers.map((each) => ({ ...each, sandbox: { ...each.sandbox, workspace: '/src/else' } }))
  const plan = planSandbox(here(world, file()), { ...live, containers }, options)
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted', current: { containerId: container.id } })
  expect(plan.changes).toMatchObject([
    { path: '/labels/workspace', before: { value: '/src/else' }, after: { value: '/src/web' } },
  ])
})

test('what neither the label nor the engine tells is compared with nothing', async () => {
  const { world } = await appliedWorld()
  const live = await new FakeEngine({ world }).observe(file().id, [file().image.reference])
  const fixed = { applied: { runtime: 'runc', user: '0:0' }, observed: { user: '0:0', init: false }, isOlder: false }
  const containers = live.containers.map((each) => ({ ...each, fixed }))
  expect(planSandbox(here(world, file()), { ...live, containers }, options)).toMatchObject({
    action: 'reuse',
    changes: [],
  })
})

test('a sandbox that is still getting ready is waited for', async () => {
  const { world, container } = await appliedWorld()
  container.readiness = 'starting'
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'update', reason: 'drifted', changes: [{ path: '/ready', effect: 'live' }] })
  expect(stepsText(plan)).toEqual(['await-ready the old'])
  await perform(world, plan)
  expect(await planFor(world, file())).toMatchObject({ action: 'reuse' })
})

test('a sandbox whose mark is gone is started again, since it never says twice that it is ready', async () => {
  const { world, container } = await appliedWorld()
  container.readiness = 'lost'
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'update', reason: 'drifted', changes: [{ path: '/ready', effect: 'restart' }] })
  expect(stepsText(plan)).toEqual(['stop the old', 'start the old', 'await-ready the old', 'settle the old'])
})

describe('drift that the file says to ignore', () => {
  const ignoring = (names: readonly string[], edit: Edit = {}): DesiredSandbox => ({
    ...file(edit),
    lifecycle: { ignoreDrift: names, onRecreate: 'ask' },
  })

  test('is shown and left as it is', async () => {
    const { world, container } = await appliedWorld()
    container.limits = { ...resources, memory: 2 * gigabyte }
    container.fixed = { ...container.fixed, privileged: true, restartPolicy: 'always' }
    container.networkIds = []
    const names = ['resources.memory', 'privileged', 'restartPolicy', 'network']
    const plan = await planFor(world, ignoring(names))
    expect(plan).toMatchObject({ action: 'reuse', changes: [], steps: [] })
    expect(plan.ignored?.map(({ path, before }) => [path, before])).toEqual([
      ['/network', { value: 'none' }],
      ['/privileged', { value: true }],
      ['/resources/memory', { value: 2 * gigabyte }],
      ['/restartPolicy', { value: 'always' }],
    ])
  })

  test('is left as it is where something else is put back', async () => {
    const { world, container } = await appliedWorld()
    container.limits = { ...resources, memory: 2 * gigabyte, pids: 50 }
    const plan = await planFor(world, ignoring(['resources.memory']))
    expect(plan.changes.map(({ path }) => path)).toEqual(['/resources/pids'])
    expect(plan.steps).toMatchObject([{ limits: { ...resources, memory: 2 * gigabyte } }])
  })

  test.each(['none', 'limited'] as const)('is never a network beside one that is %s', async (network) => {
    const { world } = await appliedWorld()
    const open = world.openNetwork()?.id ?? ''
    const said = withHosts(ignoring(['network', 'networks'], { container: { network } }), {})
    await applyTo(world, said)
    const container = ownContainer(world)
    container.networkIds = [...container.networkIds, open]
    const plan = await planFor(world, said)
    expect(plan).toMatchObject({ action: 'recreate', changes: [{ path: '/network', origin: 'drift' }] })
    expect(plan.ignored).toBeUndefined()
  })

  test('is no reason to leave out an edit of the file', async () => {
    const { world, container } = await appliedWorld()
    container.limits = { ...resources, memory: 2 * gigabyte }
    const edited = ignoring(['resources'], { record: { resources: { ...resources, memory: 8 * gigabyte } } })
    const { plan } = await applyTo(world, edited)
    expect(plan).toMatchObject({ action: 'update', changes: [{ path: '/resources/memory', origin: 'config' }] })
    expect(plan.ignored).toBeUndefined()
    expect(container.limits.memory).toBe(8 * gigabyte)
  })

  test('goes with the container that another change recreates', async () => {
    const { world, container } = await appliedWorld()
    container.limits = { ...resources, memory: 2 * gigabyte }
    const { plan } = await applyTo(world, ignoring(['resources'], { container: { socket: 'host' } }))
    expect(plan).toMatchObject({ action: 'recreate', ignored: [{ path: '/resources/memory' }] })
    expect(ownContainer(world).limits).toEqual(resources)
  })

  test.each([
    ['mounts["/data"]', '/mounts/~1data/source', true],
    ['mounts["/data"].readonly', '/mounts/~1data/readonly', true],
    ['mounts["/data"].readonly', '/mounts/~1data/source', false],
    ['mounts["/data"]', '/mounts/~1data2', false],
    ['mounts["/a \\"b\\".c"]', '/mounts/~1a "b".c/source', true],
    ['mounts', '/mounts/~1data', true],
    ['resources.memory', '/resources/memory', true],
    ['resources.memory', '/resources', false],
    ['ports["3000/tcp"]', '/ports/3000~1tcp/address', true],
    ['network', '/networks', false],
  ])('is what is named: %s, of %s', (name, path, expected) => {
    const change = { path, op: 'change', effect: 'recreate', origin: 'drift' } as const
    const said = ignoring([name])
    expect(isIgnored(change, said)).toBe(expected)
    expect(isIgnored({ ...change, origin: 'config' }, said)).toBe(false)
  })
})
