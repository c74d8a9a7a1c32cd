// A saved plan over an engine in memory: whatever moves between the plan and its apply is named, and nothing is done.

import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readDeclared } from '../../../src/cli/declared/declared.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { planDeclared, type Planned } from '../../../src/cli/planning/planning.js'
import { planSaved } from '../../../src/cli/applying/plan-saved.js'
import { savePlan } from '../../../src/cli/planning/save-plan.js'
import { decodeSavedPlan, type SavedPlan } from '../../../src/cli/planning/saved-plan.js'
import type { PlanChoices } from '../../../src/cli/call/options.js'
import type { DiagnosticError } from '../../../src/model/diagnostic.js'
import { perform } from '../../support/applying.js'
import { FakeEngine } from '../../support/fake-engine.js'
import type { FakeContainer } from '../../support/fake-world.js'

const reference = 'acme/agent:1'
const base = `agent: claude\ntemplate: ${reference}\nname: web\nresources: { pids: 100 }\n`

let root: string
let engine: FakeEngine
let invocation: Invocation

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'sbx-plan-saved-')))
  await mkdir(join(root, 'web'))
  engine = new FakeEngine()
  engine.world.registry.set(reference, 'sha256:one')
  invocation = {
    options: { color: false },
    signal: new AbortController().signal,
    env: {
      ...{ XDG_CONFIG_HOME: join(root, 'config'), XDG_STATE_HOME: join(root, 'state') },
      ...{ PATH: process.env['PATH'], TOKEN: 'planted-secret' },
    },
    workingFolder: join(root, 'web'),
    ...{ input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() },
  }
  await write(base)
})
afterEach(async () => {
  await rm(root, { recursive: true })
})

async function write(text: string): Promise<void> {
  await writeFile(join(root, 'web/sandbox.yaml'), text)
}

async function plan(options: PlanChoices = {}): Promise<Planned> {
  return planDeclared(await readDeclared(invocation), engine, { ...options, tell: () => undefined })
}

async function apply(): Promise<FakeContainer> {
  const { error } = await perform(engine.world, (await plan()).plan)
  expect(error).toBeNull()
  const [container] = [...engine.world.containers.values()]
  if (container === undefined) throw new Error('no container')
  return container
}

async function save(options: PlanChoices = {}): Promise<void> {
  const planned = await plan(options)
  await savePlan(invocation, planned, engine, options, { file: 'p.json', next: 'sbx apply p.json' })
}

async function again(over: Partial<SavedPlan> = {}): Promise<Planned> {
  const { saved } = await decodeSavedPlan(await readFile(join(root, 'web/p.json'), 'utf8'), 'p.json')
  const request = { file: 'p.json', saved: { ...saved, ...over }, isApproval: true }
  return planSaved(invocation, request, await readDeclared(invocation), engine)
}

/** What the refusal lists, without the row of a config that stayed as it was. */
async function moved(over: Partial<SavedPlan> = {}): Promise<readonly (readonly string[])[]> {
  const performed = engine.performed.length
  const error = await again(over).then(
    () => null,
    (thrown: unknown) => thrown as DiagnosticError,
  )
  expect(engine.performed.length).toBe(performed)
  expect(error).toMatchObject({ kind: 'stale', diagnostics: [{ code: 'plan/stale' }] })
  return (error?.diagnostics[0]?.table ?? []).filter((row) => !row.includes('same'))
}

describe('a saved plan is the one that is done', () => {
  test('of a create, an update and a recreate', async () => {
    await save()
    expect((await again()).plan).toEqual((await plan()).plan)
    await apply()
    await write(base.replace('100', '200'))
    await save()
    expect(await again()).toMatchObject({ plan: { action: 'update' } })
    await save({ recreate: true })
    expect(await again()).toMatchObject({ plan: { action: 'recreate', reason: 'requested' } })
  })

  test('also when nothing is to be done', async () => {
    await apply()
    await save()
    expect(await again()).toMatchObject({ plan: { action: 'reuse', steps: [] } })
  })

  test('whoever else makes a sandbox meanwhile', async () => {
    await save()
    const [container] = [...engine.world.containers.values()]
    expect(container).toBeUndefined()
    engine.world.addContainer({
      ...{ name: 'other', request: null, imageId: 'x', limits: { pids: 1 }, networkIds: [], volumeNames: [] },
    })
    expect(await again()).toMatchObject({ plan: { action: 'create' } })
  })

  test('and has no secret in it', async () => {
    await write(`${base}env: { TOKEN: "\${env:TOKEN}" }\nsecrets: { OTHER: { env: TOKEN } }\n`)
    await save()
    const { digestKey, secrets } = (await plan()).desired.recordSpec
    const text = await readFile(join(root, 'web/p.json'), 'utf8')
    expect(text).toContain(digestKey)
    expect(text).not.toContain('planted-secret')
    expect(text).not.toContain(secrets['OTHER']?.digest ?? 'no digest')
  })
})

