// Images, recipes and entrypoints that have moved on.

import { expect, test } from 'vitest'
import { planSandbox } from '../../src/plan/plan.js'
import { applyTo, here, options, perform, planFor } from '../support/applying.js'
import { FakeEngine } from '../support/fake-engine.js'
import { appliedWorld, emptyWorld, file, ownContainer } from '../support/examples.js'

test('a tag that moved is told with both ids, and taken by an upgrade', async () => {
  const { world } = await appliedWorld()
  world.images.set('acme/agent:1', 'sha256:newer')
  const plan = await planFor(world, file())
  expect(plan.action).toBe('reuse')
  expect(plan.notes).toEqual([
    { kind: 'tag-moved', reference: 'acme/agent:1', from: 'sha256:acme/agent:1-0', to: 'sha256:newer' },
  ])
  const upgrade = await planFor(world, file(), { upgrade: true })
  expect(upgrade).toMatchObject({ action: 'recreate', reason: 'image_moved' })
  expect(upgrade.changes).toMatchObject([{ path: '/image', origin: 'image', effect: 'recreate' }])
  await perform(world, upgrade)
  expect(ownContainer(world).imageId).toBe('sha256:newer')
})

test('a recreate for another reason says that it takes the newer image too', async () => {
  const { world } = await appliedWorld()
  world.images.set('acme/agent:1', 'sha256:newer')
  const plan = await planFor(world, file({ container: { socket: 'host' } }))
  expect(plan).toMatchObject({ action: 'recreate', reason: 'config_changed' })
  expect(plan.changes.map(({ path, origin }) => [path, origin])).toEqual([
    ['/socket', 'config'],
    ['/image', 'image'],
  ])
})

test('a newer entrypoint and a newer recipe are notes, and what an upgrade brings', async () => {
  const world = emptyWorld()
  const builtIn = file({ container: { template: { kind: 'built-in', name: 'claude' } } })
  await applyTo(world, builtIn)
  const newer = { ...builtIn, image: { ...builtIn.image, recipe: 'r2' } }
  const plan = await planFor(world, newer, { entrypoint: '2' })
  expect(plan).toMatchObject({ action: 'reuse', steps: [] })
  expect(plan.notes).toEqual([
    { kind: 'newer-recipe', what: 'image' },
    { kind: 'newer-recipe', what: 'entrypoint' },
  ])
  expect((await planFor(world, newer, { upgrade: true })).changes).toMatchObject([
    { path: '/image', before: { value: 'r1' }, after: { value: 'r2' } },
  ])
  expect((await planFor(world, builtIn, { entrypoint: '2', upgrade: true })).changes).toMatchObject([
    { path: '/entrypoint', before: { value: '1' }, after: { value: '2' } },
  ])
})

test('what a registry was found to have is told, and pulled by whatever makes a container', async () => {
  const { world } = await appliedWorld()
  const desired = here(world, file())
  const { reference } = desired.image
  const live = await new FakeEngine({ world }).observe(desired.id, [reference])
  const newer = { ...live, newer: { [reference]: 'sha256:registry' } }
  const plan = planSandbox(desired, newer, options)
  expect(plan).toMatchObject({ action: 'reuse', steps: [] })
  expect(plan.notes).toMatchObject([{ kind: 'tag-moved', to: 'sha256:registry' }])
  const upgrade = planSandbox(desired, newer, { ...options, upgrade: true })
  expect(upgrade).toMatchObject({ action: 'recreate', reason: 'image_moved' })
  expect(upgrade.steps[0]).toEqual({ do: 'pull-image', reference })
})

test('what this sbx decides otherwise for every sandbox is a note, and what an upgrade brings', async () => {
  const { world } = await appliedWorld()
  const desired = here(world, file())
  const live = await new FakeEngine({ world }).observe(desired.id, [desired.image.reference])
  const containers = live.containers.map((each) => ({ ...each, fixed: { ...each.fixed, isOlder: true } }))
  const plan = planSandbox(desired, { ...live, containers }, options)
  expect(plan).toMatchObject({ action: 'reuse', steps: [], notes: [{ kind: 'newer-recipe', what: 'settings' }] })
  const upgrade = planSandbox(desired, { ...live, containers }, { ...options, upgrade: true })
  expect(upgrade).toMatchObject({ action: 'recreate', reason: 'image_moved', changes: [{ path: '/settings' }] })
})
