// What is kept of a workspace for the end of a session that outlives sbx.

import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepBefore, readBefore, removeBefore } from '../../src/resolve/kept-before.js'
import { lookBefore } from '../../src/resolve/workspace-report.js'
import { machine } from './fixture.js'

const key = { sandboxId: 'web-123456', sessionId: '65a0b1c2d3' }

/** A workspace, and the state folder beside it. */
function here() {
  const { workspace: path, write, folder } = machine()
  write('home/ada/src/web/package.json', '{"scripts":{}}')
  write('home/ada/src/web/.envrc', 'export A=1\n')
  write('home/ada/src/web/.env', 'secret\n')
  const spec = { workspace: { path, readonly: false }, hide: { '.env': 'file' as const }, mounts: {} }
  return { spec, state: folder('state') }
}

test('it is what was seen, for this user alone', async () => {
  const { spec, state } = here()
  const before = await lookBefore(spec)
  await keepBefore(state, key, before)
  expect(await readBefore(state, key, spec)).toEqual(before)
  const folder = join(state, 'sessions', 'web-123456')
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  expect((await stat(join(folder, '65a0b1c2d3.json'))).mode & 0o777).toBe(0o600)
  await removeBefore(state, key)
  await removeBefore(state, key)
  expect(await readBefore(state, key, spec)).toBeNull()
})

test('of twenty-one the oldest is gone, and what is very large is not kept', async () => {
  const { spec, state } = here()
  const before = await lookBefore(spec)
  const ids = Array.from({ length: 21 }, (_, at) => `65a0b1c2${at.toString(16).padStart(2, '0')}`)
  for (const sessionId of ids) await keepBefore(state, { ...key, sessionId }, before)
  expect(await readdir(join(state, 'sessions', key.sandboxId))).toEqual(ids.slice(1).map((id) => `${id}.json`))
  const [entry] = before.files
  const [path, file] = entry ?? ['', { text: null, mark: '', isExecutable: false, changedAt: 0 }]
  const large = { ...before, files: new Map([[path, { ...file, text: 'x'.repeat(5_000_000) }]]) }
  await keepBefore(state, { ...key, sessionId: 'ffffffffff' }, large)
  expect(await readBefore(state, { ...key, sessionId: 'ffffffffff' }, spec)).toBeNull()
})

test.each([
  '',
  '[]',
  '{"format":2,"at":1,"files":[],"hidden":{}}',
  '{"format":1,"at":1,"files":[["a"]],"hidden":{}}',
  '{"format":1,"at":1,"files":[["a",{"text":1,"mark":"","isExecutable":true,"changedAt":1}]],"hidden":{}}',
  '{"format":1,"at":1,"files":[],"hidden":{"a":1}}',
])('what cannot be understood is as good as none: %j', async (text) => {
  const { spec, state } = here()
  await mkdir(join(state, 'sessions', key.sandboxId), { recursive: true })
  await writeFile(join(state, 'sessions', key.sandboxId, `${key.sessionId}.json`), text)
  expect(await readBefore(state, key, spec)).toBeNull()
})
