import { expect, test } from 'vitest'
import { fail } from '../../src/model/diagnostic.js'
import type { Step } from '../../src/model/plan.js'
import { sharingImages } from '../../src/plan/images-once.js'
import { emptyWorld } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'

const pull: Step = { do: 'pull-image', reference: 'acme/agent:1' }

test('an image that several need at once is had once, and whoever waits for it has it', async () => {
  const engine = new FakeEngine({ world: emptyWorld() })
  const sharing = sharingImages(engine)
  await Promise.all([sharing.perform(pull), sharing.perform(pull), sharing.perform(pull)])
  expect(engine.performed).toEqual([pull])
  expect(engine.world.images.has('acme/agent:1')).toBe(true)
  await sharing.perform({ do: 'create-network', access: 'open' })
  await sharing.perform({ do: 'create-network', access: 'open' })
  expect(engine.performed).toHaveLength(3)
})

test('one that cannot be had for one cannot be had for any, and is asked for once', async () => {
  let asked = 0
  const beforeStep = (): never => {
    asked += 1
    return fail('engine/no-image', 'An image cannot be had', { detail: 'It is gone.' })
  }
  const sharing = sharingImages(new FakeEngine({ world: emptyWorld(), beforeStep }))
  const results = await Promise.allSettled([sharing.perform(pull), sharing.perform(pull)])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(asked).toBe(1)
})

test('all else is the engine itself', async () => {
  const engine = new FakeEngine({ world: emptyWorld() })
  const sharing = sharingImages(engine)
  expect(sharing.endpoint).toBe(engine.endpoint)
  expect(await sharing.id()).toBe(await engine.id())
})
