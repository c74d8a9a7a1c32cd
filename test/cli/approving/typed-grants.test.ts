// A flag is a yes to the place that was typed, and to none that a link makes of it.

import { chmodSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { typedGrants } from '../../../src/cli/approving/typed-grants.js'
import type { LiveSandbox } from '../../../src/model/live.js'
import { realPathAsTyped } from '../../../src/resolve/typed-path.js'
import { loadedConfig, machine, resolved, type Machine } from '../../resolve/fixture.js'

async function typed(
  { workspace, host }: Machine,
  source: string,
  writable: readonly string[],
  origin: 'flag' | 'file' = 'flag',
): Promise<readonly string[]> {
  const config = { mounts: { '/data': { source, readonly: true } } }
  const flag = origin === 'flag' ? ({ kind: 'flag', flag: '-v' } as const) : undefined
  const loaded = loadedConfig(workspace, config, flag === undefined ? {} : { '/mounts/~1data': flag })
  const user = await host()
  const others = writable.map((path) => ({ spec: { workspace: { path, readonly: false }, mounts: {} } }))
  const live = { others } as unknown as Pick<LiveSandbox, 'others'>
  return [...typedGrants({ desired: await resolved(loaded, user), loaded, host: user }, live)]
}

test('what is where it was typed is a yes, and only where it was typed', async () => {
  const user = machine()
  const data = user.folder('shared/data')
  expect(await typed(user, data, [])).toEqual(['mount:/data'])
  expect(await typed(user, data, [], 'file')).toEqual([])
})

test('a link in what another sandbox can write is none, at the end and on the way', async () => {
  const user = machine()
  const shared = user.folder('shared')
  user.folder('home/ada/.acme/sso')
  symlinkSync(join(user.home, '.acme'), join(shared, 'data'))
  expect(await typed(user, join(shared, 'data'), [shared])).toEqual([])
  expect(await typed(user, join(shared, 'data/sso'), [shared])).toEqual([])
})

test('nor is one in the own workspace', async () => {
  const user = machine()
  symlinkSync(user.folder('home/ada/.acme'), join(user.workspace, 'data'))
  expect(await typed(user, join(user.workspace, 'data'), [])).toEqual([])
})

test('nor where anybody but root can make one', async () => {
  const user = machine()
  const open = user.folder('open')
  chmodSync(open, 0o777)
  symlinkSync(user.folder('home/ada/.acme'), join(open, 'data'))
  symlinkSync(user.folder('home/ada/.acme'), join(user.folder('open/closed'), 'data'))
  expect(await typed(user, join(open, 'data'), [])).toEqual([])
  expect(await typed(user, join(open, 'closed/data'), [])).toEqual([])
})

test('what the system links is as good as written out, unless an agent can write there', () => {
  const link = ['/tmp', '/var/run', '/bin'].find((path) => realpathSync(path) !== path) ?? '/'
  expect(realPathAsTyped(link, [])).toBe(realpathSync(link))
  expect(realPathAsTyped(link, ['/'])).toBe(link === '/' ? '/' : null)
})

test('nothing leads to what is not there, nor out of a circle', () => {
  const { root } = machine()
  symlinkSync(join(root, 'circle'), join(root, 'circle'))
  chmodSync(root, 0o755)
  expect(realPathAsTyped(join(root, 'circle'), [])).toBe(null)
  expect(realPathAsTyped(join(root, 'gone'), [])).toBe(null)
})
