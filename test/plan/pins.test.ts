// What sandbox.lock pins, where the sandbox may run that very thing already.

import { expect, test } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import type { ContainerSpec } from '../../src/model/spec.js'
import { applyTo, planFor } from '../support/applying.js'
import { emptyWorld, file, ownContainer } from '../support/examples.js'
import type { FakeWorld } from '../support/fake-world.js'

const unpinned = { kind: 'image', reference: 'acme/agent:1' } as const

function imageFile(digest: string | null, container: Partial<ContainerSpec> = {}): DesiredSandbox {
  const template = digest === null ? unpinned : { ...unpinned, digest }
  const value = digest === null ? unpinned.reference : `${unpinned.reference}@${digest}`
  const made = file({ container: { template, ...container } })
  return {
    ...made,
    grants: [{ key: 'template', value, summary: `image ${value}` }],
    recordSpec: { ...made.recordSpec, grants: { ...made.recordSpec.grants, template: value } },
  }
}

/** As after a pull of either name: the engine knows one image under both. */
function knows(world: FakeWorld, digest: string): void {
  const reference = `acme/agent@${digest}`
  world.images.set(reference, world.registry.get(reference) ?? '')
}

test('a first pin to the image that runs changes nothing and asks nothing', async () => {
  const world = emptyWorld()
  await applyTo(world, imageFile(null))
  knows(world, 'sha256:d0')
  const plan = await planFor(world, imageFile('sha256:d0'))
  expect(plan).toMatchObject({ action: 'reuse', reason: 'unchanged', changes: [], steps: [] })
  expect(plan.grants.filter(({ widens }) => widens)).toEqual([])
})

test('a pin to another image recreates, and needs a yes of its own', async () => {
  const world = emptyWorld()
  await applyTo(world, imageFile(null))
  knows(world, 'sha256:d1')
  const plan = await planFor(world, imageFile('sha256:d1'))
  expect(plan).toMatchObject({ action: 'recreate', reason: 'config_changed' })
  expect(plan.changes).toMatchObject([
    { path: '/template', before: { value: 'acme/agent:1' }, after: { value: 'acme/agent:1 (sha256:d1)' } },
  ])
  expect(plan.grants).toMatchObject([{ key: 'template', value: 'acme/agent:1@sha256:d1', widens: true }])
  await applyTo(world, imageFile('sha256:d1'))
  expect(ownContainer(world).imageId).toBe('sha256:acme/agent:1-d1')
})

test('a pin to an image that the engine does not have is a change', async () => {
  const world = emptyWorld()
  await applyTo(world, imageFile(null))
  expect(await planFor(world, imageFile('sha256:d0'))).toMatchObject({ action: 'recreate' })
})

test('a pin that is taken out again changes nothing while its tag means the same image', async () => {
  const world = emptyWorld()
  await applyTo(world, imageFile('sha256:d0'))
  world.images.set('acme/agent:1', world.registry.get('acme/agent:1') ?? '')
  expect(await planFor(world, imageFile(null))).toMatchObject({ action: 'reuse', steps: [] })
})

test('a pin beside another change goes into the new container as the same image', async () => {
  const world = emptyWorld()
  await applyTo(world, imageFile(null))
  knows(world, 'sha256:d0')
  const edited = imageFile('sha256:d0', { socket: 'host' })
  const { plan } = await applyTo(world, edited)
  expect(plan.changes.map(({ path }) => path)).toEqual(['/socket'])
  expect(ownContainer(world).imageId).toBe('sha256:acme/agent:1-0')
  expect(await planFor(world, edited)).toMatchObject({ action: 'reuse' })
})

test('a version of the agent that the image has already is no change', async () => {
  const world = emptyWorld()
  const builtIn = file({ container: { template: { kind: 'built-in', name: 'claude' } } })
  await applyTo(world, builtIn)
  const pinned = file({ container: { template: { kind: 'built-in', name: 'claude', version: '2.1.0' } } })
  expect(await planFor(world, { ...pinned, image: builtIn.image })).toMatchObject({ action: 'reuse', steps: [] })
  const other = { ...builtIn.image, reference: 'localhost/sbx-claude:r9' }
  expect(await planFor(world, { ...pinned, image: other })).toMatchObject({
    action: 'recreate',
    changes: [{ path: '/template', before: { value: 'claude' }, after: { value: 'claude (version 2.1.0)' } }],
  })
})

test('another commit of a git template recreates, whatever it builds', async () => {
  const world = emptyWorld()
  const at = (commit: string): DesiredSandbox =>
    file({ container: { template: { kind: 'git', reference: 'git+https://host/t.git@v1', commit } } })
  const first = at('a'.repeat(40))
  await applyTo(world, first)
  const plan = await planFor(world, { ...at('b'.repeat(40)), image: first.image })
  expect(plan).toMatchObject({ action: 'recreate', reason: 'config_changed' })
  expect(plan.changes).toMatchObject([
    {
      path: '/template',
      before: { value: 'git+https://host/t.git@v1 (commit aaaaaaaaaaaa)' },
      after: { value: 'git+https://host/t.git@v1 (commit bbbbbbbbbbbb)' },
    },
  ])
})
