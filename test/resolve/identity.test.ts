import { mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sandboxIdentity } from '../../src/resolve/identity.js'
import { codes, complaints, loadedConfig, machine } from './fixture.js'

test('one folder is one sandbox, by whatever link it is reached', async () => {
  const { root, workspace, host } = machine()
  const link = join(root, 'link')
  symlinkSync(workspace, link)
  const here = await host()
  const direct = await sandboxIdentity(loadedConfig(workspace, {}), here)
  expect(await sandboxIdentity(loadedConfig(link, {}), here)).toEqual(direct)
  expect(direct).toMatchObject({ displayName: 'web', workspace, agent: 'claude', profile: null })
  expect(direct.id).toMatch(/^web-[0-9a-f]{6}$/)
  expect(direct.inode).toMatch(/^\d+:\d+:\d+$/)
})

test('agent, profile, folder and machine each make another sandbox', async () => {
  const { workspace, folder, host } = machine()
  const here = await host()
  const loaded = loadedConfig(workspace, {})
  const ids = await Promise.all([
    sandboxIdentity(loaded, here),
    sandboxIdentity(loadedConfig(workspace, { agent: { name: 'gemini' } }), here),
    sandboxIdentity({ ...loaded, profile: 'review' }, here),
    sandboxIdentity(loadedConfig(folder('home/ada/other/web'), {}), here),
    sandboxIdentity(loaded, { ...here, machineId: 'another' }),
  ])
  expect(new Set(ids.map(({ id }) => id)).size).toBe(ids.length)
})

test('a folder that is made anew under its path is told apart', async () => {
  const { workspace, host } = machine()
  const before = await sandboxIdentity(loadedConfig(workspace, {}), await host())
  renameSync(workspace, `${workspace}-away`)
  mkdirSync(workspace)
  const after = await sandboxIdentity(loadedConfig(workspace, {}), await host())
  expect(after.id).toBe(before.id)
  expect(after.inode).not.toBe(before.inode)
})

test('no agent, no folder', async () => {
  const { workspace, write, host } = machine()
  const here = await host()
  const { agent: _none, ...config } = loadedConfig(workspace, {}).config
  expect(await codes(sandboxIdentity({ ...loadedConfig(workspace, {}), config }, here))).toEqual(['resolve/no-agent'])
  const gone = loadedConfig(join(workspace, 'gone'), {})
  expect(await codes(sandboxIdentity(gone, here))).toEqual(['resolve/no-workspace'])
  const file = loadedConfig(write('file', ''), {})
  expect(await codes(sandboxIdentity(file, here))).toEqual(['resolve/no-workspace'])
})

test('no agent works in the home folder, in a folder that holds it, in keys, or in what sbx and the engine keep', async () => {
  const { root, home, folder, host } = machine()
  const here = await host()
  const refused = [
    home,
    join(root, 'home'),
    folder('home/ada/.config/sbx'),
    folder('home/ada/.config'),
    folder('home/ada/.local/state/sbx/approvals'),
    folder('home/ada/.docker'),
    folder('home/ada/.ssh'),
    '/',
    '/etc',
    '/usr',
    '/var',
    '/tmp',
    '/dev/shm',
  ]
  const found = await Promise.all(refused.map((path) => codes(sandboxIdentity(loadedConfig(path, {}), here))))
  expect(Object.fromEntries(refused.map((path, index) => [path, found[index]]))).toEqual(
    Object.fromEntries(refused.map((path) => [path, ['resolve/workspace-refused']])),
  )
})

test('a link to the home folder is no way around', async () => {
  const { root, home, host } = machine()
  symlinkSync(home, join(root, 'innocent'))
  const [refusal] = await complaints(sandboxIdentity(loadedConfig(join(root, 'innocent'), {}), await host()))
  expect(refusal).toMatchObject({ code: 'resolve/workspace-refused', detail: expect.stringContaining(home) as string })
})
