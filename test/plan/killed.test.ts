// What an apply that was killed leaves to be told and done by the next one.

import { describe, expect, test } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import type { PlanOptions } from '../../src/plan/situation.js'
import { applyTo, perform, planFor } from '../support/applying.js'
import { withHosts } from '../support/arbitraries.js'
import { appliedWorld, emptyWorld, file, ownContainer } from '../support/examples.js'
import type { FakeWorld } from '../support/fake-world.js'
import { shortfalls } from '../support/goal.js'

function limited(
  allow: Readonly<Record<string, true>> = { 'a.example:443': true },
  edit: Parameters<typeof file>[0] = {},
) {
  return withHosts(file({ ...edit, container: { network: 'limited', ...edit.container } }), allow)
}

describe('a limited network that was started and not tried yet', () => {
  const ways: readonly {
    readonly name: string
    readonly desired: DesiredSandbox
    readonly over?: Partial<PlanOptions>
    readonly prepare?: (world: FakeWorld) => void
  }[] = [
    { name: 'a recreate', desired: limited(), over: { recreate: true } },
    {
      name: 'a recreate with another record',
      desired: limited({}, { container: { socket: 'host' }, record: { env: {} } }),
    },
    { name: 'a start', desired: limited(), prepare: (world) => void (ownContainer(world).state = 'exited') },
    { name: 'a restart', desired: limited(), prepare: (world) => void (ownContainer(world).readiness = 'lost') },
    { name: 'another list', desired: limited({ 'b.example:443': true }) },
    {
      name: 'a proxy that was stopped',
      desired: limited(),
      prepare: (world) => {
        for (const proxy of world.proxies.values()) proxy.state = 'exited'
      },
    },
  ]

  async function worldFor(prepare: ((world: FakeWorld) => void) | undefined, isNew: boolean): Promise<FakeWorld> {
    const world = emptyWorld()
    if (isNew) return world
    expect((await applyTo(world, limited())).error).toBeNull()
    prepare?.(world)
    return world
  }

  /** Killed at each step, before it took effect and after. */
  async function tryAll(
    desired: DesiredSandbox,
    over: Partial<PlanOptions>,
    fresh: () => Promise<FakeWorld>,
  ): Promise<number> {
    const { steps } = await planFor(await fresh(), desired, over)
    const verified = steps.findIndex((step) => step.do === 'verify-network')
    const started = steps.findIndex((step) => step.do === 'start' || step.do === 'start-proxy')
    expect(verified).toBeGreaterThan(started)
    let tried = 0
    for (let at = started; at <= verified; at++) {
      for (const when of ['before', 'after'] as const) {
        if (at === started && when === 'before') continue
        if (at === verified && when === 'after') continue
        const world = await fresh()
        await perform(world, await planFor(world, desired, over), { kind: 'crash', at, when })
        const next = await applyTo(world, desired)
        expect(next.error).toBeNull()
        expect(next.engine.performed.map((step) => step.do)).toContain('verify-network')
        expect(shortfalls(world, desired)).toEqual([])
        expect((await planFor(world, desired)).steps).toEqual([])
        tried += 1
      }
    }
    return tried
  }

  test('is tried by the next apply, wherever a create was killed', async () => {
    expect(await tryAll(limited(), {}, () => worldFor(undefined, true))).toBeGreaterThan(4)
  })

  test.each(ways)('is tried by the next apply, wherever $name was killed', async ({ desired, over = {}, prepare }) => {
    expect(await tryAll(desired, over, () => worldFor(prepare, false))).toBeGreaterThan(0)
  })
})

describe('a limit that a killed apply was to set', () => {
  const edited = file({ record: { resources: { memory: 3e9, pids: 99 } } })

  test.each(['create-record', 'update-limits'] as const)('is nobody’s hand, killed after %s', async (kind) => {
    const { world } = await appliedWorld()
    const plan = await planFor(world, edited)
    const at = plan.steps.findIndex((step) => step.do === kind)
    await perform(world, plan, { kind: 'crash', at, when: 'after' })
    const { changes } = await planFor(world, edited)
    expect(changes.filter(({ origin, lastApplied }) => origin === 'drift' || lastApplied !== undefined)).toEqual([])
    if (kind === 'create-record') expect(changes).toEqual(plan.changes)
    expect((await applyTo(world, edited)).error).toBeNull()
    expect(shortfalls(world, edited)).toEqual([])
  })

  test('is set even where the file leaves alone what other hands do to it', async () => {
    const { world } = await appliedWorld()
    const ignoring = { ...edited, lifecycle: { ...edited.lifecycle, ignoreDrift: ['resources'] } }
    const plan = await planFor(world, ignoring)
    const at = plan.steps.findIndex((step) => step.do === 'create-record')
    await perform(world, plan, { kind: 'crash', at, when: 'after' })
    expect((await applyTo(world, ignoring)).error).toBeNull()
    expect(ownContainer(world).limits).toEqual(edited.recordSpec.resources)
  })

  test('is still told from what somebody set since', async () => {
    const { world } = await appliedWorld()
    const plan = await planFor(world, edited)
    const at = plan.steps.findIndex((step) => step.do === 'create-record')
    await perform(world, plan, { kind: 'crash', at, when: 'after' })
    ownContainer(world).limits = { memory: 5e9, pids: 99 }
    const { changes } = await planFor(world, edited)
    expect(changes).toContainEqual(
      expect.objectContaining({ path: '/resources/memory', origin: 'drift', before: { value: 5e9 } }),
    )
    expect(changes).not.toContainEqual(expect.objectContaining({ path: '/resources/pids', origin: 'drift' }))
  })
})
