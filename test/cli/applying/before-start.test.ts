// What came to lie in the way of a start while images were pulled and built is not started upon.

import { renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rememberApproved } from '../../../src/cli/approving/approvals.js'
import type { Planned } from '../../../src/cli/planning/planning.js'
import { stillApproved } from '../../../src/cli/approving/still-approved.js'
import type { Step } from '../../../src/model/plan.js'
import { applyPlan } from '../../../src/plan/apply.js'
import { readApprovals, writeApprovals } from '../../../src/resolve/approvals.js'
import { withNeighbours } from '../../../src/resolve/resolve.js'
import { machine, type Machine } from '../../resolve/fixture.js'
import { applyTo } from '../../support/applying.js'
import { person, planOf } from '../../support/approving.js'
import { desiredFrom } from '../../support/arbitraries.js'
import { containerSpec, emptyWorld, file, recordSpec } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import type { FakeWorld } from '../../support/fake-world.js'

type Place = Machine & { readonly world: FakeWorld; readonly source: string; readonly stateFolder: string }

/** Another sandbox, which can write to a folder. */
async function neighbour(world: FakeWorld, source: string): Promise<void> {
  const identity = { id: 'api-000001', displayName: 'api', workspace: '/src/api', agent: 'claude', profile: null }
  const spec = { ...containerSpec, volumes: {}, mounts: { '/all': { source, readonly: false } } }
  const { error } = await applyTo(world, desiredFrom(identity, spec, recordSpec))
  expect(error).toBe(null)
}

/** Applies, and lets something happen once the container is made. Gives the code of what kept it from being started. */
async function codeAfter(
  happens: (place: Place, planned: Planned) => Promise<void> | void,
  before: (place: Place) => Promise<void> = async () => Promise.resolve(),
): Promise<string | null> {
  const user = machine()
  const world = emptyWorld()
  const place = { ...user, world, source: user.folder('disk/data'), stateFolder: user.folder('state') }
  await before(place)
  const mounts = { '/data': { source: place.source, readonly: true } }
  const spec = { workspace: { path: user.workspace, readonly: false }, mounts }
  const grants = [{ key: 'mount:/data', value: `ro:${place.source}`, summary: 'data' }]
  const bare = { ...file({ container: spec }), workspace: user.workspace, grants }
  const engine = new FakeEngine({ world })
  const others = (await engine.observe(bare.id, [])).others
  const planned: Planned = {
    ...(await planOf(world, withNeighbours(bare, others, user.home))),
    declared: { host: { stateFolder: place.stateFolder, home: user.home, scope: '' } } as Planned['declared'],
  }
  await rememberApproved(person(null).invocation, engine, planned)
  const { signal } = new AbortController()
  const started: Step[] = []
  let isMade = false
  const { beforeStart, beforeStop } = stillApproved(engine, planned, {})
  const failure = await applyPlan(planned.plan, engine, {
    signal,
    onStep: ({ kind, step }) => {
      isMade ||= step.do === 'create-container' && kind === 'done'
      if (step.do === 'start' && kind === 'begun') started.push(step)
    },
    beforeStop,
    async beforeStart() {
      expect(isMade).toBe(true)
      await happens(place, planned)
      await beforeStart()
    },
  }).then(
    () => null,
    (error: { diagnostics: readonly { code: string }[] }) => error.diagnostics[0]?.code ?? '',
  )
  expect(started).toHaveLength(failure === null ? 1 : 0)
  return failure
}

test('where nothing happened it is started', async () => {
  expect(await codeAfter(() => undefined)).toBe(null)
})

test('a source that became a link is not mounted', async () => {
  const swapped = ({ source, home }: Place): void => {
    renameSync(source, `${source}-away`)
    symlinkSync(join(home, '.aws'), source)
  }
  expect(await codeAfter(swapped)).toBe('resolve/source-changed')
})

test('nor one that another sandbox has come to write above', async () => {
  expect(await codeAfter(async ({ world, root }) => neighbour(world, join(root, 'disk')))).toBe(
    'resolve/writable-source',
  )
})

test('nor a workspace that one has, unless that was approved', async () => {
  const come = async ({ world, home }: Place): Promise<void> => neighbour(world, join(home, 'src'))
  expect(await codeAfter(come)).toBe('approval/changed')
  expect(await codeAfter(() => undefined, come)).toBe(null)
})

test('a yes that was taken back meanwhile is none', async () => {
  const revoked = async ({ stateFolder }: Place, { desired }: Planned): Promise<void> => {
    const approvals = readApprovals(stateFolder, desired)
    if (approvals === null) throw new Error('nothing was kept')
    await writeApprovals(stateFolder, { ...approvals, grants: {} })
  }
  expect(await codeAfter(revoked)).toBe('approval/changed')
})
