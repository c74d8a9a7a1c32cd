// A home that goes to another sandbox: killed at every step, failing at every step, and what it asks before.

import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { adoptInto } from '../../../src/cli/removal/adopt.js'
import { sayAbandoned } from '../../../src/cli/call/interruptions.js'
import type { Declared } from '../../../src/cli/declared/declared.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import type { AdoptOptions } from '../../../src/cli/call/options.js'
import { DiagnosticError, fail } from '../../../src/model/diagnostic.js'
import { canonicalJson } from '../../../src/model/json.js'
import { containerName } from '../../../src/model/names.js'
import type { Step } from '../../../src/model/plan.js'
import { checkHome } from '../../../src/plan/adoption.js'
import { planSandbox } from '../../../src/plan/plan.js'
import { Crash, options as planOptions } from '../../support/applying.js'
import { desiredFrom, volumesOf, webIdentity } from '../../support/arbitraries.js'
import { appliedWorld, containerSpec, recordSpec } from '../../support/examples.js'
import { FakeEngine, type FakeEngineOptions } from '../../support/fake-engine.js'
import { decoded, type FakeContainer, type FakeWorld } from '../../support/fake-world.js'
import { person } from '../../support/approving.js'

const web = webIdentity.id
const source = `sbx-${web}-home`
const api = desiredFrom(
  { ...webIdentity, id: 'api-3f2a1c', displayName: 'api' },
  { ...containerSpec, volumes: volumesOf('api-3f2a1c', 'sandbox') },
  recordSpec,
)
const target = api.homeVolume
const declared = { desired: api, host: { scope: '' }, loaded: {} } as unknown as Declared

function invocationWith(options: Partial<Invocation['options']> = {}): Invocation & { output: PassThrough } {
  return {
    env: {},
    workingFolder: '/src/api',
    ...{ input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() },
    options: { color: false, quiet: true, ...options },
    signal: new AbortController().signal,
  }
}

/** The old sandbox runs, with two files in its home; `own`: so does the one that gets it, with one in its own. */
async function worldWith(own: 'no home' | 'a home'): Promise<{ world: FakeWorld; container: FakeContainer }> {
  const { world, container } = await appliedWorld()
  world.volumeFiles.set(`${source}/note`, { text: 'of web', modifiedAt: 1 })
  world.volumeFiles.set(`${source}/more`, { text: 'of web', modifiedAt: 1 })
  if (own === 'a home') {
    const engine = new FakeEngine({ world })
    for (const step of planSandbox(api, await engine.observe(api.id, []), planOptions).steps) {
      const made = [...world.containers.values()].find(({ name }) => name.startsWith('sbx-api-'))?.id ?? ''
      await engine.perform('target' in step && 'made' in step.target ? { ...step, target: { id: made } } : step)
    }
    world.volumeFiles.set(`${target}/own`, { text: 'of api', modifiedAt: 1 })
  }
  return { world, container }
}

async function adopt(
  world: FakeWorld,
  options: AdoptOptions & FakeEngineOptions & { readonly name?: string; readonly call?: Invocation } = {},
): Promise<void> {
  const { name = web, beforeStep, afterStep, call = invocationWith(), ...flags } = options
  const hooks = {
    ...(beforeStep === undefined ? {} : { beforeStep }),
    ...(afterStep === undefined ? {} : { afterStep }),
  }
  const engine = new CopyingEngine({ world, ...hooks })
  await adoptInto(call, engine, declared, name, flags)
}

/** Copying is no step, and may fail, or be cut off, as well. */
class CopyingEngine extends FakeEngine {
  readonly #hooks: FakeEngineOptions

  constructor(options: FakeEngineOptions) {
    super(options)
    this.#hooks = options
  }

  override async copyVolume(from: string, to: string): ReturnType<FakeEngine['copyVolume']> {
    const copying: Step = { do: 'remove-volume', name: `copy of ${from}` }
    await this.#hooks.beforeStep?.(copying)
    const [one] = [...this.world.volumeFiles].filter(([path]) => path.startsWith(`${from}/`))
    if (one !== undefined) this.world.volumeFiles.set(to + one[0].slice(from.length), one[1])
    // Half of it is there.
    await this.#hooks.afterStep?.(copying)
    return super.copyVolume(from, to)
  }
}

function filesIn(world: FakeWorld, volume: string): string[] {
  return [...world.volumeFiles.keys()].filter((path) => path.startsWith(`${volume}/`)).sort()
}

function volumesNamed(world: FakeWorld, pattern: RegExp): string[] {
  return [...world.volumes.keys()].filter((name) => pattern.test(name))
}

const everything = { yes: true, force: true, discard: true }
const whole = [`${target}/more`, `${target}/note`]
const asItWas = [`${target}/own`]

