// What a sandbox hands over, which somebody in it may have made to do harm on this machine.

import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Header, pack } from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { copyOut } from '../../../src/cli/copy/copy-out.js'
import { targetPlace } from '../../../src/cli/copy/host-place.js'
import { readArchive } from '../../../src/engine/content/read-archive.js'
import type { ArchiveEntry } from '../../../src/model/archive.js'
import type { Copied } from '../../../src/model/copied.js'
import { FakeEngine } from '../../support/fake-engine.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { scriptedEngine, type ScriptedEngine } from '../../engine/support/scripted-engine.js'

type Entry = Partial<Header> & { readonly name: string; readonly content?: string }

let folder = ''
let scripted: ScriptedEngine | undefined

beforeEach(() => {
  folder = temporaryFolder('copy-out')
  writeFileSync(join(folder, 'secret'), 'mine')
})

afterEach(async () => {
  await scripted?.close()
  scripted = undefined
})

async function tarOf(entries: readonly Entry[], isWhole = true): Promise<Buffer> {
  const archive = pack()
  for (const { content, ...header } of entries) archive.entry(header, content ?? '')
  if (isWhole) archive.finalize()
  else archive.push(null)
  const pieces: Buffer[] = []
  for await (const piece of archive) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** As an engine would hand these over for `/tmp/out`. */
async function copy(
  archive: Buffer,
  options: { target?: string; kind?: 'file' | 'folder'; signal?: AbortSignal } = {},
) {
  scripted = await scriptedEngine((_, response) => void response.end(archive))
  const { client } = scripted
  return copyFrom((path) => readArchive(client, 'x', path), options)
}

async function copyFrom(
  read: (path: string) => AsyncIterable<ArchiveEntry>,
  { target = 'copy', kind = 'folder', signal = new AbortController().signal }: Parameters<typeof copy>[1] = {},
): Promise<Copied> {
  const engine = new FakeEngine()
  engine.readArchive = (_, path) => read(path)
  const place = await targetPlace(target, 'out', folder, [])
  try {
    return await copyOut(engine, 'x', { path: '/tmp/out', kind }, place, signal)
  } finally {
    await place.folder.close()
  }
}

function codes(...wanted: readonly string[]) {
  return { diagnostics: wanted.map((code) => ({ code })) }
}

/** What was there before, and nothing half done beside it. */
function expectNothing(): void {
  expect(readdirSync(folder)).toEqual(['secret'])
  expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe('mine')
}

const top: Entry = { name: 'out/', type: 'directory', mode: 0o755 }

test('files and folders come with the rights that a user’s own have, and with their time', async () => {
  const mtime = new Date(1_000_000_000_000)
  const archive = await tarOf([
    { ...top, mode: 0o7777 },
    { name: 'out/run', mode: 0o6777, mtime, uid: 0, content: 'go' },
    { name: 'out/closed', mode: 0o022, content: 'c' },
    { name: 'out/a/', type: 'directory', mode: 0o022 },
    { name: 'out/a/b', mode: 0o666, content: 'deep' },
  ])
  expect(await copy(archive)).toEqual({ files: 3, bytes: 7, skipped: [] })
  const rights = (path: string) => statSync(join(folder, 'copy', path)).mode & 0o7777
  expect(rights('.') & ~0o755).toBe(0)
  expect([rights('run') & 0o7022, rights('run') & 0o700]).toEqual([0, 0o700])
  expect(rights('closed')).toBe(0o600)
  expect(rights('a')).toBe(0o700)
  expect(statSync(join(folder, 'copy/run')).mtime).toEqual(mtime)
  expect(await readFile(join(folder, 'copy/a/b'), 'utf8')).toBe('deep')
  expect(readdirSync(folder).sort()).toEqual(['copy', 'secret'])
})

test('links, devices and pipes stay behind, and each is told', async () => {
  const archive = await tarOf([
    top,
    { name: 'out/link', type: 'symlink', linkname: '../secret' },
    { name: 'out/passwd', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'out/null', type: 'character-device', devmajor: 1, devminor: 3 },
    { name: 'out/disk', type: 'block-device', devmajor: 8, devminor: 0 },
    { name: 'out/pipe', type: 'fifo' },
    { name: 'out/file', content: 'f' },
  ])
  expect(await copy(archive)).toEqual({
    ...{ files: 1, bytes: 1 },
    skipped: [
      { path: 'link', why: 'it is a link, to ../secret' },
      { path: 'passwd', why: 'it is a link, to /etc/passwd' },
      ...['null', 'disk', 'pipe'].map((path) => ({ path, why: 'it is no file, folder or link' })),
    ],
  })
  expect(readdirSync(join(folder, 'copy'))).toEqual(['file'])
})

test('a second name of a file becomes a file of its own, and one of what did not come stays behind', async () => {
  const archive = await tarOf([
    top,
    { name: 'out/one', mode: 0o644, content: 'text' },
    { name: 'out/sub/', type: 'directory' },
    { name: 'out/sub/other', type: 'link', linkname: 'out/one', mode: 0o644 },
    { name: 'out/loose', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'out/hard', type: 'link', linkname: 'out/loose' },
    { name: 'out/folder', type: 'link', linkname: 'out/sub' },
  ])
  expect(await copy(archive)).toEqual({
    ...{ files: 2, bytes: 8 },
    skipped: [
      { path: 'loose', why: 'it is a link, to /etc/passwd' },
      { path: 'hard', why: 'it is a link, to loose' },
      { path: 'folder', why: 'it is a link, to sub' },
    ],
  })
  expect(readFileSync(join(folder, 'copy/sub/other'), 'utf8')).toBe('text')
  expect(statSync(join(folder, 'copy/one')).nlink).toBe(1)
})

test.each<[string, readonly Entry[], string]>([
  ['a name that leads up', [top, { name: 'out/../../evil', content: 'e' }], 'engine/archive'],
  ['a name that is absolute', [top, { name: '/etc/evil', content: 'e' }], 'engine/archive'],
  ['a name of something else', [top, { name: 'other/evil', content: 'e' }], 'engine/archive'],
  [
    'a long name that leads up',
    [top, { name: 'x', pax: { path: `out/${'a/'.repeat(9)}../../evil` } }],
    'engine/archive',
  ],
  ['a hard link out of it', [top, { name: 'out/hard', type: 'link', linkname: '../secret' }], 'engine/archive'],
  [
    'a file through a link',
    [top, { name: 'out/l', type: 'symlink', linkname: '..' }, { name: 'out/l/secret', content: 'e' }],
    'cp/unsafe',
  ],
  ['a file in a file', [top, { name: 'out/f', content: 'f' }, { name: 'out/f/g', content: 'g' }], 'cp/unsafe'],
  ['a file in what is not there', [top, { name: 'out/a/b', content: 'e' }], 'cp/unsafe'],
  ['two things of one name', [top, { name: 'out/f', content: '1' }, { name: 'out/f', content: '2' }], 'cp/unsafe'],
  ['a folder in place of a file', [{ name: 'out', content: 'now a file' }], 'cp/unsafe'],
  ['a link in place of the folder', [{ name: 'out', type: 'symlink', linkname: '/etc' }], 'cp/unsafe'],
  ['nothing at all', [], 'cp/unsafe'],
])('of an archive with %s nothing is copied', async (_, entries, code) => {
  await expect(copy(await tarOf(entries))).rejects.toMatchObject(codes(code))
  expectNothing()
})

test.each([0.2, 0.5, 0.9])('of an archive that ends early, at %f of it, nothing is copied', async (share) => {
  const entries = [top, { name: 'out/a', content: 'a'.repeat(3_000) }, { name: 'out/b', content: 'b'.repeat(3_000) }]
  const whole = await tarOf(entries)
  await expect(copy(whole.subarray(0, Math.floor(whole.length * share)))).rejects.toMatchObject(
    codes('engine/archive-cut'),
  )
  expectNothing()
})

test('what no disk has room for is not begun, whatever it is said to be', async () => {
  const file = (name: string, size: number): ArchiveEntry => ({
    ...{ path: name, kind: 'file', mode: 0o644, uid: 0, gid: 0, size, modifiedAt: 0, target: null },
    content: Readable.from([]),
  })
  const folderEntry = { ...file('', 0), kind: 'folder' } as const
  async function* read(...files: readonly ArchiveEntry[]) {
    yield* [folderEntry, ...files]
  }
  for (const files of [
    [file('a', 2 ** 50)],
    [file('a', 0), ...Array.from({ length: 70 }, (_, i) => file(`f${i}`, 2 ** 30))],
  ]) {
    await expect(copyFrom(() => read(...files))).rejects.toMatchObject(codes('cp/too-much'))
    expectNothing()
  }
})

test('names that cannot be had here stay behind, with what is in them', async () => {
  const long = 'n'.repeat(300)
  const archive = await tarOf([
    top,
    { name: `out/${long}/`, type: 'directory' },
    { name: `out/${long}/in`, content: 'i' },
    { name: `out/${long}/deeper/`, type: 'directory' },
    { name: `out/${long}/deeper/in`, content: 'i' },
    { name: 'out/\ufffd', content: 'u' },
    { name: 'out/kept', content: 'k' },
  ])
  const { files, skipped } = await copy(archive)
  expect(files).toBe(1)
  expect(skipped).toEqual([
    { path: long, why: 'it cannot have that name (ENAMETOOLONG)' },
    { path: '\ufffd', why: 'its name is no UTF-8' },
  ])
})

test('folders in each other are followed to a depth, and no deeper', async () => {
  const nested = (depth: number) =>
    Array.from({ length: depth }, (_, at) => ({ name: `out/${'d/'.repeat(at + 1)}`, type: 'directory' as const }))
  await expect(copy(await tarOf([top, ...nested(210)]))).rejects.toMatchObject(codes('cp/too-much'))
  expectNothing()
})

test('only a file is written over, by a file', async () => {
  const file = await tarOf([{ name: 'out', content: 'new', mode: 0o644 }])
  expect(await copy(file, { kind: 'file', target: 'secret' })).toMatchObject({ files: 1 })
  expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe('new')
  await scripted?.close()
  await expect(copy(await tarOf([top]), { target: 'secret' })).rejects.toMatchObject(codes('cp/exists'))
  await scripted?.close()
  mkdirSync(join(folder, 'there/out'), { recursive: true })
  await expect(copy(await tarOf([top]), { target: 'there' })).rejects.toMatchObject(codes('cp/exists'))
  await scripted?.close()
  await expect(copy(file, { kind: 'file', target: 'there' })).rejects.toMatchObject(codes('cp/exists'))
  expect(readdirSync(join(folder, 'there/out'))).toEqual([])
})

test('a link that is put into what is being written leads nowhere', async () => {
  const entry = (path: string, kind: ArchiveEntry['kind'], text = ''): ArchiveEntry => ({
    ...{ path, kind, mode: 0o755, uid: 0, gid: 0, size: text.length, modifiedAt: 0, target: null },
    content: Readable.from(text === '' ? [] : [Buffer.from(text)]),
  })
  mkdirSync(join(folder, 'elsewhere'))
  async function* read() {
    yield entry('', 'folder')
    yield entry('a', 'folder')
    yield entry('b', 'folder')
    // Whoever can write there makes another of it.
    const [temporary = ''] = readdirSync(folder).filter((name) => name.startsWith('.sbx-cp-'))
    const { renameSync } = await import('node:fs')
    renameSync(join(folder, temporary, 'content/a'), join(folder, temporary, 'moved'))
    symlinkSync(join(folder, 'elsewhere'), join(folder, temporary, 'content/a'))
    yield entry('a/planted', 'file', 'evil')
  }
  await expect(copyFrom(read)).rejects.toMatchObject(codes('cp/file'))
  expect(readdirSync(join(folder, 'elsewhere'))).toEqual([])
  expect(readdirSync(folder).sort()).toEqual(['elsewhere', 'secret'])
})

test('an interrupted copy leaves nothing', async () => {
  const controller = new AbortController()
  const archive = await tarOf([top, { name: 'out/a', content: 'a' }])
  controller.abort()
  await expect(copy(archive, { signal: controller.signal })).rejects.toMatchObject({ kind: 'interrupted' })
  expectNothing()
})

test.each(['between two files', 'in the middle of one'])(
  'it is interrupted also where nothing comes %s',
  async (where) => {
    const controller = new AbortController()
    async function* stalling(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a')
      controller.abort()
      await new Promise(() => undefined)
    }
    const entry = { mode: 0o755, uid: 0, gid: 0, modifiedAt: 0, target: null }
    async function* read(): AsyncGenerator<ArchiveEntry> {
      yield { ...entry, path: '', kind: 'folder', size: 0, content: Readable.from([]) }
      const content = Object.assign(stalling(), { resume: () => undefined })
      if (where !== 'between two files') yield { ...entry, path: 'a', kind: 'file', size: 2, content }
      controller.abort()
      await new Promise(() => undefined)
    }
    await expect(copyFrom(read, { signal: controller.signal })).rejects.toMatchObject({ kind: 'interrupted' })
    expectNothing()
  },
)

test('what is passed over counts too: it comes all the same', async () => {
  const entry = { mode: 0o755, uid: 0, gid: 0, modifiedAt: 0, target: null, content: Readable.from([]) }
  async function* read(): AsyncGenerator<ArchiveEntry> {
    yield { ...entry, path: '', kind: 'folder', size: 0 }
    yield { ...entry, path: '\ufffd', kind: 'file', size: 2 ** 40 }
  }
  await expect(copyFrom(read)).rejects.toMatchObject(codes('cp/too-much'))
  expectNothing()
})

test('names and links are kept up to a length, and what has more of them does not come', async () => {
  const target = 'x'.repeat(2 ** 20)
  async function* read(): AsyncGenerator<ArchiveEntry> {
    const content = Object.assign(Readable.from([]), { resume: () => undefined }) as never
    const entry = { mode: 0o644, uid: 0, gid: 0, modifiedAt: 0, size: 0, content } as const
    yield { ...entry, path: '', kind: 'folder', target: null }
    for (let at = 0; at < 256; at += 1) yield { ...entry, path: `l${String(at)}`, kind: 'link', target }
  }
  await expect(copyFrom(read)).rejects.toMatchObject(codes('cp/too-much'))
  expectNothing()
})
