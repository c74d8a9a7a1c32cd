// A clone goes with its home: killed and failing at every step of it, it is whole in one place at least.

import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { adoptInto } from '../../../src/cli/removal/adopt.js'
import type { Declared } from '../../../src/cli/declared/declared.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { DiagnosticError } from '../../../src/model/diagnostic.js'
import type { Step } from '../../../src/model/plan.js'
import { applyTo, Crash } from '../../support/applying.js'
import { desiredFrom, volumesOf, webIdentity } from '../../support/arbitraries.js'
import { containerSpec, emptyWorld, file, recordSpec } from '../../support/examples.js'
import { TestRepository } from '../support/repository.js'
import { FakeEngine, type FakeEngineOptions } from '../../support/fake-engine.js'
import type { FakeWorld } from '../../support/fake-world.js'

const workspace = { path: '/src/web', readonly: false, mode: 'clone' } as const
const web = file({ container: { workspace } })
const source = web.workspaceVolume ?? ''
const apiVolumes = { ...volumesOf('api-3f2a1c', 'sandbox'), '/src/web': 'sbx-api-3f2a1c-workspace' }
const target = apiVolumes['/src/web']
const plain = desiredFrom(
  { ...webIdentity, id: 'api-3f2a1c', displayName: 'api' },
  { ...containerSpec, volumes: volumesOf('api-3f2a1c', 'sandbox') },
  recordSpec,
)
const api = {
  ...plain,
  containerSpec: { ...plain.containerSpec, workspace, volumes: apiVolumes },
  ...{ workspaceVolume: target, clone: { branch: 'sbx/api', head: 'c0' } },
}
const host = { scope: '' }

async function worldWithClone(): Promise<FakeWorld> {
  const world = emptyWorld()
  await applyTo(world, web)
  world.volumeFiles.set(`${source}/.git/HEAD`, { text: 'ref: refs/heads/sbx/web\n', modifiedAt: 1 })
  world.volumeFiles.set(`${source}/.git/refs/heads/sbx/web`, { text: `${'a'.repeat(40)}\n`, modifiedAt: 1 })
  return world
}

const everything = { yes: true, force: true, discard: true }

type AdoptOptions = {
  readonly desired?: typeof plain
  readonly options?: object
  readonly engine?: FakeEngine
  readonly env?: Readonly<Record<string, string>>
}

async function adopt(
  world: FakeWorld,
  hooks: FakeEngineOptions = {},
  { desired = api, options = everything, env = {}, engine = new FakeEngine({ world, ...hooks }) }: AdoptOptions = {},
): Promise<void> {
  const invocation: Invocation = {
    ...{ env: {}, workingFolder: '/src/api', options: { color: false, quiet: true } },
    ...{ input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() },
    signal: new AbortController().signal,
  }
  const declared = { desired, host: { ...host, programEnv: () => env }, loaded: {} } as unknown as Declared
  await adoptInto(invocation, engine, declared, web.id, options)
}

function isWhole(world: FakeWorld, volume: string): boolean {
  return ['HEAD', 'refs/heads/sbx/web'].every((path) => world.volumeFiles.has(`${volume}/.git/${path}`))
}

function isArrived(world: FakeWorld): void {
  expect([isWhole(world, target), world.volumes.has(source)]).toEqual([true, false])
  expect([...world.volumes.keys()].filter((name) => /adopting|aside/.test(name))).toEqual([])
}

test('it is copied with the home, and found filled by the next apply', async () => {
  const world = await worldWithClone()
  await adopt(world)
  isArrived(world)
})

/** Strikes at one step, with what it throws. */
function at(index: number, error: Error): FakeEngineOptions {
  let count = -1
  const strike = (): void => {
    count += 1
    if (count >= index && (count === index || error instanceof Crash)) throw error
  }
  return { beforeStep: strike }
}

async function stepsOf(): Promise<number> {
  const steps: Step[] = []
  await adopt(await worldWithClone(), { beforeStep: (step) => void steps.push(step) })
  return steps.length
}

test('killed or failing anywhere it is whole, and the next call brings it to its end', async () => {
  const count = await stepsOf()
  expect(count).toBeGreaterThan(8)
  for (let index = 0; index < count; index += 1) {
    for (const error of [new Crash('killed'), failure()]) {
      const world = await worldWithClone()
      await adopt(world, at(index, error)).catch(() => undefined)
      expect(isWhole(world, source) || isWhole(world, target), String(index)).toBe(true)
      await adopt(world)
      isArrived(world)
    }
  }
})

function failure(): DiagnosticError {
  return new DiagnosticError([{ severity: 'error', code: 'engine/failed', summary: 'the engine failed' }])
}

test('two clones do not become one', async () => {
  const world = await worldWithClone()
  await applyTo(world, api)
  await expect(adopt(world)).rejects.toThrow('adopt/clone-there')
  expect(isWhole(world, source)).toBe(true)
})