function isArrived(world: FakeWorld): void {
  expect(filesIn(world, target)).toEqual(whole)
  expect(world.volumes.has(source)).toBe(false)
  expect(volumesNamed(world, /adopting|aside/)).toEqual([])
  expect([...world.containers.values()].filter(({ name }) => name.startsWith(`sbx-${web}-`))).toEqual([])
}

async function tryPlan(world: FakeWorld): Promise<ReturnType<typeof planSandbox>> {
  const live = await new FakeEngine({ world }).observe(api.id, [])
  checkHome(live, 'api')
  return planSandbox(api, live, planOptions)
}

/** How often a hook is called in an adoption that goes well. */
async function stepsOf(own: 'no home' | 'a home'): Promise<number> {
  const { world } = await worldWith(own)
  let count = 0
  await adopt(world, { ...everything, beforeStep: () => void (count += 1) })
  isArrived(world)
  return count
}

function hook(at: number, strike: () => never): () => void {
  let index = -1
  return () => {
    index += 1
    if (index >= at) strike()
  }
}

/** At one step, and not at those that take it back. */
function once(at: number): () => void {
  let index = -1
  return () => {
    index += 1
    if (index === at) fail('engine/failed', 'The engine failed', { detail: 'It did.' })
  }
}

test.each(['no home', 'a home'] as const)('killed at any step where there is %s: nothing is lost', async (own) => {
  const count = await stepsOf(own)
  expect(count).toBeGreaterThanOrEqual(own === 'a home' ? 18 : 10)
  for (const when of ['beforeStep', 'afterStep'] as const) {
    for (let at = 0; at < count; at += 1) {
      const { world } = await worldWith(own)
      const killed = hook(at, () => {
        throw new Crash('killed')
      })
      await expect(adopt(world, { ...everything, [when]: killed })).rejects.toThrow()
      const found = filesIn(world, target)
      const isHalf = await tryPlan(world).then(
        () => false,
        (error: unknown) => error instanceof DiagnosticError && error.diagnostics[0]?.code === 'adopt/half',
      )
      // What is not marked as half is whole: as it was, as it shall be, or not there.
      const isWhole = [whole, own === 'a home' ? asItWas : []].some((files) => String(files) === String(found))
      expect(isHalf || isWhole, `${when} ${String(at)}: ${found.join(' ')}`).toBe(true)
      if (String(found) !== String(whole)) expect(filesIn(world, source)).toHaveLength(2)
      const before = [filesIn(world, target), filesIn(world, `sbx-${api.id}-home-aside`)]
      if (own === 'a home' && String(found) !== String(whole)) {
        expect(before.some((files) => files.some((path) => path.endsWith('/own')))).toBe(true)
      }
      if (world.volumes.has(source) || isHalf || volumesNamed(world, /adopting/).length > 0) {
        await adopt(world, everything)
      }
      isArrived(world)
    }
  }
})

test.each(['no home', 'a home'] as const)('failing at any step where there is %s: all is as it was', async (own) => {
  const count = await stepsOf(own)
  for (const when of ['beforeStep', 'afterStep'] as const) {
    for (let at = 0; at < count; at += 1) {
      const { world, container } = await worldWith(own)
      const error = await adopt(world, { ...everything, [when]: once(at) }).then(
        () => null,
        (thrown: unknown) => thrown as DiagnosticError,
      )
      expect(error?.diagnostics[0]?.code).toBe('engine/failed')
      if (String(filesIn(world, target)) !== String(whole)) {
        expect(filesIn(world, target), `${when} ${String(at)}`).toEqual(own === 'a home' ? asItWas : [])
        expect(volumesNamed(world, /adopting|aside/), `${when} ${String(at)}`).toEqual([])
        expect(filesIn(world, source)).toHaveLength(2)
        expect(world.containers.get(container.id)?.state, `${when} ${String(at)}`).toBe('running')
      } else if (volumesNamed(world, /adopting/).length > 0) {
        expect(error?.diagnostics[0]?.detail).toContain('The home has arrived, and is whole')
        await adopt(world, everything)
        isArrived(world)
      }
    }
  }
})

async function half(own: 'no home' | 'a home'): Promise<FakeWorld> {
  const { world } = await worldWith(own)
  let copies = 0
  const afterStep = (step: Step): void => {
    if (step.do === 'remove-volume' && step.name === `copy of ${source}`) copies += 1
    if (copies > 0) throw new Crash('killed')
  }
  await expect(adopt(world, { ...everything, afterStep })).rejects.toThrow('killed')
  expect(filesIn(world, target)).toHaveLength(1)
  return world
}

