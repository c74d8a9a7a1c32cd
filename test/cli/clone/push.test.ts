// The push command over the fake engine, whose sandbox runs git in a clone beside the test.

import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { beforeEach, expect, test } from 'vitest'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { pushTo } from '../../../src/cli/clone/push.js'
import { readPlain } from '../../../src/cli/host/read-plain.js'
import type { Host } from '../../../src/resolve/host.js'
import { findGitFolders } from '../../../src/template/git-folder.js'
import { seedRepository } from '../../../src/template/git-send.js'
import { applyTo } from '../../support/applying.js'
import { emptyWorld, file, ownContainer } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import type { FakeWorld } from '../../support/fake-world.js'
import { codesOf } from '../../template/fixture.js'
import { farEnd } from '../../template/support/far-end.js'
import { TestRepository } from '../support/repository.js'

let repository: TestRepository
let clone: TestRepository
let world: FakeWorld
let id: string
let branch: string

beforeEach(async () => {
  repository = new TestRepository()
  repository.write('one\n', 'file')
  repository.commit()
  clone = new TestRepository()
  const folders = await findGitFolders(repository.folder, readPlain)
  const context = { env: repository.env, read: readPlain, far: farEnd(clone.folder) }
  await seedRepository(folders, repository.head, context)
  const path = repository.folder
  const cloned = { ...file({ container: { workspace: { path, readonly: false, mode: 'clone' } } }), workspace: path }
  id = cloned.id
  branch = cloned.clone?.branch ?? ''
  world = emptyWorld()
  await applyTo(world, cloned)
  clone.git('checkout', '--quiet', '-B', branch, 'refs/sbx/seed')
})

/** What runs in the sandbox runs in the clone instead, which there is at the path of the repository here. */
class Beside extends FakeEngine {
  readonly users = new Set<string | undefined>()

  override async pipe(...[, command, streams, signal]: Parameters<FakeEngine['pipe']>): ReturnType<FakeEngine['pipe']> {
    this.users.add(command.user)
    const given = { ...command.env, HOME: clone.home, PATH: process.env['PATH'], GIT_CONFIG_COUNT: '0' }
    const set = Object.entries(given).map(([name, value]) => `${name}=${value ?? ''}`)
    const argv = command.argv.map((word) => word.replaceAll(repository.folder, clone.folder))
    const input = new PassThrough()
    if (streams.input === undefined) input.end()
    else streams.input.pipe(input)
    const output = streams.output as PassThrough
    const run = farEnd(() => ['env', '-C', clone.folder, ...set, ...argv])
    return run('receive-pack', { input, output }, signal ?? new AbortController().signal)
  }
}

async function push(options: Partial<Invocation['options']> = {}, engine = new Beside({ world })): Promise<string> {
  const output = new PassThrough()
  const invocation: Invocation = {
    ...{ env: {}, workingFolder: '/', input: new PassThrough(), output, errors: new PassThrough() },
    ...{ options: { color: false, ...options }, signal: new AbortController().signal },
  }
  const host = { scope: '', programEnv: () => repository.env } as unknown as Host
  expect(await pushTo(invocation, engine, host, id)).toBe(0)
  expect([...engine.users]).toEqual(['agent'])
  return String(output.read() ?? '')
}

function commitHere(text: string): string {
  repository.write(`${text}\n`, 'file')
  repository.commit()
  return repository.head
}

test('newer commits go in, and a branch without work of its own goes with them', async () => {
  const [before, after] = [repository.head, commitHere('two')]
  repository.git('tag', 'v1')
  repository.git('branch', 'sbx/neighbour')
  expect((await push()).split('\n')).toEqual([
    expect.stringMatching(/^Sent to /),
    `  host/main  ${before.slice(0, 7)}..${after.slice(0, 7)}`,
    `  v1  ${after.slice(0, 7)}`,
    `${branch} was moved forward with it.`,
    '',
  ])
  expect([clone.head, clone.git('show', 'HEAD:file')]).toEqual([after, 'two'])
  expect(clone.git('for-each-ref', '--format=%(refname)', 'refs/remotes')).toBe('refs/remotes/host/main')
  expect(await push()).toMatch(/^Nothing new for [^\n]*\n$/)
})

test('a branch with work on it stays, and the way to take it in is said', async () => {
  clone.git('commit', '--quiet', '--allow-empty', '--message', 'own')
  const own = clone.head
  commitHere('two')
  const document = JSON.parse(await push({ json: true })) as unknown
  expect(document).toMatchObject({ moved: false, hint: `sbx exec ${id} -- git merge --no-edit host/main` })
  expect(clone.head).toBe(own)
})

test('what is not committed stays as it is', async () => {
  clone.write('changed\n', 'file')
  commitHere('two')
  expect(await push()).toContain(`${branch} has changes that are not committed, and stays.`)
  expect(clone.git('status', '--porcelain')).toBe('M file')
})

test('on no branch commits go in, and nothing is moved', async () => {
  const { head } = clone
  commitHere('two')
  repository.git('checkout', '--quiet', '--detach')
  expect(await push()).toContain('host/main')
  expect(clone.head).toBe(head)
})

test('a sandbox that has no clone, does not run or whose repository is gone is told as that', async () => {
  expect(await codesOf(() => push({}, new Beside({ world: emptyWorld() })))).toEqual(['cli/no-such-sandbox'])
  const container = ownContainer(world)
  container.state = 'exited'
  expect(await codesOf(() => push())).toEqual(['clone/not-running'])
  container.state = 'running'
  renameSync(repository.folder, join(repository.home, 'moved'))
  expect(await codesOf(() => push())).toEqual(['clone/no-repository'])
  const bound = emptyWorld()
  await applyTo(bound, file())
  expect(await codesOf(() => push({}, new Beside({ world: bound })))).toEqual(['clone/none'])

  const path = repository.folder
  await applyTo(world, { ...file({ container: { workspace: { path, readonly: false } } }), workspace: path })
  await expect(push()).rejects.toMatchObject({
    diagnostics: [{ code: 'clone/none', detail: expect.stringContaining('is there still') as string }],
  })
})
