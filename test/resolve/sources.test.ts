import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { MountSpec } from '../../src/model/spec.js'
import { checkSources, type Neighbour } from '../../src/resolve/sources.js'
import { codes, complaints, fromLine, machine } from './fixture.js'

function request(workspace: string, mounts: Record<string, MountSpec>, isReadonly = false) {
  const others: Neighbour[] = []
  return { spec: { workspace: { path: workspace, readonly: isReadonly }, mounts }, others }
}

function neighbour(path: string, readonly: boolean, mounts: Record<string, MountSpec> = {}): Neighbour {
  return { sandbox: { displayName: 'api' }, spec: { workspace: { path, readonly }, mounts } }
}

test('a source of its own, as it was granted, is fine', async () => {
  const { workspace, folder } = machine()
  await checkSources(request(workspace, { '/data': { source: folder('disk/data'), readonly: false } }))
})

test('no source lies in a workspace that its sandbox can write', async () => {
  const { workspace, folder } = machine()
  const mounts = { '/hooks': { source: folder('home/ada/src/web/.git/hooks'), readonly: true } }
  const origins = { '/mounts/~1hooks': fromLine(9) }
  const [found] = await complaints(checkSources({ ...request(workspace, mounts), origins }))
  expect(found).toMatchObject({
    code: 'resolve/writable-source',
    detail: expect.stringContaining('this sandbox can write') as string,
    at: { line: 9 },
  })
  await checkSources(request(workspace, mounts, true))
})

test('no source lies in what another sandbox can write, its workspace or a mount', async () => {
  const { workspace, folder } = machine()
  const source = folder('other/deep/data')
  const mounts = { '/data': { source, readonly: true } }
  const check = (other: Neighbour) => checkSources({ ...request(workspace, mounts), others: [other] })
  const above = join(source, '../..')
  expect(await codes(check(neighbour(above, false)))).toEqual(['resolve/writable-source'])
  const byMount = neighbour('/elsewhere', true, { '/m': { source: above, readonly: false } })
  expect(await codes(check(byMount))).toEqual(['resolve/writable-source'])
  await check(neighbour(above, true))
  await check(neighbour('/elsewhere', false, { '/m': { source: above, readonly: true } }))
})

test('two sandboxes can write one folder: neither can swap it', async () => {
  const { workspace, folder } = machine()
  const mounts = { '/data': { source: folder('data'), readonly: false } }
  await checkSources({ ...request(workspace, mounts), others: [neighbour('/elsewhere', false, mounts)] })
})

test('a folder whose name only begins like a writable one is not in it', async () => {
  const { workspace, folder } = machine()
  await checkSources(request(workspace, { '/data': { source: folder('home/ada/src/web-data'), readonly: true } }))
})

test('nor does a sandbox with two mounts swap one through the other', async () => {
  const { workspace, folder } = machine()
  const mounts = {
    '/all': { source: folder('disk'), readonly: false },
    '/part': { source: folder('disk/part'), readonly: true },
  }
  expect(await codes(checkSources(request(workspace, mounts)))).toEqual(['resolve/writable-source'])
})

test('a source that has become a link is noticed, at its end and on the way', async () => {
  const { root, workspace, folder } = machine()
  const source = folder('disk/data/set')
  const mounts = { '/data': { source, readonly: true } }
  renameSync(source, `${source}-away`)
  symlinkSync('/etc', source)
  expect(await complaints(checkSources(request(workspace, mounts)))).toMatchObject([
    { code: 'resolve/source-changed', detail: expect.stringContaining('has become a link') as string },
  ])
  rmSync(source)
  mkdirSync(source)
  renameSync(join(root, 'disk/data'), join(root, 'disk/aside'))
  symlinkSync('aside', join(root, 'disk/data'))
  expect(await complaints(checkSources(request(workspace, mounts)))).toMatchObject([
    { code: 'resolve/source-changed', detail: expect.stringContaining('on the way') as string },
  ])
})

test('a source that is gone is noticed', async () => {
  const { root, workspace } = machine()
  const mounts = { '/data': { source: join(root, 'gone'), readonly: true } }
  expect(await codes(checkSources(request(workspace, mounts)))).toEqual(['resolve/source-changed'])
})

test('a single file can be a source', async () => {
  const { workspace, write } = machine()
  await checkSources(request(workspace, { '/etc/app.conf': { source: write('app.conf', ''), readonly: true } }))
})

test('a workspace that has become a link is not started', async () => {
  const { workspace, folder } = machine()
  renameSync(workspace, `${workspace}-away`)
  symlinkSync(folder('home/ada/private'), workspace)
  expect(await codes(checkSources(request(workspace, {})))).toEqual(['resolve/workspace-changed'])
})