test('half a home is no home: nobody is let into it, and the command that finishes it is named', async () => {
  const world = await half('no home')
  await expect(tryPlan(world)).rejects.toMatchObject({
    diagnostics: [{ code: 'adopt/half', command: `sbx adopt ${web}` }],
  })
  await expect(adopt(world, { ...everything, name: 'other' })).rejects.toMatchObject({
    diagnostics: [{ code: 'cli/no-such-sandbox' }],
  })
  await adopt(world, { ...everything })
  isArrived(world)
})

test('where the rest of a half has gone with its sandbox, both halves stay and that is said', async () => {
  const world = await half('a home')
  world.containers.clear()
  world.volumes.delete(source)
  await expect(adopt(world, everything)).rejects.toMatchObject({
    diagnostics: [{ code: 'adopt/source-gone', detail: expect.stringContaining(`sbx-${api.id}-home-aside`) }],
  })
  expect(filesIn(world, `sbx-${api.id}-home-aside`)).toHaveLength(1)
})

test('a plan tells of an adoption that is over but for the removal', async () => {
  const { world } = await worldWith('no home')
  const beforeStep = (step: Step): void => {
    if (step.do === 'remove-container') throw new Crash('killed')
  }
  await expect(adopt(world, { ...everything, beforeStep })).rejects.toThrow('killed')
  expect((await tryPlan(world)).notes).toContainEqual({ kind: 'unfinished-adoption', id: web, state: 'copied' })
  const call = invocationWith({ json: true })
  await adopt(world, { ...everything, call })
  expect(JSON.parse(String(call.output.read()))).toEqual({ format_version: '1.0', id: api.id, adopted: web })
  isArrived(world)
})

test('a home that another call made while a person was asked is left alone, and the old sandbox runs again', async () => {
  const { world, container } = await worldWith('no home')
  const beforeStep = (step: Step): void => {
    if (step.do !== 'create-volume' || step.holds !== 'home') return
    world.createVolume({ name: target, holds: 'home', sandboxId: api.id, record: null })
    world.volumeFiles.set(`${target}/note`, { text: 'at work', modifiedAt: 2 })
  }
  await expect(adopt(world, { ...everything, beforeStep })).rejects.toMatchObject({
    diagnostics: [{ code: 'adopt/home-taken' }],
  })
  expect(world.volumeFiles.get(`${target}/note`)?.text).toBe('at work')
  expect(volumesNamed(world, /adopting|aside/)).toEqual([])
  expect(world.containers.get(container.id)?.state).toBe('running')
})

test('where half of a copy cannot be removed, it stays marked, and the first failure is told first', async () => {
  const { world, container } = await worldWith('no home')
  const beforeStep = (step: Step): void => {
    if (step.do === 'remove-volume' && step.name === target) fail('engine/conflict', 'Refused', { detail: 'In use.' })
    if (step.do === 'remove-volume' && step.name.startsWith('copy of')) fail('engine/copy-differs', 'It differs')
  }
  await expect(adopt(world, { ...everything, beforeStep })).rejects.toMatchObject({
    diagnostics: [
      { code: 'engine/copy-differs' },
      { code: 'adopt/not-undone', detail: expect.stringContaining('In use.'), command: 'sbx adopt' },
    ],
  })
  await expect(tryPlan(world)).rejects.toMatchObject({ diagnostics: [{ code: 'adopt/half' }] })
  expect(world.containers.get(container.id)?.state).toBe('running')
})

test('--yes alone gives up no file, ends no session and replaces no home; each flag is named that would', async () => {
  const { world, container } = await worldWith('a home')
  Object.assign(container, { changedPaths: ['/opt/tool', '/opt/other'], sessions: 1 })
  for (const flags of [{ yes: true }, { yes: true, force: true }, { yes: true, discard: true }]) {
    const engine = new FakeEngine({ world })
    await expect(adoptInto(invocationWith(), engine, declared, web, flags)).rejects.toMatchObject({
      kind: 'approval',
      diagnostics: [
        {
          code: 'adopt/costs',
          detail: expect.stringMatching(/1 open session would be ended\. .* has by now would be lost\. .*\(2 files\)/),
          command: `sbx adopt --yes --force --discard ${web}`,
        },
      ],
    })
    expect(engine.performed).toEqual([])
  }
})

test('where somebody else has a home that is to go mounted, that is said before anything is done', async () => {
  for (const volume of [source, target]) {
    const { world, container } = await worldWith('a home')
    world.addContainer({
      ...{ name: 'stranger', request: null, imageId: 'sha256:one', limits: { pids: 0 }, networkIds: [] },
      volumeNames: [volume],
    })
    const engine = new FakeEngine({ world })
    await expect(adoptInto(invocationWith(), engine, declared, web, everything)).rejects.toMatchObject({
      kind: 'failed',
      diagnostics: [{ code: 'engine/volume-held', detail: 'stranger' }],
    })
    expect(engine.performed).toEqual([])
    expect(container.state).toBe('running')
  }
})

