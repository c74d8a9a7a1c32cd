// What is hidden, from one start to the next session.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { exportHome } from '../../../src/cli/removal/export-home.js'
import { beforeStart, fallenOutOf, pointingAtFiles, refuseUncovered } from '../../../src/cli/planning/hidden.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { performPlan } from '../../../src/cli/applying/perform.js'
import type { DesiredSandbox } from '../../../src/model/desired.js'
import { DiagnosticError, fail } from '../../../src/model/diagnostic.js'
import type { Step } from '../../../src/model/plan.js'
import { imageReferences } from '../../../src/plan/steps.js'
import { risks } from '../../../src/plan/risks.js'
import { planSandbox } from '../../../src/plan/plan.js'
import { folderIdentity } from '../../../src/resolve/hidden-state.js'
import { applyTo, options, planFor } from '../../support/applying.js'
import { emptyWorld, file, ownContainer } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'

/** A sandbox of a folder of this machine, which hides a file of it, before anything was applied. */
function hiding() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-hidden-')))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const host = { stateFolder: join(root, 'sbx') }
  const workspace = realpathSync(mkdtempSync(join(root, 'workspace-')))
  writeFileSync(join(workspace, '.env'), 'KEY=1')
  const example = file({ container: { workspace: { path: workspace, readonly: false }, hide: { '.env': 'file' } } })
  const desired: DesiredSandbox = { ...example, workspace, inode: '1:1:1', hidden: ['.env'] }
  const replace = (): void => {
    writeFileSync(join(workspace, '.env.new'), 'KEY=2')
    renameSync(join(workspace, '.env.new'), join(workspace, '.env'))
  }
  const world = emptyWorld()
  const look = () => new FakeEngine({ world }).observe(desired.id, imageReferences(desired))
  const apply = async (): Promise<string> => {
    await beforeStart(host, desired, await planFor(world, desired))
    expect(await applyTo(world, desired)).toMatchObject({ error: null })
    return ownContainer(world).id
  }
  return { host, workspace, desired, replace, world, look, apply }
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics[0]?.code ?? ''
    throw error
  }
  return 'nothing'
}

test('a file that is replaced after a start is in the next plan, which ends the sessions there are', async () => {
  const { host, desired, replace, look, apply } = hiding()
  await apply()
  expect(await fallenOutOf(host, await look())).toEqual({})
  replace()
  const live = await look()
  const fallen = await fallenOutOf(host, live)
  expect(fallen).toEqual({ fallenOut: ['.env'] })
  const plan = planSandbox(desired, live, { ...options, ...fallen })
  const session = { command: 'bash', terminal: 'pts/0', seconds: 1 }
  expect(risks(plan, { sessions: [session], losses: null }).sessions).toEqual([session])
})

test('a session does not begin in a sandbox whose file was replaced while it was being started', async () => {
  const { host, desired, replace, world, apply } = hiding()
  const plan = await planFor(world, desired)
  const id = await apply()
  expect(await codeOf(refuseUncovered(host, desired, plan, id))).toBe('nothing')
  replace()
  expect(await codeOf(refuseUncovered(host, desired, plan, id))).toBe('cli/not-hidden')
  expect(await codeOf(refuseUncovered(host, desired, await planFor(world, desired), id))).toBe('cli/not-hidden')
})

test('a start is refused where the file went since the plan', async () => {
  const { host, workspace, desired, world } = hiding()
  const plan = await planFor(world, desired)
  rmSync(join(workspace, '.env'))
  expect(await codeOf(beforeStart(host, desired, plan))).toBe('resolve/hidden-changed')
})

test('a plan that makes a container points at secrets, and no other does', async () => {
  const { workspace, desired, world, look, apply } = hiding()
  writeFileSync(join(workspace, '.env.production'), '')
  const planned = { plan: await planFor(world, desired), options }
  const { plan } = await pointingAtFiles(desired, await look(), planned)
  expect(plan.notes).toContainEqual({ kind: 'looks-secret', paths: ['.env.production'], all: ['.env'] })
  await apply()
  const later = { plan: await planFor(world, desired), options }
  expect(await pointingAtFiles(desired, await look(), later)).toBe(later)
})

/** The same of a file in a folder that an agent can rename, `config/keys`; and the next file, which hides another as well. */
async function applied() {
  const example = hiding()
  const { workspace, host, world } = example
  mkdirSync(join(workspace, 'config'))
  writeFileSync(join(workspace, 'config/keys'), 'KEY=1')
  const hides = (...paths: readonly string[]): DesiredSandbox => {
    const hide = Object.fromEntries(paths.map((path) => [path, 'file'] as const))
    const edited = file({ container: { workspace: { path: workspace, readonly: false }, hide } })
    return { ...edited, workspace, inode: folderIdentity(workspace) ?? '', hidden: paths }
  }
  const desired = hides('config/keys')
  await beforeStart(host, desired, await planFor(world, desired))
  expect((await applyTo(world, desired)).error).toBe(null)
  const rename = (): void => {
    renameSync(join(workspace, 'config'), join(workspace, 'elsewhere'))
    mkdirSync(join(workspace, 'config'))
    writeFileSync(join(workspace, 'config/keys'), 'decoy')
  }
  const invocation: Invocation = {
    env: { XDG_STATE_HOME: dirname(host.stateFolder) },
    ...{ workingFolder: workspace, input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() },
    options: { color: false, quiet: true },
    signal: new AbortController().signal,
  }
  const old = ownContainer(world)
  const fallen = async () => fallenOutOf(host, await example.look())
  return { ...example, hides, desired, rename, invocation, old, fallen }
}

