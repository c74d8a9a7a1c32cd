// Work that began in a sandbox after its plan was approved is not ended by that plan.

import { expect, test } from 'vitest'
import type { Planned } from '../../../src/cli/planning/planning.js'
import { riskFacts } from '../../../src/cli/planning/risk-facts.js'
import { stillApproved } from '../../../src/cli/approving/still-approved.js'
import { applyPlan } from '../../../src/plan/apply.js'
import { planSandbox } from '../../../src/plan/plan.js'
import { risks } from '../../../src/plan/risks.js'
import { imageReferences } from '../../../src/plan/steps.js'
import { machine } from '../../resolve/fixture.js'
import { here, options } from '../../support/applying.js'
import { appliedWorld, file } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import type { FakeContainer } from '../../support/fake-world.js'

type Given = { readonly force?: boolean; readonly discard?: boolean }

/** Plans a recreate, lets something happen, and applies. Gives the state of the container that was in use. */
async function applyAfter(
  happens: (container: FakeContainer) => void,
  given: Given = {},
  before: (container: FakeContainer) => void = () => undefined,
): Promise<string | undefined> {
  const { world, container } = await appliedWorld()
  before(container)
  const engine = new FakeEngine({ world })
  const desired = here(world, file({ container: { mounts: {} } }))
  const live = await engine.observe(desired.id, imageReferences(desired))
  const plan = planSandbox(desired, live, options)
  const facts = await riskFacts(plan, live, engine)
  const { workspace, host } = machine()
  const declared = { host: await host() } as Planned['declared']
  // Long ago.
  const lookedAt = performance.now() - 60_000
  const planned = { declared, desired, live, plan, facts, risks: risks(plan, facts), options, lookedAt }
  happens(container)
  // Where there is such a folder.
  const spec = { ...desired.containerSpec, workspace: { path: workspace, readonly: false } }
  const placed = { ...planned, desired: { ...desired, containerSpec: spec } }
  const { signal } = new AbortController()
  try {
    await applyPlan(plan, engine, { signal, onStep: () => undefined, ...stillApproved(engine, placed, given) })
  } catch (error) {
    expect(error).toMatchObject({ kind: 'approval', diagnostics: [{ code: 'approval/changed' }] })
    expect([...world.containers.keys()]).toEqual([container.id])
  }
  return world.containers.get(container.id)?.state
}

test('where nothing happened it is done', async () => {
  expect(await applyAfter(() => undefined)).toBe(undefined)
})

test('a session that was opened goes on, and the sandbox is as it was', async () => {
  const opened = (container: FakeContainer): void => void (container.sessions += 1)
  expect(await applyAfter(opened)).toBe('running')
  expect(await applyAfter(opened, { discard: true })).toBe('running')
  expect(await applyAfter(opened, { force: true })).toBe(undefined)
  expect(await applyAfter(opened, {}, opened)).toBe('running')
})

test('files that were written stay, where none were to be lost', async () => {
  const written = (container: FakeContainer): void => void (container.changedPaths = ['/opt/tool'])
  expect(await applyAfter(written)).toBe('running')
  expect(await applyAfter(written, { force: true })).toBe('running')
  expect(await applyAfter(written, { discard: true })).toBe(undefined)
  expect(await applyAfter(() => undefined, {}, written)).toBe(undefined)
})

test('a yes to as many files is none to others', async () => {
  const has = (path: string) => (container: FakeContainer) => void (container.changedPaths = [path])
  expect(await applyAfter(has('/opt/other'), {}, has('/opt/tool'))).toBe('running')
})

test('a yes to one file is none to another, or to a package', async () => {
  const has = (...changedPaths: string[]) => {
    return (container: FakeContainer): void => void (container.changedPaths = changedPaths)
  }
  expect(await applyAfter(has('/opt/tool', '/opt/more'), {}, has('/opt/tool'))).toBe('running')
  expect(await applyAfter(has('/opt/tool', '/opt/more'), { discard: true }, has('/opt/tool'))).toBe(undefined)
  expect(await applyAfter(has('/opt/tool', '/var/lib/dpkg/info/jq.list'), {}, has('/opt/tool'))).toBe('running')
  expect(await applyAfter(has('/opt/tool'), {}, has('/opt/tool', '/opt/more'))).toBe(undefined)
})
