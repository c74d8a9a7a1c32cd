// A folder that was deleted, made anew and then moved, as `plan`, `plan --all` and `adopt` find it: the label of the container
// that stayed says on which folder it was made, and the record alone on which it was started.

import { cp, mkdir, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { adoptInto } from '../../../src/cli/removal/adopt.js'
import { declareAll, planAllDeclared } from '../../../src/cli/many/all.js'
import { readDeclared } from '../../../src/cli/declared/declared.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { planDeclared, type Planned } from '../../../src/cli/planning/planning.js'
import { applyPlan } from '../../../src/plan/apply.js'
import { readHost } from '../../../src/resolve/host.js'
import { FakeEngine } from '../../support/fake-engine.js'

let root: string
let engine: FakeEngine
let surveys: number

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'sbx-moved-')))
  await mkdir(join(root, 'web'))
  await writeFile(join(root, 'web/sandbox.yaml'), 'agent: claude\ntemplate: acme/agent:1\n')
  surveys = 0
  engine = new (class extends FakeEngine {
    override survey(references: readonly string[]): ReturnType<FakeEngine['survey']> {
      surveys += 1
      return super.survey(references)
    }
  })()
  engine.world.images.set('acme/agent:1', 'sha256:one')
})
afterEach(async () => {
  await rm(root, { recursive: true })
})

function callIn(folder: string): Invocation {
  return {
    options: { color: false, quiet: true },
    signal: new AbortController().signal,
    env: { XDG_CONFIG_HOME: join(root, 'config'), XDG_STATE_HOME: join(root, 'state'), PATH: process.env['PATH'] },
    workingFolder: join(root, folder),
    ...{ input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() },
  }
}

async function plan(folder: string): Promise<Planned> {
  return planDeclared(await readDeclared(callIn(folder)), engine, { tell: () => undefined })
}

async function apply(folder: string): Promise<Planned> {
  const planned = await plan(folder)
  await applyPlan(planned.plan, engine, { signal: new AbortController().signal, onStep: () => undefined })
  return planned
}

/** With its sandbox staying, which is started on the new one. */
async function madeAnew(): Promise<Planned> {
  await apply('web')
  await rename(join(root, 'web'), join(root, 'old'))
  await cp(join(root, 'old'), join(root, 'web'), { recursive: true })
  await rm(join(root, 'old'), { recursive: true })
  const planned = await apply('web')
  expect(planned.plan.action).toBe('update')
  return planned
}

test('a folder that was made anew and then moved is told as moved, and adopt knows it without a name', async () => {
  const { desired: old } = await madeAnew()
  expect(surveys).toBe(0)
  await rename(join(root, 'web'), join(root, 'moved'))
  const { plan: moved, desired } = await plan('moved')
  expect(moved.notes).toContainEqual(
    expect.objectContaining({ kind: 'moved-from', id: old.id, workspace: old.workspace }),
  )
  expect(surveys).toBe(1)
  const invocation = callIn('.')
  const all = await declareAll(invocation, await readHost(invocation.env), [], {})
  const { planned } = await planAllDeclared(invocation, engine, all, {})
  expect(planned.flatMap((each) => each.planned.plan.notes)).toContainEqual(
    expect.objectContaining({ kind: 'moved-from', id: old.id }),
  )
  expect(surveys).toBe(2)
  const declared = await readDeclared(callIn('moved'))
  await adoptInto(callIn('moved'), engine, declared, undefined, { yes: true, force: true, discard: true })
  expect((await engine.homes()).map(({ name }) => name)).toEqual([desired.homeVolume])
})

test('what was set aside under another path is no folder of the sandbox any more', async () => {
  await apply('web')
  await rename(join(root, 'web'), join(root, 'aside'))
  await cp(join(root, 'aside'), join(root, 'web'), { recursive: true })
  await apply('web')
  expect((await plan('aside')).plan.notes.map(({ kind }) => kind)).not.toContain('moved-from')
})
