// How a sandbox that is there is brought up: what is said must do it.

import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bringUp } from '../../../src/cli/declared/bring-up.js'
import type { ListedContainer } from '../../../src/model/live.js'
import { callIn } from '../support/call-in.js'

let folder: string
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sbx-bring-up-')))
})
afterEach(() => rm(folder, { recursive: true }))

function sandbox(): ListedContainer {
  const labels = { id: 'web-3f2a1c', displayName: 'web', workspace: folder, agent: 'shell', profile: null }
  return { sandbox: labels, spec: { workspace: { path: folder, readonly: false } } } as unknown as ListedContainer
}

test('by its file, in its folder', async () => {
  await writeFile(join(folder, 'sandbox.yaml'), 'agent: shell\n')
  expect(bringUp(callIn(folder), sandbox())).toBe('sbx apply')
  expect(bringUp(callIn('/elsewhere'), sandbox())).toBe(`cd ${folder} && sbx apply`)
})

test('where there is no file, by what it was made with', () => {
  expect(bringUp(callIn(folder), sandbox())).toBe('sbx run shell --name web')
})

test('by the file that the call names, wherever that is', () => {
  expect(bringUp(callIn('/elsewhere', { config: '/files/web.yaml' }), sandbox())).toBe('sbx apply')
})
