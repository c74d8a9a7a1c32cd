import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readDigestKey } from '../../src/resolve/digest-key.js'
import { readHost } from '../../src/resolve/host.js'
import { readMachineId } from '../../src/resolve/machine-id.js'
import { codes, complaints, machine } from './fixture.js'

const sources = { platform: 'linux', home: '/home/ada', hostName: 'box', uid: 1000, gid: 1000 } as const

test('folders follow XDG, and relative ones are ignored as it asks', async () => {
  const plain = await readHost({}, sources)
  expect(plain).toMatchObject({
    configFolder: '/home/ada/.config/sbx',
    stateFolder: '/home/ada/.local/state/sbx',
    cacheFolder: '/home/ada/.cache/sbx',
    scope: '',
  })
  const moved = await readHost({ XDG_CONFIG_HOME: '/x', XDG_STATE_HOME: 'relative', SBX_SCOPE: 't1' }, sources)
  expect(moved).toMatchObject({ configFolder: '/x/sbx', stateFolder: '/home/ada/.local/state/sbx', scope: 't1' })
})

test('Windows itself and a wrong scope are refused', async () => {
  const [windows] = await complaints(readHost({}, { ...sources, platform: 'win32' }))
  expect(windows).toMatchObject({ code: 'resolve/platform', detail: expect.stringContaining('WSL') as string })
  expect(await codes(readHost({ SBX_SCOPE: 'Not-this' }, sources))).toEqual(['resolve/scope'])
})

test('a machine without an id of its own is known by its name', async () => {
  const { write } = machine()
  const real = write('machine-id', 'e01f1f35f1d84b1c98a1f1b2c3d4e5f6\n')
  const unset = write('fresh-id', 'uninitialized\n')
  expect(await readMachineId('linux', 'box', ['/nowhere', real])).toBe('e01f1f35f1d84b1c98a1f1b2c3d4e5f6')
  expect(await readMachineId('linux', 'box', [unset, real])).toBe('e01f1f35f1d84b1c98a1f1b2c3d4e5f6')
  expect(await readMachineId('linux', 'box', [unset])).toBe('box')
})

test('the digest key is made once, for its owner alone, and two first runs agree on it', async () => {
  const { root } = machine()
  const folder = join(root, 'config/sbx')
  const keys = await Promise.all([1, 2, 3, 4].map(() => readDigestKey(folder)))
  const later = await readDigestKey(folder)
  expect(new Set([...keys, later].map((key) => key.id)).size).toBe(1)
  expect(later.digest('web-1', 'TOKEN', 'value')).toBe(keys[0]?.digest('web-1', 'TOKEN', 'value'))
  expect(statSync(join(folder, 'digest-key')).mode & 0o777).toBe(0o600)
})

test('digests differ by sandbox, name, value and key', async () => {
  const { root } = machine()
  const [one, other] = await Promise.all([readDigestKey(join(root, 'a')), readDigestKey(join(root, 'b'))])
  const digests = [
    one.digest('web-1', 'TOKEN', 'value'),
    one.digest('web-2', 'TOKEN', 'value'),
    one.digest('web-1', 'OTHER', 'value'),
    one.digest('web-1', 'TOKEN', 'value2'),
    other.digest('web-1', 'TOKEN', 'value'),
  ]
  expect(new Set(digests).size).toBe(digests.length)
})

test('a broken digest key is told with its place', async () => {
  const { root, folder } = machine()
  writeFileSync(join(folder('config'), 'digest-key'), 'short')
  const [broken] = await complaints(readDigestKey(join(root, 'config')))
  expect(broken).toMatchObject({ code: 'resolve/digest-key', detail: expect.stringContaining('5 bytes') as string })
})

test('git tells who the user is, includes and all, and nothing is no error', async () => {
  const { write, host } = machine()
  expect(await (await host()).gitIdentity()).toBeNull()
  write('home/ada/.gitconfig', '[user]\n\tname = Ada\n[include]\n\tpath = mail\n')
  write('home/ada/mail', '[user]\n\temail = ada@example.com\n')
  expect(await (await host()).gitIdentity()).toEqual({ name: 'Ada', email: 'ada@example.com' })
  expect(await (await host({ GIT_AUTHOR_NAME: 'Other' })).gitIdentity()).toMatchObject({ name: 'Ada' })
})

test('without a setting the author of the environment stands in, and without git too', async () => {
  const { host } = machine()
  const env = { GIT_AUTHOR_NAME: 'Grace', PATH: '/nowhere' }
  expect(await (await host(env)).gitIdentity()).toEqual({ name: 'Grace', email: null })
})

test("a repository's own git settings are not read", async () => {
  const { workspace, folder, write, host } = machine()
  folder('home/ada/src/web/.git/objects')
  folder('home/ada/src/web/.git/refs')
  write('home/ada/src/web/.git/config', '[user]\n\tname = Mallory\n[core]\n\tfsmonitor = touch /tmp/owned\n')
  write('home/ada/src/web/.git/HEAD', 'ref: refs/heads/main\n')
  const env = { GIT_DIR: join(workspace, '.git'), GIT_WORK_TREE: workspace }
  expect(await (await host(env)).gitIdentity()).toBeNull()
})

test('a git configuration that git refuses is told as such', async () => {
  const { write, host } = machine()
  write('home/ada/.gitconfig', '[user\n')
  expect(await codes((await host()).gitIdentity())).toEqual(['resolve/git-config'])
})