test('what a killed apply left beside either goes with it', async () => {
  const { world } = await worldWith('a home')
  for (const { request, volumeNames, imageId, networkIds } of [...world.containers.values()]) {
    if (request === null) throw new Error('a stranger')
    const { spec, sandbox, ...rest } = decoded(request)
    const changed = { ...spec, setup: ['true'] }
    const name = containerName('', sandbox.id, changed, null)
    world.addContainer({
      ...{ name, imageId, networkIds, volumeNames, limits: { pids: 1 } },
      request: canonicalJson({ ...rest, spec: changed, sandbox, name, replaces: null }),
    })
  }
  expect(world.containers.size).toBe(4)
  await adopt(world, everything)
  isArrived(world)
  expect(world.containers.size).toBe(0)
})

test('paused or not, an open session is one', async () => {
  const { world, container } = await worldWith('no home')
  Object.assign(container, { state: 'paused', sessions: 1 })
  await expect(adopt(world, { yes: true })).rejects.toMatchObject({
    diagnostics: [{ code: 'adopt/costs', command: `sbx adopt --yes --force ${web}` }],
  })
})

test('one that was at work again since its home was copied is not removed with --yes alone', async () => {
  const { world, container } = await worldWith('no home')
  const beforeStep = (step: Step): void => {
    if (step.do === 'remove-container') throw new Crash('killed')
  }
  await expect(adopt(world, { ...everything, beforeStep })).rejects.toThrow('killed')
  container.state = 'running'
  await expect(adopt(world, { yes: true })).rejects.toMatchObject({
    diagnostics: [{ code: 'adopt/costs', detail: expect.stringContaining('runs again since its home was copied') }],
  })
})

test('one that was at work again while its home was copied keeps it', async () => {
  const { world, container } = await worldWith('a home')
  const inOld = async (): Promise<void> => {
    const engine = new FakeEngine({ world })
    await engine.perform({ do: 'start', target: { id: container.id } })
    world.volumeFiles.set(`${source}/later`, { text: 'of web', modifiedAt: 2 })
    await engine.perform({ do: 'stop', target: { id: container.id } })
  }
  const afterStep = async (step: Step): Promise<void> => {
    if (step.do === 'remove-volume' && step.name === `copy of ${source}`) await inOld()
  }
  const adopting = adopt(world, { ...everything, afterStep })
  await expect(adopting).rejects.toMatchObject({ diagnostics: [{ code: 'adopt/at-work' }] })
  expect(world.volumeFiles.get(`${source}/later`)?.text).toBe('of web')
  expect(world.volumeFiles.get(`${target}/own`)?.text).toBe('of api')
  expect(world.volumeFiles.has(`${target}/note`)).toBe(false)
})

test('a person is asked once, with all that it costs', async () => {
  const { world, container } = await worldWith('no home')
  container.changedPaths = ['/opt/tool']
  const someone = person([[/remove web-3f2a1c\?.*\(1 file\) would be lost/s, 'y']])
  await adopt(world, { call: someone.invocation })
  isArrived(world)
})

test('whoever does not wait for a copy, or for its way back, is told what is whole and how to go on', async () => {
  const { world } = await worldWith('a home')
  const call = { ...invocationWith(), errors: new PassThrough() }
  const said: string[] = []
  const ask = (): void => {
    sayAbandoned()
    said.push(String((call.errors.read() as Buffer | null) ?? ''))
  }
  const copies: string[] = []
  const afterStep = (step: Step): void => {
    const name = 'name' in step ? String(step.name) : ''
    if (name.startsWith('copy of ')) ask()
    if (name.startsWith('copy of ')) copies.push(name)
    if (name === `copy of ${source}`) fail('engine/unreachable', 'Cannot reach the container engine')
  }
  await expect(adopt(world, { ...everything, call, afterStep })).rejects.toThrow()
  expect(copies).toHaveLength(3)
  expect(said).toEqual([
    expect.stringMatching(/Stopped in the middle[^]*being copied to[^]*sbx adopt web-3f2a1c/),
    expect.stringMatching(/Stopped in the middle[^]*being copied to[^]*sbx adopt web-3f2a1c/),
    expect.stringMatching(/Stopped in the middle[^]*taken back[^]*sbx adopt web-3f2a1c/),
  ])
  for (const text of said) expect(text.match(/Stopped in the middle/g)).toHaveLength(1)
  ask()
  expect(said.at(-1)).toBe('')
})