test('a clone starts whatever was moved in the folder that it is one of', async () => {
  const { host, world, desired, rename } = await applied()
  rename()
  const { containerSpec } = desired
  const { hide: _, ...spec } = { ...containerSpec, workspace: { ...containerSpec.workspace, mode: 'clone' as const } }
  for (const [wanted, code] of [
    [desired, 'resolve/hidden-moved'],
    [{ ...desired, containerSpec: spec }, 'nothing'],
  ] as const) {
    const plan = await planFor(world, wanted, { recreate: true })
    expect(plan.steps.some((step) => step.do === 'start')).toBe(true)
    expect(await codeOf(beforeStart(host, wanted, plan))).toBe(code)
  }
})

describe('what was stopped for something that came to nothing', () => {
  /** Another hide list, of which the new container does not come up. */
  async function failing(hidden: readonly string[], happens: () => void = () => undefined) {
    const all = await applied()
    const { host, world, hides, invocation } = all
    const edited = hides(...hidden)
    const plan = await planFor(world, edited)
    expect(plan.action).toBe('recreate')
    await beforeStart(host, edited, plan)
    const beforeStep = (step: Step): void => {
      if (step.do !== 'start' || !('id' in step.target) || step.target.id === all.old.id) return
      happens()
      fail('engine/failed', 'the engine failed')
    }
    const failure = performPlan(invocation, new FakeEngine({ world, beforeStep }), plan)
    return { ...all, failure }
  }

  test.each([[['config/keys', '.env']], [['.env']], [[]]])(
    'runs again after an apply that hides %j failed, and hides what it was made to',
    async (hidden) => {
      const { failure, old, world, look, host, workspace } = await failing(hidden)
      expect(await codeOf(failure)).toBe('engine/failed')
      expect(world.containers.get(old.id)?.state).toBe('running')
      expect(await fallenOutOf(host, await look())).toEqual({})
      writeFileSync(join(workspace, 'new'), 'KEY=2')
      renameSync(join(workspace, 'new'), join(workspace, 'config/keys'))
      expect(await fallenOutOf(host, await look())).toEqual({ fallenOut: ['config/keys'] })
    },
  )

  test('stays stopped where the folder of what it hides was moved meanwhile, and that is told', async () => {
    for (const hidden of [['config/keys', '.env'], []]) {
      let move = (): void => undefined
      const { failure, old, world, rename } = await failing(hidden, () => move())
      move = rename
      await expect(failure).rejects.toMatchObject({
        diagnostics: [{ code: 'engine/failed' }, { detail: expect.stringContaining('config in ') }],
      })
      expect(world.containers.get(old.id)?.state).toBe('exited')
    }
  })

  test('an export that fails starts it again, or not, likewise', async () => {
    for (const isMoved of [false, true]) {
      const { world, invocation, old, rename, look } = await applied()
      const engine = new FakeEngine({ world })
      engine.exportVolume = async () => {
        if (isMoved) rename()
        return fail('engine/archive-cut', 'An archive ended early')
      }
      const { id } = await look()
      const home = { volume: `sbx-${id}-home`, sandboxId: id }
      expect(await codeOf(exportHome(invocation, engine, home, 'home.tar'))).toBe('engine/archive-cut')
      expect(world.containers.get(old.id)?.state).toBe(isMoved ? 'exited' : 'running')
    }
  })

  test('one whose hidden file was deleted meanwhile shows nothing, and runs', async () => {
    let remove = (): void => undefined
    const { failure, old, world, workspace } = await failing(['config/keys', '.env'], () => remove())
    remove = () => rmSync(join(workspace, 'config/keys'))
    expect(await codeOf(failure)).toBe('engine/failed')
    expect(world.containers.get(old.id)?.state).toBe('running')
  })
})

test('own folders are made before a start, and a plan that makes a container tells which of them cover something', async () => {
  const { host, workspace, desired, world, look } = hiding()
  const own = { node_modules: true, '.venv': true } as const
  const owning: DesiredSandbox = { ...desired, containerSpec: { ...desired.containerSpec, own } }
  mkdirSync(join(workspace, 'node_modules'))
  writeFileSync(join(workspace, 'node_modules/package'), '')
  const { plan } = await pointingAtFiles(owning, await look(), { plan: await planFor(world, owning), options })
  expect(plan.notes).toContainEqual({ kind: 'own-covers', paths: ['node_modules'] })
  await beforeStart(host, owning, { ...plan, steps: plan.steps.filter((step) => step.do !== 'start') })
  expect(existsSync(join(workspace, '.venv'))).toBe(false)
  await beforeStart(host, owning, plan)
  expect(readdirSync(join(workspace, '.venv'))).toEqual([])
})
