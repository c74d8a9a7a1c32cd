// When a registry is asked for an image, and what is made of its answer.

import { expect, test } from 'vitest'
import { askRegistry, refusePulls } from '../../../src/cli/declared/registry.js'
import type { ChangeOptions } from '../../../src/cli/call/options.js'
import { planSandbox } from '../../../src/plan/plan.js'
import { options } from '../../support/applying.js'
import { appliedWorld, emptyWorld, file } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import type { FakeWorld } from '../../support/fake-world.js'

const desired = file()
const { reference } = desired.image

async function ask(world: FakeWorld, change: ChangeOptions) {
  const engine = new FakeEngine({ world })
  const told: string[] = []
  const live = await engine.observe(desired.id, [reference])
  const { newer } = await askRegistry(desired, live, engine, { ...change, tell: (line) => told.push(line) })
  return { newer, told }
}

test('a registry is asked where always is said or an upgrade wanted, and else not', async () => {
  const { world } = await appliedWorld()
  world.registry.set(reference, 'sha256:moved')
  const moved = { newer: { [reference]: 'sha256:moved' }, told: [] }
  expect(await ask(world, { pull: 'always' })).toEqual(moved)
  expect(await ask(world, { upgrade: true })).toEqual(moved)
  for (const change of [{}, { pull: 'missing' }, { pull: 'never' }, { pull: 'never', upgrade: true }] as const) {
    expect(await ask(world, change)).toEqual({ newer: undefined, told: [] })
  }
})

test('what the engine has, or the container was made from, is not newer', async () => {
  const { world, container } = await appliedWorld()
  world.registry.set(reference, world.images.get(reference) ?? '')
  expect((await ask(world, { pull: 'always' })).newer).toEqual({})
  world.images.set('another/name:1', container.imageId)
  world.images.delete(reference)
  world.registry.set(reference, container.imageId)
  expect((await ask(world, { pull: 'always' })).newer).toEqual({})
})

test('an image that only the engine has is told of by an upgrade, and an error where always is said', async () => {
  const { world } = await appliedWorld()
  world.registry.delete(reference)
  const { newer, told } = await ask(world, { upgrade: true })
  expect(newer).toEqual({})
  expect(told).toEqual([`No registry gives ${reference}; what the engine has is compared.`])
  await expect(ask(world, { pull: 'always' })).rejects.toMatchObject({ kind: 'failed' })
  world.images.delete(reference)
  await expect(ask(world, { upgrade: true })).rejects.toMatchObject({ kind: 'failed' })
})

test('all that would have to be pulled is named where nothing may be', async () => {
  const world = emptyWorld()
  world.images.delete(reference)
  const files = { Dockerfile: { mode: 0o644, text: `FROM ${reference}\nCOPY --from=acme/tools:2 /a /b\n` } }
  const context = { files, dockerfile: 'Dockerfile', buildArgs: {}, labels: {} }
  const build = { do: 'build-image', tag: 'localhost/made:1', aliases: [], context } as const
  const upon = { ...build, tag: 'localhost/upon:1', context: { ...context, files: onMade } }
  const built = { ...desired, image: { ...desired.image, reference: upon.tag, steps: [build, upon] } }
  const engine = new FakeEngine({ world })
  const plan = planSandbox(built, await engine.observe(built.id, []), options)
  await expect(refusePulls(built, plan, engine)).rejects.toMatchObject({
    diagnostics: [
      { code: 'cli/pull-never', detail: expect.stringContaining(`${reference}, acme/tools:2. Load`) as string },
    ],
  })
  world.images.set(reference, 'sha256:a').set('acme/tools:2', 'sha256:b')
  await refusePulls(built, plan, engine)
})

const onMade = { Dockerfile: { mode: 0o644, text: 'FROM localhost/made:1\n' } }
