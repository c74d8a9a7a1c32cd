import { expect, test } from 'vitest'
import { riskFacts } from '../../../src/cli/planning/risk-facts.js'
import { risks } from '../../../src/plan/risks.js'
import { applyTo, planFor } from '../../support/applying.js'
import { appliedWorld, file } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'

const keeping = { keep: 'files', recreate: true } as const

test('whether what was kept before can be kept again is known before anything is stopped', async () => {
  const { world } = await appliedWorld()
  const asked: unknown[] = []
  class Asked extends FakeEngine {
    override changes(id: string, since?: Parameters<FakeEngine['changes']>[1]): ReturnType<FakeEngine['changes']> {
      asked.push(since)
      return super.changes(id, since)
    }
  }
  const engine = new Asked({ world })
  const look = async (over: Parameters<typeof planFor>[2]): Promise<unknown> => {
    const plan = await planFor(world, file(), over)
    return risks(plan, await riskFacts(plan, await engine.observe(file().id, []), engine)).losses
  }
  expect(await look(keeping)).toBeNull()
  await applyTo(world, file(), keeping)
  expect(await look(keeping)).toBeNull()
  expect(await look({ recreate: true })).toBeNull()
  expect(asked).toEqual(['image', 'kept', 'image'])
  for (const container of world.containers.values()) container.uncounted = 'kept-list'
  expect(await look(keeping)).toMatchObject({ uncounted: 'kept-list' })
})

test('what would be lost is sized by folder, and where nobody can tell it has no size', async () => {
  const { world } = await appliedWorld()
  const look = async (): Promise<unknown> => {
    const engine = new FakeEngine({ world })
    const plan = await planFor(world, file(), { recreate: true })
    return risks(plan, await riskFacts(plan, await engine.observe(file().id, []), engine)).losses?.files.folders
  }
  for (const container of world.containers.values()) {
    container.changedPaths = ['/opt/tool/a', '/opt/tool/b', '/srv', '/srv/x']
  }
  expect(await look()).toEqual([
    { path: '/opt/tool/a', count: 1 },
    { path: '/opt/tool/b', count: 1 },
    { path: '/srv/x', count: 1 },
  ])
  for (const container of world.containers.values())
    container.sizes = { '/opt/tool/a': 7, '/opt/tool/b': 5, '/srv/x': 0 }
  expect(await look()).toEqual([
    { path: '/opt/tool/a', count: 1, size: { bytes: 7 } },
    { path: '/opt/tool/b', count: 1, size: { bytes: 5 } },
    { path: '/srv/x', count: 1, size: { bytes: 0 } },
  ])
})
