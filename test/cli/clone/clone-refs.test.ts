// What a clone's repository names, whatever an agent has made of it.

import { expect, test } from 'vitest'
import { cloneRefs } from '../../../src/cli/clone/clone-refs.js'
import type { ArchiveEntry } from '../../../src/model/archive.js'
import { fail } from '../../../src/model/diagnostic.js'
import { archiveOf } from '../../support/fake-archive.js'

const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string]

async function refsOf(files: Readonly<Record<string, string>>): ReturnType<typeof cloneRefs> {
  const all = new Map(Object.entries(files).map(([path, text]) => [`git/${path}`, text]))
  return cloneRefs(async function* (path) {
    yield* archiveOf(all, `git/${path}`)
  })
}

const head = 'ref: refs/heads/sbx/web\n'

test('branches, tags and stashes are told by their names, and not what the host sent', async () => {
  const { tips, isUnknown } = await refsOf({
    HEAD: head,
    'packed-refs': `# pack-refs with: peeled\n${one} refs/heads/old\n${two} refs/tags/v1\n^${one}\n${one} refs/remotes/host/main\n`,
    'refs/heads/sbx/web': `${two}\n`,
    'refs/heads/old': `${three}\n`,
    'refs/stash': `${one}\n`,
    'refs/sbx/wip': `${one}\n`,
    'refs/remotes/host/main': `${one}\n`,
    'refs/remotes/origin/HEAD': 'ref: refs/remotes/origin/main\n',
  })
  expect([...tips]).toEqual([
    ...[['old', three] as const, ['v1 (tag)', two] as const],
    ...[['sbx/web', two] as const, ['refs/stash', one] as const],
  ])
  expect(isUnknown).toBe(false)
})

test('what has commits or files of its own beside the repository is named, and not known', async () => {
  const trees = await refsOf({
    HEAD: head,
    'worktrees/try/HEAD': `${three}\n`,
    'worktrees/try/index': 'not looked at',
    'worktrees/more/HEAD': 'ref: refs/heads/old\n',
  })
  expect(trees).toMatchObject({ isUnknown: true, beside: ['trees'] })
  expect([...trees.tips]).toEqual([['try/HEAD', three]])
  const more = await refsOf({ HEAD: head, 'modules/lib/HEAD': head, 'lfs/objects/ab/cd/abcd': 'large' })
  expect(more).toMatchObject({ isUnknown: true, beside: ['submodules', 'lfs'] })
})

test('a commit that no branch is at is a tip too', async () => {
  expect([...(await refsOf({ HEAD: `${one}\n` })).tips]).toEqual([['HEAD', one]])
})

test.each<readonly [string, Readonly<Record<string, string>>]>([
  ['no repository', {}],
  ['a HEAD that is none', { HEAD: 'x' }],
  ['branches in tables', { HEAD: 'ref: refs/heads/.invalid\n' }],
  ['a branch that is none', { HEAD: head, 'refs/heads/x': 'what' }],
  ['a file too large for a branch', { HEAD: head, 'refs/heads/x': 'x'.repeat(5000) }],
  ['packed refs that are none', { HEAD: head, 'packed-refs': `${one}\n` }],
  [
    'too many',
    { HEAD: head, ...Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [`refs/heads/${at}`, one])) },
  ],
])('with %s it is said that not all is known', async (_, files) => {
  expect((await refsOf(files)).isUnknown).toBe(true)
})

test('nor is it behind a link, or where the archive is not what was asked for', async () => {
  const link: ArchiveEntry = {
    ...{ path: 'heads/x', kind: 'link', mode: 0o777, uid: 0, gid: 0, size: 0, modifiedAt: 0, target: '/etc/passwd' },
    content: { resume: () => undefined, async *[Symbol.asyncIterator]() {} },
  }
  const linked = await cloneRefs(async function* (path) {
    if (path === 'refs') yield link
    else yield* archiveOf(new Map([['HEAD', head]]), path)
  })
  const foreign = await cloneRefs(async function* (path) {
    if (path === 'refs') fail('engine/archive', 'An archive of the engine is not what was asked for')
    yield* archiveOf(new Map([['HEAD', head]]), path)
  })
  expect([linked.isUnknown, foreign.isUnknown]).toEqual([true, true])
})

test.each(['heads/large', 'x/index'])('what is very large is not waited for: %s', async (path) => {
  let isAsked = false
  const large: ArchiveEntry = {
    ...{ path, kind: 'file', mode: 0o644, uid: 0, gid: 0, size: 2 ** 40, modifiedAt: 0, target: null },
    content: { resume: () => undefined, async *[Symbol.asyncIterator]() {} },
  }
  const { isUnknown } = await cloneRefs(async function* (from) {
    if (from === (path === 'x/index' ? 'worktrees' : 'refs')) {
      yield large
      isAsked = true
    } else yield* archiveOf(new Map([['HEAD', head]]), from)
  })
  // The next one comes once all of that has.
  expect([isUnknown, isAsked]).toEqual([true, false])
})
