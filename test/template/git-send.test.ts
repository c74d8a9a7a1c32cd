// A clone is filled from a repository that would run something wherever git reads its settings.

import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readPlain } from '../../src/cli/host/read-plain.js'
import { listFar } from '../../src/template/git-fetch.js'
import { seedRepository, sendNews, type SendContext } from '../../src/template/git-send.js'
import { unreachedTips } from '../../src/template/git-tips.js'
import { TestRepository } from '../cli/support/repository.js'
import { farEnd } from './support/far-end.js'
import { PoisonedRepository } from './support/poisoned.js'
import { codesOf } from './fixture.js'

function filled(): PoisonedRepository {
  const host = new PoisonedRepository()
  host.write('one\n', 'file')
  host.commit()
  host.git('tag', 'v1')
  host.git('tag', '-a', '-m', 'two', 'v2')
  host.git('branch', 'other/one')
  host.git('branch', 'sbx/neighbour')
  host.git('update-ref', 'refs/notes/commits', 'HEAD')
  host.write('two\n', 'file')
  host.commit()
  host.git('pack-refs', '--all')
  host.git('branch', 'loose')
  host.write('stashed\n', 'file')
  host.git('stash')
  return host
}

function common({ folder }: TestRepository) {
  return { common: join(folder, '.git') }
}

function context(host: TestRepository, clone: TestRepository, more: Partial<SendContext> = {}): SendContext {
  return { env: host.env, read: readPlain, far: farEnd(clone.folder), ...more }
}

function refsOf(repository: TestRepository): readonly string[] {
  return repository.git('for-each-ref', '--format=%(refname)').split('\n')
}

test('a clone gets branches, tags and the commit to begin at, and nothing else', async () => {
  const host = filled()
  host.git('checkout', '--quiet', '--detach')
  host.git('commit', '--quiet', '--allow-empty', '--message', 'of no branch')
  const { head } = host
  const stash = host.git('rev-parse', 'refs/stash')
  host.poison()
  const clone = new TestRepository()
  const lines: string[] = []
  await seedRepository(common(host), head, context(host, clone, { onProgress: (line) => lines.push(line) }))
  expect(host.marks).toEqual([])
  expect(refsOf(clone)).toEqual([
    'refs/remotes/host/loose',
    'refs/remotes/host/main',
    'refs/remotes/host/other/one',
    'refs/sbx/seed',
    'refs/tags/v1',
    'refs/tags/v2',
  ])
  expect(clone.git('rev-parse', 'refs/sbx/seed')).toBe(head)
  expect(clone.git('fsck', '--full')).toBe('')
  expect(() => clone.git('cat-file', '-e', stash)).toThrow()
  expect(lines.at(-1)).toMatch(/^Writing objects: 100%/)
  // Once more, as after an apply that ended on the way.
  await seedRepository(common(host), head, context(host, clone))
})

test('a repository with ids of 64 digits is cloned too', async () => {
  const host = new TestRepository('--object-format=sha256')
  host.write('one\n', 'file')
  host.commit()
  const clone = new TestRepository('--object-format=sha256')
  await seedRepository(common(host), host.head, context(host, clone))
  expect(clone.git('rev-parse', 'refs/sbx/seed')).toBe(host.head)
})

test.each<readonly [string, string, (host: TestRepository) => void]>([
  [
    'borrows objects',
    'clone/borrowed-objects',
    (host) => info(host, 'objects/info/alternates', '/elsewhere/objects\n'),
  ],
  ['is shallow', 'clone/borrowed-objects', (host) => info(host, 'shallow', `${host.head}\n`)],
  ['is a partial clone', 'clone/borrowed-objects', (host) => info(host, 'objects/pack/pack-1.promisor', '')],
  ['keeps its branches in tables', 'clone/ref-format', (host) => mkdirSync(join(host.folder, '.git/reftable'))],
  ['has objects elsewhere', 'diff/no-objects', (host) => moved(host, 'objects')],
  [
    'has a pack elsewhere',
    'diff/no-objects',
    (host) => symlinkSync('/etc/hostname', join(host.folder, '.git/objects/pack/pack-1.pack')),
  ],
  ['has packed branches elsewhere', 'diff/git-elsewhere', (host) => moved(host, 'packed-refs')],
])('a repository that %s is refused', async (_, code, change) => {
  // prettier-ignore
  const host = filled()
  const { head } = host
  change(host)
  const clone = new TestRepository()
  expect(await codesOf(() => seedRepository(common(host), head, context(host, clone)))).toEqual([code])
  expect(refsOf(clone)).toEqual([''])
})

test('branches that are links are nobody’s', async () => {
  const host = filled()
  const { head } = host
  const other = filled()
  symlinkSync(join(other.folder, '.git/refs/heads/loose'), join(host.folder, '.git/refs/heads/stolen'))
  symlinkSync(join(other.folder, '.git/refs/heads'), join(host.folder, '.git/refs/heads/all'))
  const clone = new TestRepository()
  await seedRepository(common(host), head, context(host, clone))
  expect(refsOf(clone).filter((name) => /stolen|all/.test(name))).toEqual([])
})

