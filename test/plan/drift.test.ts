// What somebody changed or took away behind our back.

import { expect, test } from 'vitest'
import { applyTo, planFor } from '../support/applying.js'
import { appliedWorld, file, recordSpec, stepsText } from '../support/examples.js'
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
