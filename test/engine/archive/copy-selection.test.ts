// What of a container is chosen to be copied, and what an archive of it may hold. The archives here are such as no engine
// sends: an agent that got into one would.

import type { Header } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { pathIn } from '../../../src/engine/archive/archive-entries.js'
import { CopiedTree } from '../../../src/engine/archive/copied-tree.js'
import { checkMounts, mergedChanges, selectChanges } from '../../../src/engine/archive/copy-selection.js'
import type { PathChange } from '../../../src/model/risks.js'

function changes(...lines: readonly string[]): PathChange[] {
  const kinds = { C: 'modified', A: 'added', D: 'deleted' } as const
  return lines.map((line) => ({ path: line.slice(2), kind: kinds[line.slice(0, 1) as keyof typeof kinds] }))
}

const nothing = { except: [], mounts: [], packaged: new Set<string>() }

describe('a selection', () => {
  test('asks for whole folders where they are new, and for single files elsewhere', () => {
    const found = changes('C /usr', 'C /usr/local', 'A /usr/local/tool', 'A /usr/local/tool/a', 'A /usr/local/tool/b')
    const { tops, chosen } = selectChanges([...found, ...changes('C /etc', 'C /etc/conf', 'D /etc/gone')], nothing)
    expect(tops).toEqual(['/etc/conf', '/usr/local/tool'])
    expect([...chosen].sort()).toEqual([...['/etc/conf', '/usr/local/tool', '/usr/local/tool/a', '/usr/local/tool/b']])
  })

  test('never asks for a folder that leads to a mount, nor for what is mounted', () => {
    const found = changes('A /src', 'A /src/web', 'A /src/web/secret', 'A /src/own', 'A /src/own/a')
    expect(selectChanges(found, { ...nothing, mounts: ['/src/web'] })).toMatchObject({
      tops: ['/src/own'],
      chosen: new Set(['/src/own', '/src/own/a']),
    })
  })

  test('leaves out what is excepted, with what is beneath, and files of packages alone', () => {
    const found = changes('A /tmp/x', 'A /tmpx', 'A /usr/share/pkg', 'A /usr/share/pkg/theirs', 'A /usr/share/pkg/own')
    const packaged = new Set(['/usr/share/pkg', '/usr/share/pkg/theirs'])
    expect(selectChanges(found, { except: ['/tmp'], mounts: [], packaged })).toMatchObject({
      tops: ['/tmpx', '/usr/share/pkg'],
      chosen: new Set(['/tmpx', '/usr/share/pkg/own']),
    })
  })

  test('asks for each new folder once where new ones lie in old ones', () => {
    const found = changes('C /a', 'A /a/b', 'A /a/b/c', 'A /a/b/c/d', 'C /a/e', 'C /a/e/f', 'A /a/b/g', 'A /h')
    expect(selectChanges(found, nothing).tops).toEqual(['/a/b', '/a/e/f', '/h'])
  })

  test('of many files a thousand folders deep holds no beginnings of their paths', () => {
    const folders = Array.from({ length: 1500 }, (_, depth) => '/a'.repeat(depth + 1))
    const files = Array.from({ length: 1000 }, (_, index) => `${folders.at(-1) ?? ''}/${String(index)}`)
    const found = changes(...[...folders, ...files].map((path) => `A ${path}`))
    const left = { except: ['/tmp'], mounts: ['/src/web'], packaged: new Set<string>() }
    // Written out, they would be 2 GiB each time.
    expect(selectChanges(mergedChanges(changes('C /b'), found), left).tops).toEqual(['/a', '/b'])
    checkMounts(selectChanges(found, left), ['/src'])
    const work = found.map(({ path }) => ({ path, kind: 'modified' as const }))
    const { tops } = selectChanges(mergedChanges(work, changes('D /b/c')), left)
    expect(tops).toEqual([...files].sort())
  })

  test('is refused where it would write into a mount', () => {
    const selection = selectChanges(changes('A /data', 'A /data/a'), nothing)
    expect(() => checkMounts(selection, ['/data'])).toThrow(/copy-into-mount/)
    expect(() => checkMounts(selection, ['/data/a'])).toThrow(/copy-into-mount/)
    expect(() => checkMounts(selection, ['/dat', '/data/b'])).not.toThrow()
  })
})

test('what was changed before a snapshot and since is one list', () => {
  const before = changes('A /opt/one', 'A /opt/one/a', 'A /opt/one/b', 'C /etc/x', 'D /etc/y')
  const since = changes('C /opt/one', 'D /opt/one/a', 'C /opt/one/b', 'A /opt/one/c', 'D /etc/x', 'A /etc/y')
  expect(mergedChanges(before, since).map(({ path, kind }) => `${kind} ${path}`)).toEqual([
    ...['added /opt/one', 'added /opt/one/b', 'added /etc/y', 'added /opt/one/c', 'deleted /etc/x'],
  ])
  expect(mergedChanges(before, [])).toEqual(before)
})