test('names that git would not write are no branches', async () => {
  const host = filled()
  const { head } = host
  const packed = [
    'refs/heads/../../evil',
    'refs/heads/a..b',
    'refs/heads/-o',
    'refs/heads/x.lock',
    'refs/heads/a\u0007b',
  ]
  writeFileSync(join(host.folder, '.git/packed-refs'), packed.map((name) => `${head} ${name}\n`).join(''), {
    flag: 'a',
  })
  writeFileSync(join(host.folder, '.git/refs/heads/bad name'), `${head}\n`)
  const clone = new TestRepository()
  await seedRepository(common(host), head, context(host, clone))
  expect(refsOf(clone)).toContain('refs/remotes/host/main')
  expect(refsOf(clone).filter((name) => /evil|a|lock|bad/.test(name.slice('refs/remotes/host/'.length)))).toEqual([
    'refs/remotes/host/main',
  ])
})

test('what is new is sent, what is gone goes, and tags of the clone stay', async () => {
  const host = filled()
  const clone = new TestRepository()
  await seedRepository(common(host), host.head, context(host, clone))
  clone.git('checkout', '--quiet', '-B', 'sbx/web', 'refs/sbx/seed')
  clone.commit()
  clone.git('tag', 'own')
  clone.git('tag', '--force', 'v1', 'HEAD')
  const [mine, moved] = [clone.head, clone.git('rev-parse', 'v1')]
  const again = async () => sendNews(common(host), await listFar(context(host, clone)), context(host, clone))
  expect(await again()).toEqual([])
  const before = host.head
  host.git('branch', '--delete', '--force', 'loose')
  // In the place of one that is gone.
  host.git('branch', 'loose/more')
  host.write('three\n', 'file')
  host.commit()
  host.git('tag', 'v3')
  const { head } = host
  host.poison()
  expect(await again()).toEqual([
    { ref: 'refs/remotes/host/loose/more', before: null, after: before },
    { ref: 'refs/remotes/host/main', before, after: head },
    { ref: 'refs/tags/v3', before: null, after: head },
    { ref: 'refs/remotes/host/loose', before, after: null },
  ])
  expect(host.marks).toEqual([])
  expect(clone.git('rev-parse', 'host/main', 'host/loose/more')).toBe(`${head}\n${before}`)
  expect(clone.git('rev-parse', 'own', 'v1', 'sbx/web')).toBe([mine, moved, mine].join('\n'))
})

test('of any number that are gone a thousand go at a time', async () => {
  const host = filled()
  const clone = new TestRepository()
  await seedRepository(common(host), host.head, context(host, clone))
  const [folder, { head }] = [join(clone.folder, '.git/refs/remotes/host/no'), host]
  mkdirSync(folder)
  for (let at = 0; at < 1_050; at++) writeFileSync(join(folder, String(at)), `${head}\n`)
  const gone = async () =>
    (await sendNews(common(host), await listFar(context(host, clone)), context(host, clone))).length
  expect([await gone(), await gone(), await gone()]).toEqual([1_000, 50, 0])
})

test('a sandbox without git is told', async () => {
  const host = filled()
  const far = farEnd(() => ['sh', '-c', 'exit 127'])
  expect(await codesOf(() => seedRepository(common(host), host.head, context(host, host, { far })))).toEqual([
    'clone/git-failed',
  ])
})

test('of tips those are told that no branch or tag of the repository leads to', async () => {
  const host = filled()
  const before = host.git('rev-parse', 'HEAD~1')
  const fetched = (message: string, ...parents: readonly string[]): string =>
    host.git('commit-tree', '-m', message, ...parents.flatMap((parent) => ['-p', parent]), 'HEAD^{tree}')
  const lost = fetched('fetched once, and its branch was removed', before)
  const [known, never] = [host.head, 'f'.repeat(40)]
  host.poison()
  const tips = [never, before, lost, known, lost]
  expect(await unreachedTips(common(host), tips, readPlain, { env: host.env })).toEqual([never, lost])
  expect(await unreachedTips(common(host), [known], readPlain, { env: { PATH: '/nowhere' } })).toEqual([])
  expect(host.marks).toEqual([])
})

test('the poison works', () => {
  const host = filled()
  host.poison()
  spawnSync('git', ['-C', host.folder, 'status'], { env: host.env })
  expect(host.marks).toContain('fsmonitor')
})

function info(host: TestRepository, path: string, text: string): void {
  writeFileSync(join(host.folder, '.git', path), text)
}

function moved(host: TestRepository, name: string): void {
  renameSync(join(host.folder, '.git', name), join(host.home, name))
  symlinkSync(join(host.home, name), join(host.folder, '.git', name))
}
