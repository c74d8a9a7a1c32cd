// git over a pipe, with the far end a process beside it: no engine.

import { beforeAll, expect, test } from 'vitest'
import { gitOverPipe, GitPipeFailure, type FarEnd, type PipeCall } from '../../src/template/git-pipe.js'
import { toldIfFailed } from '../../src/template/git-failures.js'
import { withRepository } from '../../src/template/git-view.js'
import { TestRepository } from '../cli/support/repository.js'
import { farEnd } from './support/far-end.js'

let source: TestRepository
const env = { PATH: process.env['PATH'] }

beforeAll(() => {
  source = new TestRepository()
  source.write('one\n', 'file')
  source.commit()
})

const listing = { service: 'upload-pack', args: ['ls-remote', '--refs'], refs: ['refs/heads/*'] } as const

function call(far: FarEnd, more: Partial<PipeCall> = {}): Promise<string> {
  return withRepository(40, (repository) => gitOverPipe({ env, far, repository, ...listing, ...more }))
}

async function failureOf(work: Promise<string>): Promise<GitPipeFailure> {
  const failure: unknown = await work.then(
    (said) => new Error(said),
    (error: unknown) => error,
  )
  if (failure instanceof GitPipeFailure) return failure
  throw failure
}

test('git here is told what the one there has', async () => {
  expect(await call(farEnd(source.folder))).toBe(`${source.head}\trefs/heads/main\n`)
})

test('what is fetched is there, and what is sent too', async () => {
  const other = new TestRepository()
  await withRepository(40, async (repository) => {
    const fetch = { args: ['fetch', '--no-write-fetch-head'], refs: ['refs/heads/main:refs/heads/main'] }
    await gitOverPipe({ env, far: farEnd(source.folder), repository, service: 'upload-pack', ...fetch })
    const push = { args: ['push'], refs: ['refs/heads/main:refs/heads/there'] }
    await gitOverPipe({ env, far: farEnd(other.folder), repository, service: 'receive-pack', ...push })
  })
  expect(other.git('log', '--format=%H', 'there')).toBe(source.head)
})

test('a far end that fails is told with its own words', async () => {
  const failure = await failureOf(call(farEnd('/nowhere')))
  expect(failure.reason).toBe('far')
  expect(failure.far).toMatchObject({ exitCode: 128, stderr: expect.stringContaining('/nowhere') as string })
  expect((await failureOf(call(farEnd(() => ['sh', '-c', 'exit 127'])))).far?.exitCode).toBe(127)
})

test('a far end that cannot be had is what is thrown', async () => {
  const far: FarEnd = () => Promise.reject(new Error('no such container'))
  await expect(call(far)).rejects.toThrow('no such container')
})

test('one that says nothing is ended, and one that says too much', async () => {
  const silence = { 'upload-pack': 200, 'receive-pack': 200 }
  expect(
    (
      await failureOf(
        call(
          farEnd(() => ['sleep', '600']),
          { limits: { silence } },
        ),
      )
    ).reason,
  ).toBe('silence')
  const endless = farEnd(() => ['sh', '-c', `while :; do printf '003d%s refs/heads/main\\n' ${source.head}; done`])
  expect((await failureOf(call(endless, { limits: { bytes: 1_000_000 } }))).reason).toBe('size')
})

test('one that goes on when git here has ended is ended', async () => {
  const far = farEnd((service) => ['sh', '-c', `git ${service} '${source.folder}' & sleep 600`])
  const failure = await failureOf(call(far, { refs: [], args: ['no-such-command'] }))
  expect(failure.reason).toBe('near')
})

test('one that breaks off leaves a failure', async () => {
  const far = farEnd((service) => ['sh', '-c', `git ${service} '${source.folder}' </dev/null | head -c 30`])
  expect((await failureOf(call(far))).reason).toBe('near')
})

test('aborting ends both', async () => {
  const controller = new AbortController()
  const far: FarEnd = (service, streams, signal) => {
    const running = farEnd(() => ['sleep', '600'])(service, streams, signal)
    controller.abort()
    return running
  }
  expect((await failureOf(call(far, { signal: controller.signal }))).reason).toBe('aborted')
})

test('a machine without git, and a git without the helper, are told', async () => {
  expect((await failureOf(call(farEnd(source.folder), { env: { PATH: '/nowhere' } }))).reason).toBe('missing')
})

test('git here is given no more memory than it needs, and that it came to that is told', async () => {
  const large = new TestRepository()
  large.write('0'.repeat(80 * 1024 ** 2), 'large')
  large.commit()
  const fetch = { args: ['fetch', '--no-write-fetch-head'], refs: ['refs/heads/main:refs/heads/main'] }
  const memory = 64 * 1024 ** 2
  const far = farEnd(large.folder)
  const work = call(far, { ...fetch, limits: { memory } })
  await expect(toldIfFailed(work)).rejects.toMatchObject({ diagnostics: [{ code: 'clone/too-large' }] })
  // What comes whole passes through it.
  const args = ['-c', 'core.bigFileThreshold=16m', ...fetch.args]
  expect(await call(far, { ...fetch, args, limits: { memory } })).toBe('')
})
