// What is sent into a sandbox: files of this machine and nothing that somebody inside has linked to.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { extract, type Header } from 'tar-stream'
import { beforeEach, expect, test } from 'vitest'
import { copyIn, targetInside } from '../../../src/cli/copy/copy-in.js'
import { HostFolder } from '../../../src/cli/host/host-folder.js'
import { sourcePlace, targetPlace, writtenFolders } from '../../../src/cli/copy/host-place.js'
import type { Copied } from '../../../src/model/copied.js'
import { fail } from '../../../src/model/diagnostic.js'
import type { Engine } from '../../../src/model/engine.js'
import type { ContainerSpec } from '../../../src/model/spec.js'
import type { PathKind } from '../../../src/model/watching.js'
import { writeApprovals } from '../../../src/resolve/approvals.js'
import { containerSpec } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

let folder = ''

beforeEach(() => {
  folder = temporaryFolder('copy-in')
  mkdirSync(join(folder, 'work/tree/sub'), { recursive: true })
  writeFileSync(join(folder, 'work/tree/file'), 'text')
  writeFileSync(join(folder, 'work/tree/sub/run'), 'go')
  writeFileSync(join(folder, 'secret'), 'mine')
})

function codes(...wanted: readonly string[]) {
  return { diagnostics: wanted.map((code) => ({ code })) }
}

type Sent = { readonly header: Header; readonly text: string }

async function send(
  source: string,
  { written = [], signal = new AbortController().signal }: { written?: readonly string[]; signal?: AbortSignal } = {},
): Promise<{ readonly copied: Copied; readonly sent: Readonly<Record<string, Sent>> }> {
  const sent: Record<string, Sent> = {}
  const engine: Engine = new FakeEngine()
  engine.writeArchive = async (_id, _folder, archive, aborted) => {
    if (aborted?.aborted === true) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
    const entries = extract()
    Readable.from(archive).pipe(entries)
    for await (const entry of entries) {
      const pieces: Buffer[] = []
      for await (const piece of entry) pieces.push(piece as Buffer)
      sent[entry.header.name] = { header: entry.header, text: Buffer.concat(pieces).toString() }
    }
  }
  const place = await sourcePlace(source, folder, written)
  try {
    const target = { folder: '/tmp', name: 'given' }
    const options = { owner: { uid: 1000, gid: 3_000_000 }, signal }
    return { copied: await copyIn(engine, 'x', place, target, options), sent }
  } finally {
    await place.folder.close()
  }
}

test('a tree is sent under its new name, as the agent’s own, and without what sets an id', async () => {
  chmodSync(join(folder, 'work/tree/sub/run'), 0o6755)
  const { copied, sent } = await send('work/tree')
  expect(copied).toEqual({ files: 2, bytes: 6, skipped: [] })
  expect(Object.keys(sent)).toEqual(['given/', 'given/file', 'given/sub/', 'given/sub/run'])
  expect(sent['given/sub/run']).toMatchObject({ text: 'go', header: { mode: 0o755, uid: 1000 } })
  expect(sent['given/file']?.header.pax).toMatchObject({ uid: '1000', gid: '3000000' })
})

test('a large file and an empty one arrive whole', async () => {
  const large = 'x'.repeat(700_001)
  writeFileSync(join(folder, 'work/tree/large'), large)
  writeFileSync(join(folder, 'work/tree/empty'), '')
  const { sent } = await send('work/tree')
  expect(sent['given/large']?.text === large).toBe(true)
  expect(sent['given/empty']?.text).toBe('')
  expect((await send('work/tree/file')).sent).toMatchObject({ given: { text: 'text' } })
})

test('links stay links where they stay inside, and those that lead out stay behind', async () => {
  symlinkSync('../file', join(folder, 'work/tree/sub/in'))
  symlinkSync('../../secret', join(folder, 'work/tree/up'))
  symlinkSync('../tree-not', join(folder, 'work/tree/beside'))
  symlinkSync(join(folder, 'secret'), join(folder, 'work/tree/absolute'))
  const { copied, sent } = await send('work/tree')
  expect(sent['given/sub/in']?.header).toMatchObject({ type: 'symlink', linkname: '../file' })
  expect(copied.skipped).toEqual([
    { path: 'absolute', why: `it is a link out of what is copied, to ${join(folder, 'secret')}` },
    { path: 'beside', why: 'it is a link out of what is copied, to ../tree-not' },
    { path: 'up', why: 'it is a link out of what is copied, to ../../secret' },
  ])
  expect(Object.values(sent).map(({ text }) => text)).not.toContain('mine')
})

test('a link that a sandbox may have put there is not gone through, neither in nor out', async () => {
  const work = join(folder, 'work')
  symlinkSync('../secret', join(work, 'note'))
  symlinkSync('..', join(work, 'up'))
  symlinkSync('tree', join(work, 'inside'))
  symlinkSync('work', join(folder, 'mine-to-work'))
  const outside = codes('cp/outside')
  for (const source of ['work/note', 'work/up/secret', 'work/up', 'mine-to-work/note']) {
    await expect(send(source, { written: [work] })).rejects.toMatchObject(outside)
    await expect(targetPlace(source, 'name', folder, [work])).rejects.toMatchObject(outside)
  }
  await expect(targetPlace('work/up/new', 'name', folder, [work])).rejects.toMatchObject(outside)
  expect((await send('work/inside', { written: [work] })).copied.files).toBe(2)
  expect((await send('work/note')).sent).toMatchObject({ given: { text: 'mine' } })
})

