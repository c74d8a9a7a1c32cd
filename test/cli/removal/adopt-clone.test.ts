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
const host = { scope: '', programEnv: () => ({}) }

async function worldWithClone(): Promise<FakeWorld> {
  const world = emptyWorld()
  await applyTo(world, web)
  world.volumeFiles.set(`${source}/.git/HEAD`, { text: 'ref: refs/heads/sbx/web\n', modifiedAt: 1 })
  world.volumeFiles.set(`${source}/.git/refs/heads/sbx/web`, { text: `${'a'.repeat(40)}\n`, modifiedAt: 1 })
  return world
}

const everything = { yes: true, force: true, discard: true }

async function adopt(
  world: FakeWorld,
  hooks: FakeEngineOptions = {},
  { desired = api, options = everything }: { readonly desired?: typeof plain; readonly options?: object } = {},
): Promise<void> {
  const invocation: Invocation = {
    ...{ env: {}, workingFolder: '/src/api', options: { color: false, quiet: true } },
    ...{ input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() },
    signal: new AbortController().signal,
  }
  const declared = { desired, host, loaded: {} } as unknown as Declared
  await adoptInto(invocation, new FakeEngine({ world, ...hooks }), declared, web.id, options)
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
