// What somebody else has put under the name of a container, a proxy or a home of ours is known to the plan, and costs one that makes none
// nothing.

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readDeclared } from '../../../src/cli/declared/declared.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { planDeclared, type Planned } from '../../../src/cli/planning/planning.js'
import { applyPlan } from '../../../src/plan/apply.js'
import { proxyImage } from '../../../src/template/proxy-image.js'
import { FakeEngine } from '../../support/fake-engine.js'

const reference = 'acme/agent:1'

let root: string
let engine: FakeEngine

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'sbx-name-taken-')))
  await mkdir(join(root, 'web'))
  engine = new FakeEngine()
  engine.world.images.set(reference, 'sha256:one')
})
afterEach(async () => {
  await rm(root, { recursive: true })
})

async function plan(text: string): Promise<Planned> {
  await writeFile(join(root, 'web/sandbox.yaml'), `agent: claude\ntemplate: ${reference}\n${text}`)
  const invocation: Invocation = {
    options: { color: false },
    signal: new AbortController().signal,
    env: { XDG_CONFIG_HOME: join(root, 'config'), XDG_STATE_HOME: join(root, 'state'), PATH: process.env['PATH'] },
    workingFolder: join(root, 'web'),
    ...{ input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() },
  }
  return planDeclared(await readDeclared(invocation), engine, { tell: () => undefined })
}

function nameOf({ plan: { steps } }: Planned): string {
  return steps.flatMap((step) => (step.do === 'create-container' ? [step.request.name] : []))[0] ?? ''
}

/** As another hand makes it. */
function occupy(name: string): string {
  const imageId = 'sha256:one'
  return engine.world.addContainer({
    ...{ name, request: null, imageId, limits: { pids: 0 }, networkIds: [], volumeNames: [] },
  })
}

const taken = { kind: 'failed', diagnostics: [{ code: 'engine/name-taken' }] }

test('of a create and of a recreate', async () => {
  const stranger = occupy(nameOf(await plan('')))
  await expect(plan('')).rejects.toMatchObject(taken)
  engine.world.containers.delete(stranger)
  const { plan: create } = await plan('')
  await applyPlan(create, engine, { signal: new AbortController().signal, onStep: () => undefined })
  const recreated = await plan('network: none\n')
  expect(recreated.plan.action).toBe('recreate')
  occupy(nameOf(recreated))
  await expect(plan('network: none\n')).rejects.toMatchObject(taken)
})

test('of a proxy, also where the container stays', async () => {
  engine.world.images.set(proxyImage().reference, 'sha256:proxy')
  const limited = (host: string) => plan(`network: { allow: [${host}] }\n`)
  const proxyOf = ({ plan: { steps } }: Planned): string =>
    steps.flatMap((step) => (step.do === 'create-proxy' ? [step.request.name] : []))[0] ?? ''
  const create = await limited('a.example')
  const stranger = occupy(proxyOf(create))
  await expect(limited('a.example')).rejects.toMatchObject(taken)
  engine.world.containers.delete(stranger)
  await applyPlan(create.plan, engine, { signal: new AbortController().signal, onStep: () => undefined })
  const other = await limited('b.example')
  expect([other.plan.action, nameOf(other)]).toEqual(['update', ''])
  occupy(proxyOf(other))
  await expect(limited('b.example')).rejects.toMatchObject(taken)
})

test('of a home', async () => {
  const home = (await plan('')).desired.homeVolume
  engine.world.createVolume({ name: home, holds: 'unknown', sandboxId: null, record: null })
  await expect(plan('')).rejects.toMatchObject({ kind: 'failed', diagnostics: [{ code: 'engine/volume-taken' }] })
})

test('and no name is asked for where no container is made', async () => {
  const { plan: create } = await plan('')
  await applyPlan(create, engine, { signal: new AbortController().signal, onStep: () => undefined })
  occupy('sbx-somebody-else')
  const asked: string[] = []
  engine.checkNames = async (steps) => {
    asked.push(...steps.map((step) => step.do))
  }
  expect((await plan('')).plan.action).toBe('reuse')
  expect(asked).toEqual([])
})