test('what is neither there nor to be copied is told before anything is sent', async () => {
  await expect(send('work/none')).rejects.toMatchObject(codes('cp/not-found'))
  await expect(send('/')).rejects.toMatchObject(codes('cp/unsafe'))
  await expect(targetPlace('work/none/deeper', 'name', folder, [])).rejects.toMatchObject(codes('cp/not-found'))
  await expect(targetPlace('work/none/', 'name', folder, [])).rejects.toMatchObject(codes('cp/not-found'))
})

test('an interrupted one says so', async () => {
  const signal = AbortSignal.abort()
  await expect(send('work/tree', { signal })).rejects.toMatchObject({ kind: 'interrupted' })
})

test('sandboxes can write their workspaces and mounts, unless they are read-only or their own', () => {
  const host = { stateFolder: join(folder, 'state'), home: folder }
  const written = (...edits: readonly Partial<ContainerSpec>[]) =>
    writtenFolders(
      host,
      edits.map((edit) => ({ spec: { ...containerSpec, ...edit } })),
    )
  const path = '/src/web'
  const mounts = { '/data': { source: '/srv/data', readonly: true }, '/out': { source: '/srv/out', readonly: false } }
  const other = { workspace: { path: '/src/api', readonly: false }, mounts: {} }
  expect(written({ workspace: { path, readonly: false }, mounts }, other)).toEqual([path, '/srv/out', '/src/api'])
  expect(written({ workspace: { path, readonly: true }, mounts: {} })).toEqual([])
  expect(written({ workspace: { path, readonly: false, mode: 'clone' }, mounts: {} })).toEqual([])
})

test('so can one of another engine, as far as this machine approved it', async () => {
  const host = { stateFolder: join(folder, 'state'), home: folder }
  await writeApprovals(host.stateFolder, {
    ...{ id: 'api-1', name: 'api', workspace: '/src/api', inode: '1:1:1', profile: null, agent: 'shell', reach: null },
    grants: { 'mount:/out': { value: 'rw:/srv/out', at: '' }, 'mount:/in': { value: 'ro:/srv/in', at: '' } },
  })
  expect(writtenFolders(host, [])).toEqual(['/src/api', '/srv/out'])
})

test('a link in the inner of two folders is followed no further than that', async () => {
  const work = join(folder, 'work')
  writeFileSync(join(work, 'other'), '')
  symlinkSync('../other', join(work, 'tree/up'))
  for (const written of [
    [work, join(work, 'tree')],
    [join(work, 'tree'), work],
  ]) {
    await expect(send('work/tree/up', { written })).rejects.toMatchObject(codes('cp/outside'))
  }
  symlinkSync('tree/sub', join(work, 'within'))
  expect((await send('work/within', { written: [work, join(work, 'tree')] })).copied.files).toBe(1)
})

const inside: Readonly<Record<string, PathKind>> = {
  '/': { kind: 'folder', target: null },
  '/tmp': { kind: 'folder', target: null },
  '/tmp/file': { kind: 'file', target: null },
  '/tmp/tree': { kind: 'folder', target: null },
  '/tmp/link': { kind: 'link', target: '/tmp/tree' },
  '/tmp/loose': { kind: 'link', target: '/none' },
}

test.each<[string, string, string]>([
  ['/tmp', 'work/tree', '/tmp/tree'],
  ['/tmp/', 'work/tree/file', '/tmp/file'],
  ['/tmp/new', 'work/tree', '/tmp/new'],
  ['/tmp/file', 'work/tree/file', '/tmp/file'],
  ['/tmp/link', 'work/tree/file', '/tmp/tree/file'],
  ['/tmp/loose', 'work/tree/file', '/tmp/loose'],
  ['/', 'work/tree/file', '/file'],
  ['/tmp/file', 'work/tree', 'cp/exists'],
  ['/tmp/none/new', 'work/tree', 'cp/not-found'],
  ['/tmp/new/', 'work/tree', 'cp/not-found'],
  ['/tmp/file/new', 'work/tree/file', 'cp/not-found'],
])('what goes to %s from %s lands at %s', async (typed, source, expected) => {
  const engine = new FakeEngine()
  engine.lookAt = async (_, path) => inside[path] ?? null
  const place = await sourcePlace(source, folder, [])
  const found = targetInside(engine, 'x', typed, place).then(({ folder: above, name }) => join(above, name))
  if (expected.startsWith('/')) expect(await found).toBe(expected)
  else await expect(found).rejects.toMatchObject(codes(expected))
  await place.folder.close()
})

test('a folder is not replaced by a file of its name', async () => {
  const engine = new FakeEngine()
  engine.lookAt = async (_, path) => ({
    kind: path === '/tmp' || path === '/tmp/file' ? 'folder' : 'file',
    target: null,
  })
  const place = await sourcePlace('work/tree/file', folder, [])
  await expect(targetInside(engine, 'x', '/tmp', place)).rejects.toMatchObject(codes('cp/exists'))
  await place.folder.close()
})

test('a folder that was replaced by a link once it was looked up is not the one that is opened', async () => {
  symlinkSync('tree', join(folder, 'work/link'))
  await expect(HostFolder.open(join(folder, 'work/link'))).rejects.toThrow(/ELOOP|ENOTDIR/)
  await expect(HostFolder.open(join(folder, 'work/link/sub'))).rejects.toMatchObject(codes('cp/outside'))
  await (await HostFolder.open(join(folder, 'work/tree/sub'))).close()
})
