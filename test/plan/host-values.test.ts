// Values that are not in the file: missing here, signed with another key, and never shown.

import { expect, test } from 'vitest'
import { applyTo, perform, planFor } from '../support/applying.js'
import { appliedWorld, emptyWorld, file, recordSpec } from '../support/examples.js'

test('a value that is missing here, where the file says what it said, is no change', async () => {
  const { world } = await appliedWorld()
  const elsewhere = file({
    record: {
      env: { ...recordSpec.env, GH_TOKEN: { from: 'host', text: '${env:GH_TOKEN}', digest: null } },
      envFile: { '/src/web/.env': { optional: false, values: null } },
      secrets: { STRIPE: { env: 'STRIPE', digest: null } },
    },
  })
  const plan = await planFor(world, elsewhere)
  expect(plan).toMatchObject({ action: 'reuse', changes: [], steps: [] })
  expect(plan.notes).toEqual([
    { kind: 'missing-host-value', path: '/env/GH_TOKEN', what: '${env:GH_TOKEN}' },
    { kind: 'missing-host-value', path: '/envFile/~1src~1web~1.env', what: '/src/web/.env' },
    { kind: 'missing-host-value', path: '/secrets/STRIPE', what: '${env:STRIPE}' },
  ])
  // An edit of something else keeps what was applied.
  const edited = { ...elsewhere, recordSpec: { ...elsewhere.recordSpec, git: null } }
  await applyTo(world, edited)
  expect(await planFor(world, file({ record: { git: null } }))).toMatchObject({ action: 'reuse', changes: [] })
})

test('a missing value with another reference is a change', async () => {
  const { world } = await appliedWorld()
  const edited = file({ record: { secrets: { STRIPE: { env: 'OTHER', digest: null } } } })
  expect((await planFor(world, edited)).changes).toMatchObject([
    { path: '/secrets/STRIPE', before: { sensitive: 'set' }, after: { sensitive: 'missing' } },
  ])
})

test('an optional file that is gone takes its variables along', async () => {
  const world = emptyWorld()
  const optional = { optional: true, values: { A: 'digest-a' } }
  await applyTo(world, file({ record: { envFile: { '/e': optional } } }))
  const plan = await planFor(world, file({ record: { envFile: { '/e': { optional: true, values: null } } } }))
  expect(plan.notes).toEqual([])
  expect(plan.changes).toMatchObject([{ before: { sensitive: 'set' }, after: { sensitive: 'missing' } }])
})

test('what another key signed cannot be compared, and is written anew', async () => {
  const { world } = await appliedWorld()
  const other = file({ record: { digestKey: 'key-2' } })
  const plan = await planFor(world, other)
  expect(plan.changes).toEqual(
    ['/env/GH_TOKEN', '/envFile/~1src~1web~1.env/values/A', '/secrets/STRIPE'].map((path) => ({
      path,
      op: 'change',
      effect: 'next_session',
      origin: 'config',
      before: { sensitive: 'not-comparable' },
      after: { sensitive: 'set' },
    })),
  )
  await perform(world, plan)
  expect(await planFor(world, other)).toMatchObject({ action: 'reuse' })
})

test('another key with nothing to sign is no change', async () => {
  const world = emptyWorld()
  const plain = { env: {}, envFile: {}, secrets: {} }
  await applyTo(world, file({ record: plain }))
  expect(await planFor(world, file({ record: { ...plain, digestKey: 'key-2' } }))).toMatchObject({ action: 'reuse' })
})

test('a digest is never shown', async () => {
  const { world } = await appliedWorld()
  const values = { A: 'digest-x', B: 'digest-y' }
  const edited = file({
    record: {
      env: {
        GH_TOKEN: { from: 'flag', digest: 'digest-z' },
        NEW: { from: 'host', text: '${env:N}', digest: 'digest-n' },
      },
      envFile: { '/src/web/.env': { optional: false, values }, '/new': { optional: true, values } },
      secrets: { OTHER: { file: '/keys/o', digest: 'digest-o' } },
      digestKey: 'key-1',
    },
  })
  for (const plan of [await planFor(world, edited), await planFor(emptyWorld(), edited)]) {
    expect(JSON.stringify([plan.changes, plan.notes, plan.grants])).not.toContain('digest-')
  }
})
