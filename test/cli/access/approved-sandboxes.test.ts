// Whose approvals are meant where nobody is named.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rememberedHere, rememberedSandboxes, type Remembered } from '../../../src/cli/access/approved-sandboxes.js'
import { writeApprovals } from '../../../src/resolve/approvals.js'
import { identityText } from '../../../src/resolve/file-identity.js'
import { complaints, machine } from '../../resolve/fixture.js'
import { person } from '../../support/approving.js'

test('where the nearest folder has several, these are named and none further out', async () => {
  const { home, workspace, folder, host } = machine()
  const of = (id: string, place: string): Remembered => {
    return { ...{ id, name: id, workspace: place, folder: 'there', grants: [], approvals: null, labels: null } }
  }
  const all = [of('home-000001', home), of('web-000001', workspace), of('web-000002', workspace)]
  const here = async (workingFolder: string) =>
    rememberedHere({ ...person(null).invocation, workingFolder }, await host(), all)
  expect(await complaints(here(folder('home/ada/src/web/deep')))).toMatchObject([
    { code: 'cli/ambiguous-sandbox', detail: 'This folder has several: web-000001, web-000002. Name one.' },
  ])
  expect(await here(folder('home/ada/other'))).toBe(all[0])
})

test('without an engine, what this machine remembers is known, and what they have is not known', async () => {
  const { root, workspace, host } = machine()
  const env = { DOCKER_HOST: `unix://${join(root, 'no.sock')}` }
  const user = await host(env)
  const { ino, dev, birthtimeNs } = statSync(workspace, { bigint: true })
  const at = '2026-01-02T03:04:05Z'
  await writeApprovals(user.stateFolder, {
    ...{ id: 'web-000001', name: 'web', workspace, profile: null, agent: 'claude', reach: null },
    ...{ inode: identityText({ ino, dev, birthtimeNs }), grants: { socket: { value: 'host', at } } },
  })
  const me = person(null)
  const all = await rememberedSandboxes({ ...me.invocation, env }, user)
  expect(all).toMatchObject([{ id: 'web-000001', grants: [{ key: 'socket', isInUse: null, by: 'user' }] }])
  expect(me.heard()).toMatch(/^note: What the sandboxes have is not known: the engine cannot be reached\. /)
})