describe('a saved plan is refused, and what moved is named,', () => {
  test('when the engine is another', async () => {
    await apply()
    await save()
    engine.world.engineId = 'FAKE:2'
    engine.world.containers.clear()
    expect(await moved()).toEqual([['engine', 'FAKE:1', '->', 'FAKE:2', 'another engine']])
  })

  test('when the config changed', async () => {
    await save()
    await write(`${base.replace('100', '200')}network: none\n`)
    expect(await moved()).toMatchObject([['config', {}, '->', {}, 'changed: network, resources.pids']])
  })

  test('when a value of the host changed, which is not told', async () => {
    await write(`${base}env: { TOKEN: "\${env:TOKEN}" }\n`)
    await save()
    invocation = { ...invocation, env: { ...invocation.env, TOKEN: 'another-secret' } }
    const rows = await moved()
    expect(rows).toMatchObject([['config', {}, '->', {}, 'changed: env.TOKEN']])
    expect(JSON.stringify(rows)).not.toContain('secret')
  })

  test('when the container was made anew', async () => {
    const { id } = await apply()
    await save()
    expect((await perform(engine.world, (await plan({ recreate: true })).plan)).error).toBeNull()
    const [made] = [...engine.world.containers.keys()]
    expect(await moved()).toMatchObject([
      [
        'container',
        id.slice(0, 12),
        '->',
        made?.slice(0, 12),
        expect.stringMatching(/^recreated .* by another apply$/),
      ],
    ])
  })

  test('when a limit was changed by hand', async () => {
    const container = await apply()
    await save()
    container.limits = { pids: 50 }
    expect(await moved()).toMatchObject([['resources.pids', '100', '->', '50', {}]])
  })

  test('when the image tag moved on the engine', async () => {
    await apply()
    await save({ upgrade: true })
    engine.world.images.set(reference, 'sha256:two')
    expect(await moved()).toMatchObject([[`image ${reference}`, 'one', '->', 'two', 'the tag was moved']])
  })

  test('when the image tag moved in the registry that it would be pulled from', async () => {
    await save()
    engine.world.registry.set(reference, 'sha256:two')
    expect(await moved()).toMatchObject([[`image ${reference}`, 'one', '->', 'two', 'the registry has another']])
  })

  test('when more would be lost than the yes to it was for', async () => {
    const container = await apply()
    await save({ recreate: true, discard: true })
    expect(await again()).toMatchObject({ plan: { action: 'recreate' } })
    container.changedPaths = ['/opt/tool']
    expect(await moved()).toMatchObject([['files', '0 paths', '->', '1 path', {}]])
    await save({ recreate: true })
    container.changedPaths = [...container.changedPaths, '/opt/more']
    expect((await again()).risks.losses).not.toBeNull()
  })

  test('when it is for other steps than what it was made of comes to', async () => {
    await apply()
    await save({ recreate: true })
    expect(await moved({ call: {} })).toMatchObject([['steps', {}, '->', '0', {}]])
    await save()
    expect(await moved({ call: { recreate: true } })).toMatchObject([
      ['steps', '0', '->', {}, expect.stringMatching(/^others, from /)],
    ])
  })

  test('when it reaches further than what was looked at', async () => {
    await mkdir(join(root, 'data'))
    await write(`${base}mounts: ["${root}/data:/data"]\n`)
    await save()
    expect(await again()).toMatchObject({ plan: { action: 'create' } })
    const { saved } = await decodeSavedPlan(await readFile(join(root, 'web/p.json'), 'utf8'), 'p.json')
    const [sandbox] = saved.plan.sandboxes
    if (sandbox === undefined) throw new Error('no sandbox')
    const unseen = { ...sandbox, grants: sandbox.grants.filter(({ key }) => key !== 'mount:/data') }
    expect(await moved({ plan: { ...saved.plan, sandboxes: [unseen] } })).toMatchObject([
      ['grant mount:/data', '(none)', '->', `rw:${root}/data`, 'reaches further'],
    ])
  })

  test('with the call that makes it anew', async () => {
    await apply()
    await save({ recreate: true, upgrade: true, pull: 'missing' })
    engine.world.powerOff()
    await expect(again()).rejects.toMatchObject({
      diagnostics: [{ command: 'sbx plan --upgrade --recreate --pull missing -o p.json' }],
    })
  })
})
