// A home that is of an earlier image, through applies that fail and are killed.

import { describe, expect, test } from 'vitest'
import type { ImageHome } from '../../src/model/home.js'
import { applyTo, planFor, type Fault } from '../support/applying.js'
import { emptyWorld, file, ownContainer } from '../support/examples.js'
import { decoded, type FakeWorld } from '../support/fake-world.js'

const first = 'sha256:acme/agent:1-0'
const second = 'sha256:newer'
const volume = file().homeVolume
const refreshHome = { except: [] }

/** In which somebody has changed one file of the home and deleted another. */
async function livedIn(): Promise<FakeWorld> {
  const world = emptyWorld()
  world.imageHomes.set(first, { '.gone': '1', '.mine': '1', '.rc': '1' })
  world.imageHomes.set(second, { '.gone': '2', '.mine': '2', '.new': '2', '.rc': '2' })
  await applyTo(world, file())
  world.volumeFiles.set(`${volume}/.mine`, { text: 'mine', modifiedAt: 0 })
  world.volumeFiles.delete(`${volume}/.gone`)
  world.images.set('acme/agent:1', second)
  return world
}

function homeIn(world: FakeWorld): Record<string, string> {
  const files = [...world.volumeFiles].filter(([path]) => path.startsWith(`${volume}/`))
  return Object.fromEntries(files.map(([path, { text }]) => [path.slice(volume.length + 1), text]))
}

const before = { '.mine': 'mine', '.rc': '1' }
const after = { '.mine': 'mine', '.new': '2', '.rc': '2' }

function recordedHomes(world: FakeWorld): (string | undefined)[] {
  return [...world.volumes.values()].flatMap(({ record }) => (record === null ? [] : [decoded(record).home]))
}

test('without the flag it stays as it is, and every apply and plan after it knows', async () => {
  const world = await livedIn()
  const { applied } = await applyTo(world, file(), { upgrade: true })
  expect(applied?.home).toMatchObject({ hidden: { count: 4 } })
  expect(homeIn(world)).toEqual(before)
  expect(recordedHomes(world)).toEqual([first])
  // Another container of the same image is no reason to forget it, nor is a change in place.
  await applyTo(world, file(), { recreate: true })
  await applyTo(world, file({ record: { env: {} } }))
  expect(recordedHomes(world)).toEqual([first])
  expect(ownContainer(world).imageId).toBe(second)
  expect(await planFor(world, file({ record: { env: {} } }))).toMatchObject({ action: 'reuse', steps: [] })
})

test('back on the image that it is of, it hides nothing', async () => {
  const world = await livedIn()
  await applyTo(world, file(), { upgrade: true })
  world.images.set('acme/agent:1', first)
  const { plan } = await applyTo(world, file(), { upgrade: true })
  expect(plan.steps.map((step) => step.do)).not.toContain('compare-homes')
  expect(recordedHomes(world)).toEqual([undefined])
})

test('what it hides is told before, as far as both images are known', async () => {
  const world = await livedIn()
  const homes: Record<string, ImageHome> = {
    [first]: [],
    [second]: [{ path: '.new', kind: 'file', mode: 0o644, size: 1, digest: '2' }],
  }
  const note = { kind: 'older-home', from: first, to: second, isBrought: false }
  expect((await planFor(world, file(), { upgrade: true, homes })).notes).toEqual([
    { ...note, hidden: { count: 1, first: [{ path: '.new', change: 'new' }] } },
  ])
  expect((await planFor(world, file(), { upgrade: true })).notes).toEqual([note])
  const equal = { ...homes, [second]: [] }
  expect((await planFor(world, file(), { upgrade: true, homes: equal })).notes).toEqual([])
  const large = { ...homes, [second]: 'too-much' } as const
  expect((await planFor(world, file(), { upgrade: true, homes: large })).notes).toEqual([])
})

describe.each([
  ['a recreate', async () => livedIn()],
  [
    'a restart',
    async () => {
      const world = await livedIn()
      await applyTo(world, file(), { upgrade: true })
      return world
    },
  ],
])('files that %s brings', (_, made) => {
  const flags = { upgrade: true, refreshHome }

  test('come at once', async () => {
    const world = await made()
    const { applied } = await applyTo(world, file(), flags)
    expect(applied?.home).toEqual({ brought: 2, left: 2 })
    expect(homeIn(world)).toEqual(after)
    expect(recordedHomes(world)).toEqual([undefined])
    expect(await planFor(world, file(), flags)).toMatchObject({ action: 'reuse', notes: [], steps: [] })
  })

  test('come with the next call wherever one failed or was killed', async () => {
    const { steps } = await planFor(await made(), file(), flags)
    for (const kind of ['crash', 'fail'] as const) {
      for (const when of ['before', 'after'] as const) {
        for (const at of steps.keys()) {
          const world = await made()
          const fault: Fault = { kind, at, when }
          const { error } = await applyTo(world, file(), flags, fault)
          expect(error).not.toBeNull()
          const states = [...world.containers.values()].map(({ state }) => state)
          if (kind === 'fail') expect(states).toContain('running')
          await applyTo(world, file(), flags)
          expect([fault, homeIn(world)]).toEqual([fault, after])
          expect(await planFor(world, file(), flags)).toMatchObject({ action: 'reuse', steps: [] })
        }
      }
    }
  })
})

test('below a mount and of a login nothing comes', async () => {
  const world = await livedIn()
  const mounts = { '/home/agent/data': { source: '/a', readonly: true }, '/data': { source: '/b', readonly: true } }
  const chosen = { upgrade: true, refreshHome: { except: ['/home/agent/.login'] } }
  const { steps } = await planFor(world, file({ container: { mounts } }), chosen)
  expect(steps.find((step) => step.do === 'refresh-home')).toMatchObject({
    except: ['/home/agent/.login', '/home/agent/data'],
  })
})
