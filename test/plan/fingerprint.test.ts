// Whatever a plan was made of and is another now is named; and nothing is named that stayed.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import type { Fingerprint, Moved } from '../../src/model/saved-plan.js'
import { fingerprintOf, movedGrants, movedSince, movedSteps, stepDigests } from '../../src/plan/fingerprint.js'
import { imageReferences } from '../../src/plan/steps.js'
import { applyTo, here, options, planFor } from '../support/applying.js'
import { desiredSandboxes, digestOf, plantedSecrets } from '../support/arbitraries.js'
import { appliedWorld, emptyWorld, file, ownContainer, recordSpec } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'
import type { FakeWorld } from '../support/fake-world.js'

const { resources } = recordSpec

async function taken(world: FakeWorld, desired: DesiredSandbox, entrypoint = '1'): Promise<Fingerprint> {
  const live = await new FakeEngine({ world }).observe(desired.id, imageReferences(desired))
  return fingerprintOf(here(world, desired), live, entrypoint)
}

/** What has moved while something happened. */
async function movedBy(happening: (world: FakeWorld) => unknown): Promise<readonly Moved[]> {
  const { world } = await appliedWorld()
  const before = await taken(world, file())
  await happening(world)
  return movedSince(before, await taken(world, file()))
}

describe('what a saved plan was made of has moved', () => {
  test('in nothing while nobody does anything', async () => {
    expect(await movedBy(() => undefined)).toEqual([])
  })

  test('when the file asks for something else: each setting that differs', async () => {
    const { world } = await appliedWorld()
    const before = await taken(world, file())
    const after = await taken(world, file({ container: { socket: 'host' }, record: { resources: { pids: 1 } } }))
    expect(movedSince(before, after)).toEqual([
      {
        what: 'config',
        before: before.config.digest,
        after: after.config.digest,
        settings: expect.arrayContaining(['/socket', '/resources/pids', '/resources/memory']) as object,
      },
    ])
  })

  test('when another apply has made the container anew: both ids, and when', async () => {
    const { world, container } = await appliedWorld()
    const before = await taken(world, file())
    await applyTo(world, file(), { recreate: true })
    const { id, createdAt } = ownContainer(world)
    expect(movedSince(before, await taken(world, file()))).toContainEqual({
      what: 'container',
      before: container.id,
      after: id,
      at: createdAt,
    })
  })

  test('when the container is gone', async () => {
    const moved = await movedBy((world) => world.containers.clear())
    expect(moved).toEqual([{ what: 'container', before: expect.any(String) as string }])
  })

  test('when a limit was changed by hand: the limit, before and after', async () => {
    const moved = await movedBy((world) => {
      ownContainer(world).limits = { ...resources, pids: 50 }
    })
    expect(moved).toMatchObject([
      { what: 'container', fact: '/observed/resources/pids', before: resources.pids, after: 50 },
    ])
  })

  test('when a limit was lifted by hand', async () => {
    const moved = await movedBy((world) => {
      ownContainer(world).limits = { pids: resources.pids }
    })
    expect(moved.map(({ fact, after }) => [fact, after])).toContainEqual(['/observed/resources/memory', undefined])
  })

  test('when it was stopped, and no more is said than that', async () => {
    const moved = await movedBy((world) => world.powerOff())
    expect(moved).toMatchObject([{ what: 'container', fact: '/state', before: 'running', after: 'exited' }])
  })

  test('when it was started again meanwhile', async () => {
    const moved = await movedBy((world) => {
      ownContainer(world).startedAt = '2026-01-01T00:00:00Z'
    })
    expect(moved).toMatchObject([{ what: 'container', fact: '/startedAt', after: '2026-01-01T00:00:00Z' }])
  })

  test('when a network was taken away', async () => {
    const moved = await movedBy((world) => {
      ownContainer(world).networkIds = []
    })
    expect(moved).toMatchObject([{ what: 'container', fact: '/observed/network', before: 'open', after: 'none' }])
  })

  test('when the image tag moved: both ids', async () => {
    const moved = await movedBy((world) => world.images.set('acme/agent:1', 'sha256:newer'))
    expect(moved).toEqual([
      { what: 'image', name: 'acme/agent:1', before: 'sha256:acme/agent:1-0', after: 'sha256:newer' },
    ])
  })

  test('when the image is gone, the home, or the record', async () => {
    expect(await movedBy((world) => world.images.clear())).toMatchObject([{ what: 'image', after: null }])
    const volumes = await movedBy((world) => world.volumes.clear())
    expect(volumes.map(({ what }) => what)).toEqual(['record', 'home'])
  })

  test('when the workspace folder was made anew', async () => {
    const moved = await movedBy((world) => world.remakeFolder('/src/web', '9:9:9'))
    expect(moved).toMatchObject([{ what: 'config', settings: ['/inode'] }])
  })

  test('when another sbx brings another entrypoint', async () => {
    const { world } = await appliedWorld()
    expect(movedSince(await taken(world, file()), await taken(world, file(), '2'))).toEqual([
      { what: 'entrypoint', before: '1', after: '2' },
    ])
  })

  test('when it is another sandbox, which is all there is to say', async () => {
    const { world } = await appliedWorld()
    const before = await taken(world, file())
    expect(movedSince(before, await taken(emptyWorld(), { ...file(), id: 'web-000000' }))).toEqual([
      { what: 'sandbox', before: 'web-3f2a1c', after: 'web-000000' },
    ])
  })
})

