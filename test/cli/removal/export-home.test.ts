// A home as a file: nothing is stopped for one that cannot be written, nor stays so.

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exportHome } from '../../../src/cli/removal/export-home.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { fail } from '../../../src/model/diagnostic.js'
import { appliedWorld } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'

const home = { volume: 'sbx-web-3f2a1c-home', sandboxId: 'web-3f2a1c' }
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sbx-export-'))
})

afterEach(async () => rm(folder, { recursive: true }))

function invocation(): Invocation {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const { signal } = new AbortController()
  return { env: {}, workingFolder: folder, input, output, errors, options: { color: false, quiet: true }, signal }
}

test('the home is written for its owner alone, of a sandbox that was stopped', async () => {
  const { world, container } = await appliedWorld()
  world.volumeFiles.set(`${home.volume}/note`, { text: 'kept', modifiedAt: 1 })
  await exportHome(invocation(), new FakeEngine({ world }), home, 'home.tar')
  expect(await readFile(join(folder, 'home.tar'), 'utf8')).toBe('web-3f2a1c/note\0kept\0')
  expect((await stat(join(folder, 'home.tar'))).mode & 0o777).toBe(0o600)
  expect(world.containers.get(container.id)?.state).toBe('exited')
})

test('for a file that is there already nothing is stopped', async () => {
  const { world, container } = await appliedWorld()
  await writeFile(join(folder, 'home.tar'), 'mine')
  const engine = new FakeEngine({ world })
  await expect(exportHome(invocation(), engine, home, 'home.tar')).rejects.toMatchObject({
    diagnostics: [{ code: 'cli/export-file' }],
  })
  expect(engine.performed).toEqual([])
  expect(world.containers.get(container.id)?.state).toBe('running')
  expect(await readFile(join(folder, 'home.tar'), 'utf8')).toBe('mine')
})

test('where the export fails, what was stopped for it runs again and no file stays', async () => {
  const { world, container } = await appliedWorld()
  const engine = new FakeEngine({ world })
  engine.exportVolume = async () => fail('engine/archive-cut', 'An archive ended early')
  await expect(exportHome(invocation(), engine, home, 'home.tar')).rejects.toMatchObject({
    diagnostics: [{ code: 'engine/archive-cut' }],
  })
  expect(engine.performed.map((step) => step.do)).toEqual(['stop', 'start'])
  expect(world.containers.get(container.id)?.state).toBe('running')
  await expect(stat(join(folder, 'home.tar'))).rejects.toMatchObject({ code: 'ENOENT' })
})
