// A home that goes to another sandbox: what happens where it does not get there.

import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { approve, carryOut } from '../../src/cli/adopt.js'
import type { Invocation } from '../../src/cli/invocation.js'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { fail } from '../../src/model/diagnostic.js'
import { type Adoption, planAdoption } from '../../src/plan/adoption.js'
import { appliedWorld, file } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'
import type { FakeWorld } from '../support/fake-world.js'

const source = 'sbx-web-3f2a1c-home'
const target = 'sbx-api-3f2a1c-home'
const api: DesiredSandbox = { ...file(), id: 'api-3f2a1c', displayName: 'api', homeVolume: target }

const invocation: Invocation = {
  env: {},
  workingFolder: '/src/api',
  input: new PassThrough(),
  output: new PassThrough(),
  errors: new PassThrough(),
  options: { color: false, quiet: true },
  signal: new AbortController().signal,
}

async function adoptionIn(world: FakeWorld): Promise<Adoption> {
  const engine = new FakeEngine({ world })
  const [own, old] = [await engine.observe(api.id, []), await engine.observe('web-3f2a1c', [])]
  return planAdoption(api, own, old, await engine.listLeftovers())
}

test('what goes with the old container is told beside the question', async () => {
  const { world, container } = await appliedWorld()
  container.changedPaths = ['/opt/tool', '/opt/other']
  const engine = new FakeEngine({ world })
  const [own, old] = [await engine.observe(api.id, []), await engine.observe('web-3f2a1c', [])]
  const { after } = await adoptionIn(world)
  await expect(approve(invocation, engine, { desired: api, own, old, after }, undefined, {})).rejects.toMatchObject({
    diagnostics: [{ code: 'cli/not-confirmed', detail: expect.stringContaining('outside of its home (2 files)') }],
  })
})

test.each(['running', 'paused'] as const)('open sessions of one that is %s need --force', async (state) => {
  const { world, container } = await appliedWorld()
  Object.assign(container, { state, sessions: 1 })
  const engine = new FakeEngine({ world })
  const [own, old] = [await engine.observe(api.id, []), await engine.observe('web-3f2a1c', [])]
  const { after } = await adoptionIn(world)
  const options = { yes: true }
  await expect(
    approve(invocation, engine, { desired: api, own, old, after }, undefined, options),
  ).rejects.toMatchObject({ diagnostics: [{ code: 'adopt/force', detail: expect.stringContaining('1 open session') }] })
})

function inUse(): never {
  return fail('engine/conflict', 'The engine refused', { detail: 'The volume is in use.' })
}

test('the home arrives, and the old sandbox is gone', async () => {
  const { world } = await appliedWorld()
  world.volumeFiles.set(`${source}/note`, { text: 'kept', modifiedAt: 1 })
  const content = await carryOut(invocation, new FakeEngine({ world }), await adoptionIn(world), { source, target })
  expect(content).toEqual({ files: 1, bytes: 4 })
  expect(world.volumeFiles.get(`${target}/note`)?.text).toBe('kept')
  expect(world.volumes.has(source)).toBe(false)
})

test('a home that another call made while a person was asked is left alone, and the old sandbox runs again', async () => {
  const { world, container } = await appliedWorld()
  const adoption = await adoptionIn(world)
  world.volumeFiles.set(`${source}/note`, { text: 'old', modifiedAt: 1 })
  world.createVolume({ name: target, holds: 'home', sandboxId: api.id, record: null })
  world.volumeFiles.set(`${target}/note`, { text: 'at work', modifiedAt: 2 })
  const engine = new FakeEngine({ world })
  await expect(carryOut(invocation, engine, adoption, { source, target })).rejects.toMatchObject({
    diagnostics: [{ code: 'adopt/home-taken' }],
  })
  expect(world.volumeFiles.get(`${target}/note`)?.text).toBe('at work')
  expect(engine.performed.map((step) => step.do)).not.toContain('remove-volume')
  expect(world.containers.get(container.id)?.state).toBe('running')
})

test('where half of a copy cannot be removed, the old sandbox runs again and the first failure is told first', async () => {
  const { world, container } = await appliedWorld()
  const adoption = await adoptionIn(world)
  const engine = new FakeEngine({ world, beforeStep: (step) => void (step.do === 'remove-volume' && inUse()) })
  engine.copyVolume = async () => fail('engine/copy-differs', 'A copy is not what was copied')
  await expect(carryOut(invocation, engine, adoption, { source, target })).rejects.toMatchObject({
    diagnostics: [
      { code: 'engine/copy-differs' },
      { code: 'adopt/not-undone', detail: 'remove-volume: The volume is in use.' },
    ],
  })
  expect(world.containers.get(container.id)?.state).toBe('running')
})
