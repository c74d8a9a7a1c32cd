// What `sbx rm` refuses before anything is removed.

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { removeFrom } from '../../../src/cli/removal/rm.js'
import type { Host } from '../../../src/resolve/host.js'
import { applyTo } from '../../support/applying.js'
import { appliedWorld, file } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'

const host = { scope: '' } as unknown as Host

function invocation(): Invocation {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const { signal } = new AbortController()
  return { env: {}, workingFolder: tmpdir(), input, output, errors, options: { color: false, quiet: true }, signal }
}

test('one file takes one home: with two sandboxes nothing is written or removed', async () => {
  const { world } = await appliedWorld()
  await applyTo(world, { ...file(), id: 'web-aa0000', profile: 'review', homeVolume: 'sbx-web-aa0000-home' })
  const engine = new FakeEngine({ world })
  const names = ['web-3f2a1c', 'web-aa0000']
  const options = { export: join(tmpdir(), 'no-such-folder', 'homes.tar'), force: true }
  await expect(removeFrom(invocation(), engine, host, names, options)).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [{ code: 'cli/export-one', detail: expect.stringContaining(names.join(', ')) }],
  })
  expect(engine.performed).toEqual([])
})

test('a sandbox without a home has none to export, and stays', async () => {
  const { world, container } = await appliedWorld()
  world.volumes.delete('sbx-web-3f2a1c-home')
  const engine = new FakeEngine({ world })
  const options = { export: 'home.tar', force: true }
  await expect(removeFrom(invocation(), engine, host, ['web-3f2a1c'], options)).rejects.toMatchObject({
    diagnostics: [{ code: 'cli/no-home' }],
  })
  expect(engine.performed).toEqual([])
  expect(world.containers.has(container.id)).toBe(true)
})

test('a home that another container has mounted is told before anything is stopped or removed', async () => {
  const { world, container } = await appliedWorld()
  const [home = ''] = container.volumeNames
  world.containers.set('other', { ...container, id: 'other', name: 'somebody', request: null, volumeNames: [home] })
  const engine = new FakeEngine({ world })
  await expect(
    removeFrom(invocation(), engine, host, ['web-3f2a1c'], { volumes: true, force: true }),
  ).rejects.toMatchObject({
    diagnostics: [{ code: 'engine/volume-held' }],
  })
  expect(engine.performed).toEqual([])
  expect(await removeFrom(invocation(), engine, host, ['web-3f2a1c'], { force: true })).toBe(0)
  world.containers.delete('other')
  expect(await removeFrom(invocation(), engine, host, ['web-3f2a1c'], { volumes: true, force: true })).toBe(0)
  expect(world.volumes.has(home)).toBe(false)
})
