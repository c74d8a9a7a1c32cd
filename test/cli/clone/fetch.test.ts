// What is told of a fetch is what came: the clone, and what its git says, are an agent's.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { SandboxClone } from '../../../src/cli/clone/clone-of.js'
import { fetchFrom } from '../../../src/cli/clone/fetch.js'
import type { FetchOptions } from '../../../src/cli/call/options.js'
import { readPlain } from '../../../src/cli/host/read-plain.js'
import { findGitFolders } from '../../../src/template/git-folder.js'
import { seedRepository } from '../../../src/template/git-send.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { codesOf, diagnosticsOf } from '../../template/fixture.js'
import { farEnd } from '../../template/support/far-end.js'
import { TestRepository } from '../support/repository.js'

let host: TestRepository
let clone: TestRepository

beforeEach(async () => {
  host = new TestRepository()
  host.write('one\n', 'file')
  host.commit()
  clone = new TestRepository()
  const folders = await findGitFolders(host.folder, readPlain)
  await seedRepository(folders, host.head, { env: host.env, read: readPlain, far: farEnd(clone.folder) })
  clone.git('checkout', '--quiet', '-B', 'sbx/web', 'refs/sbx/seed')
})

/** Where the script prints `said`, or does what it is to do. */
async function fetchWip(stateFolder: string, said?: string) {
  return fetchWith({ wip: true }, stateFolder, said)
}

async function fetchWith(options: FetchOptions, stateFolder: string, said?: string, id = 'web-123456') {
  const who = { GIT_AUTHOR_NAME: 'T', GIT_AUTHOR_EMAIL: 't@x', GIT_COMMITTER_NAME: 'T', GIT_COMMITTER_EMAIL: 't@x' }
  const script: SandboxClone['script'] = (text, args) => {
    const call = { cwd: clone.folder, env: { ...clone.env, ...who }, encoding: 'utf8' } as const
    return Promise.resolve(said ?? execFileSync('/bin/sh', ['-c', text, 'sbx', ...args], call).trim())
  }
  const folders = await findGitFolders(host.folder, readPlain)
  const from = { id, name: 'web', branch: 'sbx/web', folders, far: farEnd(clone.folder), script }
  const here = { programEnv: () => host.env, stateFolder }
  return fetchFrom(from, here, options, new AbortController().signal)
}

test('a branch that another sandbox of the same name has is left, and that one is named', async () => {
  const state = temporaryFolder('fetched')
  const base = clone.head
  clone.commit()
  const theirs = clone.head
  await fetchWith({}, state, undefined, 'web-000001')
  clone.git('reset', '--quiet', '--hard', base)
  clone.write('other\n', 'other')
  clone.commit()
  const [told] = await diagnosticsOf(() => fetchWith({}, state))
  expect(told).toMatchObject({ code: 'clone/branch-moved' })
  expect(told?.detail).toContain('sbx put it there of web-000001, another sandbox')
  expect(told?.detail).toContain('git branch -m sbx/web web-000001')
  expect(host.git('rev-parse', 'sbx/web')).toBe(theirs)
  // As it says: both are there then.
  host.git('branch', '-m', 'sbx/web', 'web-000001')
  await fetchWith({}, state)
  expect([host.git('rev-parse', 'sbx/web'), host.git('rev-parse', 'web-000001')]).toEqual([clone.head, theirs])
})

test('what is not committed is told with the commit that is here then', async () => {
  const state = temporaryFolder('fetched')
  expect(await fetchWip(state)).toMatchObject({ wip: null, isClean: true, isUnchanged: true })
  clone.write('two\n', 'file')
  const first = await fetchWip(state)
  const to = host.git('rev-parse', 'sbx/web-wip')
  expect(first).toMatchObject({ wip: { branch: 'sbx/web-wip', to }, isClean: false, isUnchanged: false })
  expect(host.git('show', 'sbx/web-wip:file')).toBe('two')
  expect(await fetchWip(state)).toMatchObject({ wip: { to }, isClean: false, isUnchanged: true })
})

test('a commit that the agent only speaks of is not told', async () => {
  const state = temporaryFolder('fetched')
  const said = '4'.repeat(40)
  expect(await codesOf(() => fetchWip(state, said))).toEqual(['clone/git-failed'])
  clone.write('two\n', 'file')
  const { wip } = await fetchWip(state)
  clone.git('update-ref', '-d', 'refs/sbx/wip')
  expect(await codesOf(() => fetchWip(state, said))).toEqual(['clone/git-failed'])
  clone.git('update-ref', 'refs/sbx/wip', wip?.to ?? '')
  expect((await fetchWip(state, said)).wip).toEqual(wip)
  // Nothing of its own, and so no branch.
  host.git('branch', '--delete', '--force', 'sbx/web-wip')
  clone.git('update-ref', 'refs/sbx/wip', host.head)
  expect((await fetchWip(state, said)).wip).toBeNull()
})

test('a branch whose name cannot be here is told, and keeps none of the others', async () => {
  const state = temporaryFolder('fetched')
  // What is too long for a name, for a name behind that of the clone, and for a file.
  const long = [
    'a'.repeat(245),
    'b'.repeat(235),
    `${'é'.repeat(125)}`,
    `c/${'d'.repeat(100)}/${'e'.repeat(130)}`,
    'plain',
  ]
  clone.git('commit', '--quiet', '--allow-empty', '--message', 'two')
  // Only as lines of one file can git have what is too long for a file.
  const lines = [...long, 'f\u2028g'].map((name) => `${clone.head} refs/heads/${name}\n`)
  writeFileSync(
    join(clone.folder, '.git/packed-refs'),
    `# pack-refs with: peeled fully-peeled \n${lines.sort().join('')}`,
  )
  const unfit = [...long.slice(0, 4), 'f\u2028g'].sort()
  const left = await fetchWith({}, state)
  expect([left.left, [...left.unfit].sort()]).toEqual([['plain'], unfit])
  host.git('branch', '--delete', '--force', 'sbx/web')
  const fetched = await fetchWith({ all: true }, state)
  expect([...fetched.unfit].sort()).toEqual(unfit)
  expect(host.git('branch', '--list', '--format=%(refname:short)', 'sbx/*').split('\n')).toEqual([
    'sbx/web',
    'sbx/web+plain',
  ])
})

test('no name that means something to a shell, or that reads otherwise than it is, becomes a branch here', async () => {
  const names = ['x;touch${IFS}pwned', 'a$(id)', 'b`id`', "it's", 'safe\u202egnp', 'new&']
  clone.write('two\n', 'file')
  clone.commit()
  for (const name of [...names, 'feature/größe-2']) clone.git('update-ref', `refs/heads/${name}`, 'HEAD')
  const fetched = await fetchWith({ all: true }, temporaryFolder('fetched'))
  expect([...fetched.unfit].sort()).toEqual([...names].sort())
  expect(host.git('for-each-ref', '--format=%(refname:short)', 'refs/heads/sbx').split('\n').sort()).toEqual([
    'sbx/web',
    'sbx/web+feature/größe-2',
  ])
})