test.each(['/etc/passwd', '../etc/passwd', 'tool/../../etc/passwd', 'tool//a', 'tool/./a', 'tools/a', '', '..'])(
  'an entry named %j is not taken',
  (name) => {
    expect(() => pathIn('/usr/local/tool', name)).toThrow(/engine\/archive/)
  },
)

test('an entry is where its name says', () => {
  expect(pathIn('/usr/local/tool', 'tool/')).toBe('/usr/local/tool')
  expect(pathIn('/usr/local/tool', 'tool/a/b')).toBe('/usr/local/tool/a/b')
})

describe('a tree that is copied', () => {
  const found = changes('A /opt/t', 'A /opt/t/link', 'A /opt/t/link/x', 'A /opt/t/a', 'A /opt/t/b', 'C /etc/d')
  const header: Header = {
    ...{ name: '', size: 0, mode: 0o644, mtime: new Date(0), type: 'file', linkname: '', uid: 0, gid: 0 },
    ...{ uname: 'root', gname: 'root', devmajor: 0, devminor: 0 },
  }
  const entry = (path: string, change: Partial<Header> = {}, target: string | null = null) => ({
    ...{ path, header: { ...header, ...change }, target },
    content: { resume: () => undefined, [Symbol.asyncIterator]: () => failNow() },
  })
  const tree = (mounts: readonly string[] = []): CopiedTree => new CopiedTree(selectChanges(found, nothing), mounts)

  test('has nothing beneath what is no folder', () => {
    const copied = tree()
    expect(copied.accept(entry('/opt/t', { type: 'directory' }))).toHaveLength(1)
    expect(copied.accept(entry('/opt/t/link', { type: 'symlink', linkname: '/elsewhere' }))).toHaveLength(1)
    expect(() => copied.accept(entry('/opt/t/link/x'))).toThrow(/engine\/archive/)
  })

  test('has nothing that was not chosen, and nothing twice', () => {
    const copied = tree()
    copied.accept(entry('/opt/t', { type: 'directory' }))
    expect(copied.accept(entry('/opt/t/other'))).toEqual([])
    expect(copied.accept(entry('/opt/t/a'))).toHaveLength(1)
    expect(copied.accept(entry('/opt/t/a', { type: 'symlink', linkname: '/elsewhere' }))).toEqual([])
  })

  test('has no devices, pipes or sockets, and says so', () => {
    const copied = tree()
    for (const type of ['fifo', 'character-device', 'block-device'] as const) {
      expect(copied.accept(entry('/opt/t/a', { type }))).toEqual([])
    }
    expect(copied.report()).toHaveLength(3)
  })

  test('has hard links to what is in it alone', () => {
    const copied = tree()
    copied.accept(entry('/opt/t', { type: 'directory' }))
    expect(copied.accept(entry('/opt/t/b', { type: 'link' }, '/etc/passwd'))).toEqual([])
    expect(copied.unlinked()).toEqual(['/opt/t/b'])
    copied.accept(entry('/opt/t/a'))
    expect(copied.accept(entry('/opt/t/b', { type: 'link' }, '/opt/t/a'))).toMatchObject([
      { type: 'link', name: 'opt/t/b', linkname: 'opt/t/a' },
    ])
  })

  test('takes a folder that only looks different for nothing', () => {
    expect(tree().accept(entry('/etc/d', { type: 'directory' }))).toBe('nothing-beneath')
  })

  test('puts nothing in the place of a folder in which something is mounted', () => {
    const copied = tree(['/opt/t/a/mounted'])
    copied.accept(entry('/opt/t', { type: 'directory' }))
    expect(() => copied.accept(entry('/opt/t/a'))).toThrow(/copy-into-mount/)
  })

  test('has an end', () => {
    const copied = tree()
    copied.accept(entry('/opt/t', { type: 'directory' }))
    expect(() => copied.accept(entry('/opt/t/a', { size: 2 ** 40 }))).toThrow(/too-much-to-keep/)
  })

  test('keeps set-uid bits and large owners, and no names or attributes', () => {
    const pax = { uid: '3000000', 'SCHILY.xattr.user.x': 'y' }
    const copied = tree()
    copied.accept(entry('/opt/t', { type: 'directory' }))
    const [cleaned] = copied.accept(entry('/opt/t/a', { mode: 0o4755, uid: 7, pax }))
    expect(cleaned).toEqual({
      ...{ name: 'opt/t/a', type: 'file', mode: 0o4755, size: 0, mtime: new Date(0), linkname: '' },
      ...{ uid: 3_000_000, gid: 0, pax: { uid: '3000000', gid: '0' } },
    })
  })
})

function failNow(): never {
  throw new Error('not to be read')
}