describe('what tells nothing has not moved', () => {
  test('a comment above a setting', async () => {
    const { world } = await appliedWorld()
    const at = (line: number) => ({ kind: 'file', at: { file: '/src/web/sandbox.yaml', line, column: 1 } }) as const
    const before = await taken(world, { ...file(), origins: { '/socket': at(3) } })
    expect(movedSince(before, await taken(world, { ...file(), origins: { '/socket': at(4) } }))).toEqual([])
  })

  test('another key, where no value was digested', async () => {
    const world = emptyWorld()
    const by = (digestKey: string) => file({ record: { env: {}, envFile: {}, secrets: {}, digestKey } })
    expect(movedSince(await taken(world, by('key-1')), await taken(world, by('key-2')))).toEqual([])
    const create = await planFor(world, by('key-1'))
    expect(movedSteps(stepDigests(create), await planFor(world, by('key-2')))).toEqual([])
  })

  test('another key, where one was: it is named, and the values are not', async () => {
    const { world } = await appliedWorld()
    const keyed = (digestKey: string) =>
      file({
        record: {
          ...{ digestKey, envFile: {}, secrets: {} },
          env: { TOKEN: { from: 'host', text: '${env:TOKEN}', digest: digestOf(digestKey, 'env', 'x') } },
        },
      })
    expect(movedSince(await taken(world, keyed('key-1')), await taken(world, keyed('key-2')))).toEqual([
      { what: 'key', before: 'key-1', after: 'key-2' },
    ])
  })
})

describe('the steps', () => {
  test('of two plans for one thing are the same, and of another thing are not', async () => {
    const { world } = await appliedWorld()
    const digests = stepDigests(await planFor(world, file(), { recreate: true }))
    expect(movedSteps(digests, await planFor(world, file(), { recreate: true }))).toEqual([])
    expect(movedSteps(digests, await planFor(world, file({ container: { socket: 'host' } })))).toMatchObject([
      { what: 'step', name: 'create-record' },
    ])
    expect(movedSteps(digests, await planFor(world, file()))).toMatchObject([{ before: digests.length, after: 0 }])
  })

  test('name each build by what is built, wherever that is written', () => {
    const step = (line: number) =>
      ({
        do: 'build-image',
        tag: 't',
        aliases: [],
        context: {
          ...{ files: {}, dockerfile: 'FROM x', buildArgs: {}, labels: {} },
          lastLines: [{ file: 'f', line, column: 1 }],
        },
      }) as const
    expect(stepDigests({ steps: [step(1)] })).toEqual(stepDigests({ steps: [step(2)] }))
    const other = { ...step(1), context: { ...step(1).context, dockerfile: 'FROM y' } }
    expect(stepDigests({ steps: [step(1)] })).not.toEqual(stepDigests({ steps: [other] }))
  })
})

test('a grant that is new, or for something else, or that nobody had to approve then, has moved', () => {
  const grant = { key: 'mount:/data', value: 'ro:/a', widens: true }
  const now = (change: object) => ({ grants: [{ ...grant, summary: '', ...change }] })
  expect(movedGrants([grant], now({}))).toEqual([])
  expect(movedGrants([grant], now({ widens: false }))).toEqual([])
  expect(movedGrants([], now({}))).toEqual([{ what: 'grant', name: 'mount:/data', after: 'ro:/a' }])
  expect(movedGrants([grant], now({ value: 'rw:/a' }))).toMatchObject([{ before: 'ro:/a', after: 'rw:/a' }])
  expect(movedGrants([{ ...grant, widens: false }], now({}))).toHaveLength(1)
})

test('no secret is in it, nor a digest that stands for one', async () => {
  await fc.assert(
    fc.asyncProperty(desiredSandboxes(), async (desired) => {
      const world = emptyWorld()
      await applyTo(world, desired)
      const text = JSON.stringify([await taken(world, desired), stepDigests(await planFor(world, desired, options))])
      for (const secret of plantedSecrets) {
        expect(text).not.toContain(secret)
        for (const key of ['key-1', 'key-2'])
          for (const name of ['env', 'secret', 'file']) expect(text).not.toContain(digestOf(key, name, secret))
      }
    }),
    { numRuns: 100 },
  )
})
