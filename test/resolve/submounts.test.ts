import { expect, test } from 'vitest'
import { checkSubmounts, writableSubmounts } from '../../src/resolve/submounts.js'
import { codes, complaints, fromLine } from './fixture.js'

const mounts = [
  '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
  '30 22 0:30 / /src/web/data rw,relatime shared:2 - tmpfs tmpfs rw,size=10k',
  '31 22 0:31 / /src/web/two\\040words rw - ext4 /dev/sdb rw',
  '32 22 0:32 / /src/web/pictures ro,relatime - ext4 /dev/sdc rw',
  '33 22 0:33 / /src/web/disc rw - iso9660 /dev/sr0 ro',
  '34 22 0:34 / /src/webby rw - ext4 /dev/sdd rw',
].join('\n')

const spec = { workspace: { path: '/src/web', readonly: true }, mounts: {} }
const old = async () => 'docker 20.10.24'

test('mounts within a folder are found, but for those that nobody can write', () => {
  expect(writableSubmounts(mounts, '/src/web')).toEqual(['/src/web/data', '/src/web/two words'])
  expect(writableSubmounts(mounts, '/src/web/data')).toEqual([])
})

test('of several mounts on one place the last is the one that is seen', () => {
  const over = `${mounts}\n40 30 0:40 / /src/web/data ro - tmpfs tmpfs rw`
  expect(writableSubmounts(over, '/src/web')).toEqual(['/src/web/two words'])
})

test('a read-only workspace or mount with one of them is refused, at its line', async () => {
  const origins = { '/workspace/readonly': fromLine(3), '/mounts/~1ref': fromLine(6) }
  const both = {
    ...spec,
    mounts: { '/ref': { source: '/src', readonly: true }, '/rw': { source: '/src', readonly: false } },
  }
  const told = await complaints(checkSubmounts(both, origins, old, '6.1.0', () => mounts))
  expect(told.map(({ code, at }) => `${code} ${String(at?.line)}`)).toEqual([
    ...['resolve/readonly-submount 3', 'resolve/readonly-submount 3'],
    ...['resolve/readonly-submount 6', 'resolve/readonly-submount 6', 'resolve/readonly-submount 6'],
  ])
})

test('one that something lies over inside is none', async () => {
  const covered = {
    ...spec,
    hide: { data: 'folder' },
    mounts: { '/src/web/two words': { source: '/elsewhere', readonly: false } },
  } as const
  await checkSubmounts(covered, {}, old, '6.1.0', () => mounts)
})

test.each([
  ['docker 20.10.24', '6.1.0', true],
  ['docker 25.0.0', '6.1.0', false],
  ['docker 28.2.2', '5.10.0-30-amd64', true],
  ['docker 28.2.2', '5.12.1', false],
  ['podman 5.2.0', '6.1.0', true],
])('%s on Linux %s: refused is %s', async (engine, kernel, isRefused) => {
  const checked = checkSubmounts(
    spec,
    {},
    async () => engine,
    kernel,
    () => mounts,
  )
  if (isRefused) expect(await codes(checked)).toEqual(Array(2).fill('resolve/readonly-submount'))
  else await checked
})

test('an engine is asked only where something is mounted within what is read-only', async () => {
  const asked = (): never => {
    throw new Error('asked')
  }
  await checkSubmounts({ ...spec, workspace: { path: '/src/web', readonly: false } }, {}, asked, '6.1.0', () => mounts)
  await checkSubmounts({ ...spec, workspace: { path: '/src/api', readonly: true } }, {}, asked, '6.1.0', () => mounts)
})
