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
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { beforeStart, fallenOutOf, pointingAtFiles, refuseUncovered } from '../../src/cli/hidden.js'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import { imageReferences } from '../../src/plan/steps.js'
import { risks } from '../../src/plan/risks.js'
import { planSandbox } from '../../src/plan/plan.js'
import { applyTo, options, planFor } from '../support/applying.js'
import { emptyWorld, file, ownContainer } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'

/** A sandbox of a folder of this machine, which hides a file of it, before anything was applied. */
function hiding() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-hidden-')))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const host = { stateFolder: join(root, 'state') }
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