test('where there is nothing for it to be in, what is nowhere else is named and needs a word', async () => {
  const world = await worldWithClone()
  await expect(adopt(world, {}, { desired: plain, options: { yes: true, force: true } })).rejects.toMatchObject({
    diagnostics: [{ code: 'adopt/costs', detail: expect.stringContaining('sbx/web aaaaaaa') as string }],
  })
  expect(isWhole(world, source)).toBe(true)
  await adopt(world, {}, { desired: plain })
  expect(world.volumes.has(source)).toBe(false)
})

const unasked = { options: { yes: true, force: true } }
const late = { text: `${'b'.repeat(40)}\n`, modifiedAt: 2 }

function commit(world: FakeWorld): void {
  world.volumeFiles.set(`${source}/.git/refs/heads/late`, late)
}

const lateAlone = {
  kind: 'approval',
  diagnostics: [
    {
      code: 'clone/unfetched',
      detail: expect.stringMatching(/1 branch that was not fetched \(late bbbbbbb\)/) as string,
      command: `sbx adopt --yes --force ${web.id} --discard`,
    },
  ],
}

/** Of the old one. */
function states(world: FakeWorld): readonly string[] {
  return [...world.containers.values()].filter(({ name }) => name.includes(web.id)).map(({ state }) => state)
}

/** Of which all that was committed is in the repository here, and nothing else is in it. */
async function worldWithNothingNew(): Promise<FakeWorld> {
  const world = await worldWithClone()
  world.volumeFiles.delete(`${source}/.git/refs/heads/sbx/web`)
  world.piped.set('git', () => ({ output: '', exitCode: 0 }))
  return world
}

test('what the repository has is not asked about, wherever its folder has gone', async () => {
  const repository = new TestRepository()
  repository.commit()
  const world = await worldWithNothingNew()
  world.volumeFiles.set(`${source}/.git/refs/heads/main`, { text: `${repository.head}\n`, modifiedAt: 1 })
  const into = { ...unasked, desired: { ...plain, workspace: repository.folder }, env: repository.env }
  await adopt(world, {}, into)
  expect(world.volumes.has(source)).toBe(false)
})

test('what is committed while somebody thinks about it ends the call before anything is stopped', async () => {
  const world = await worldWithNothingNew()
  const steps: Step['do'][] = []
  class Asking extends FakeEngine {
    override async sessions(): ReturnType<FakeEngine['sessions']> {
      commit(world)
      return Promise.resolve([])
    }
  }
  const engine = new Asking({ world, beforeStep: ({ do: each }) => void steps.push(each) })
  await expect(adopt(world, {}, { ...unasked, desired: plain, engine })).rejects.toMatchObject(lateAlone)
  expect([steps, states(world)]).toEqual([[], ['running']])
})

test('what is committed as it stops ends the call before anything goes, and it runs again', async () => {
  const world = await worldWithNothingNew()
  const beforeStep = (step: Step): void => void (step.do === 'stop' && commit(world))
  await expect(adopt(world, { beforeStep }, { ...unasked, desired: plain })).rejects.toMatchObject(lateAlone)
  expect([states(world), world.volumes.has(source)]).toEqual([['running'], true])
  expect([...world.volumes.keys()].filter((name) => /adopting|aside|api/.test(name))).toEqual([])
  world.volumeFiles.delete(`${source}/.git/refs/heads/late`)
  await adopt(world, {}, { ...unasked, desired: plain })
  expect(world.volumes.has(source)).toBe(false)
})

const isArriving = (step: Step): boolean => step.do === 'create-volume' && step.name.endsWith('-adopting-copied')

test('what comes to it when the copy has arrived is not removed with it', async () => {
  const world = await worldWithClone()
  const afterStep = (step: Step): void => void (isArriving(step) && commit(world))
  await expect(adopt(world, { afterStep }, unasked)).rejects.toMatchObject(lateAlone)
  expect([isWhole(world, source), isWhole(world, target), states(world)]).toEqual([true, true, ['exited']])
  // Another call asks about it, and about nothing that is in the copy.
  await expect(adopt(world, {}, unasked)).rejects.toMatchObject({
    diagnostics: [{ code: 'adopt/costs', detail: expect.stringContaining('(late bbbbbbb). Nothing') as string }],
  })
  expect(isWhole(world, source)).toBe(true)
  await adopt(world)
  isArrived(world)
})

test('one that is started when the copy has arrived is not removed', async () => {
  const world = await worldWithClone()
  const afterStep = (step: Step): void => {
    const [old] = [...world.containers.values()].filter(({ name }) => name.includes(web.id))
    if (isArriving(step) && old !== undefined) Object.assign(old, { state: 'running', startedAt: 'later' })
  }
  await expect(adopt(world, { afterStep }, unasked)).rejects.toMatchObject({
    diagnostics: [{ code: 'adopt/at-work', detail: expect.stringContaining('in it alone') as string }],
  })
  expect([isWhole(world, source), states(world)]).toEqual([true, ['running']])
})

test('a call that was killed once the copy had arrived goes on without a question', async () => {
  const world = await worldWithClone()
  const afterStep = (step: Step): void => {
    if (isArriving(step)) throw new Crash('killed')
  }
  await expect(adopt(world, { afterStep }, unasked)).rejects.toThrow('killed')
  await adopt(world, {}, unasked)
  isArrived(world)
})
