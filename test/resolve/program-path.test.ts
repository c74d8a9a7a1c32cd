// Programs that sbx runs are taken from nowhere that an agent can write.

import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeApprovals } from '../../src/resolve/approvals.js'
import { programPath } from '../../src/resolve/program-path.js'
import { machine } from './fixture.js'

test('only whole folders are kept, and none that is, lies in or leads to what can be written', () => {
  const { root, workspace, folder } = machine()
  const tools = folder('tools')
  symlinkSync(folder('home/ada/src/web/bin'), join(root, 'leading'))
  symlinkSync(tools, join(root, 'linked'))
  symlinkSync(join(workspace, 'bin/git'), join(folder('swapped'), 'git'))
  folder('home/ada/src/web/bin/git')
  const path = [
    ...['', '.', 'bin', join(workspace, 'bin'), workspace, join(root, 'leading'), join(root, 'swapped')],
    ...[join(root, 'gone'), join(root, 'linked'), tools, '/usr/bin'],
  ].join(':')
  expect(programPath(path, [workspace])).toBe(`${tools}:/usr/bin`)
  expect(programPath('bin:', [])).toBe('/nonexistent')
  expect(programPath(undefined, [workspace])).toBe(undefined)
})

test('what can be written is each workspace, what sandboxes write, and the project of the call', async () => {
  const { workspace, folder, host } = machine()
  const bins = ['home/ada/src/web/bin', 'home/ada/src/api/bin', 'shared/bin', 'read/bin', 'usr/bin'].map(folder)
  const before = await host({ PATH: bins.join(':') })
  expect(before.programEnv()['PATH']).toBe(bins.join(':'))
  mkdirSync(join(workspace, '.git'))
  const at = '2026-01-02T03:04:05Z'
  await writeApprovals(before.stateFolder, {
    ...{ id: 'api-000001', name: 'api', inode: '1:2:3', profile: null, agent: 'claude', reach: null },
    workspace: join(bins[1] ?? '', '..'),
    grants: {
      'mount:/w': { value: `rw:${join(bins[2] ?? '', '..')}`, at },
      'mount:/r': { value: `ro:${join(bins[3] ?? '', '..')}`, at },
    },
  })
  const after = await host({ PATH: bins.join(':'), LANG: 'C' })
  expect(after.programEnv()).toMatchObject({ PATH: bins.slice(3).join(':'), LANG: 'C' })
  expect(after.env['PATH']).toBe(bins.join(':'))
})
