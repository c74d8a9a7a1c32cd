// Filling a clone: with git's own programs in the place of those in a sandbox.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { publicUrl, seeding } from '../../../src/cli/clone/seed.js'
import type { Engine } from '../../../src/model/engine.js'
import type { SeedStep } from '../../../src/model/plan.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { farEnd } from '../../template/support/far-end.js'
import { TestRepository } from '../support/repository.js'

let repository: TestRepository
let clone: string

beforeEach(() => {
  repository = new TestRepository()
  repository.write('one', 'src/a')
  repository.write('secret\n', '.gitignore')
  repository.commit()
  repository.git('branch', 'other')
  repository.git('branch', 'sbx/elsewhere')
  repository.git('tag', 'v1')
  repository.write('nobody', 'secret')
  clone = join(temporaryFolder('seed'), 'web')
  mkdirSync(clone)
})

/** Runs in the clone's folder what would run in that of the sandbox; `cut` has the process that begins with it killed. */
function localEngine(cut?: RegExp): Pick<Engine, 'pipe'> {
  return {
    async pipe(_, { argv, env = {} }, { input, output }, signal = new AbortController().signal) {
      const here = argv.map((each) => each.replaceAll(repository.folder, clone))
      const isCut = cut?.test(here.join(' ')) === true
      const given = { ...env, HOME: repository.home, PATH: process.env['PATH'], GIT_CONFIG_COUNT: '0' }
      const set = Object.entries(given).map(([name, value]) => `${name}=${value ?? ''}`)
      const command = isCut ? ['false'] : ['env', '-C', clone, ...set, ...here]
      const { PassThrough } = await import('node:stream')
      const nothing = new PassThrough()
      nothing.end()
      const streams = { input: (input ?? nothing) as InstanceType<typeof PassThrough>, output: output as never }
      return farEnd(() => command)('receive-pack', streams, signal)
    },
  }
}

async function seed(cut?: RegExp, spec: Partial<Parameters<typeof seeding>[2]> = {}): Promise<void> {
  const { folder: path, head } = repository
  const step: SeedStep = { do: 'seed-workspace', target: { id: 'c' }, path, branch: 'sbx/web', head }
  const workspace = { path, readonly: false, mode: 'clone' as const }
  const doing = seeding(
    localEngine(cut),
    { programEnv: () => repository.env },
    { workspace, volumes: {}, mounts: {}, ...spec },
  )
  await doing(step, 'c', () => undefined, new AbortController().signal)
}

function inClone(...args: readonly string[]): string {
  return execFileSync('git', ['-C', clone, ...args], { env: repository.env, stdio: 'pipe' })
    .toString()
    .trim()
}

test('the commits are there, on a branch of its own, and nothing that is not committed', async () => {
  repository.git('remote', 'add', 'origin', 'https://ada:secret@example.com/web.git')
  await seed()
  expect(inClone('status', '--porcelain', '--branch', '--ignored')).toBe('## sbx/web')
  expect(inClone('rev-parse', 'HEAD')).toBe(repository.head)
  expect(inClone('for-each-ref', '--format=%(refname)').split('\n')).toEqual([
    ...['refs/heads/sbx/web', 'refs/remotes/host/main', 'refs/remotes/host/other', 'refs/tags/v1'],
  ])
  expect(inClone('remote', 'get-url', 'origin')).toBe('https://example.com/web.git')
  expect(readdirSync(clone).sort()).toEqual(['.git', '.gitignore', 'src'])
})

test('one that is filled stays as it is, whatever the host has by now', async () => {
  await seed()
  writeFileSync(join(clone, 'src/a'), 'work')
  repository.write('two', 'src/a')
  repository.commit()
  const before = inClone('rev-parse', 'HEAD')
  await seed()
  expect([inClone('rev-parse', 'HEAD'), inClone('status', '--porcelain')]).toEqual([before, 'M src/a'])
})

test.each([
  ['before anything came', /receive-pack/],
  ['before its branch was there', /update-ref/],
])('one that was cut off %s is filled by the next try', async (_, cut) => {
  await expect(seed(cut)).rejects.toThrow()
  expect(existsSync(join(clone, '.git'))).toBe(true)
  // Half of a checkout.
  mkdirSync(join(clone, 'src'), { recursive: true })
  writeFileSync(join(clone, 'src/a'), 'half')
  await seed()
  expect(inClone('status', '--porcelain', '--branch')).toBe('## sbx/web')
})

test('a volume with something else in it is left alone, but for what the engine makes for mounts', async () => {
  const { folder } = repository
  mkdirSync(join(clone, 'node_modules'))
  mkdirSync(join(clone, 'data'))
  const spec = {
    volumes: { [`${folder}/node_modules`]: 'own' },
    mounts: { [`${folder}/data/in`]: { source: '/d', readonly: true } },
  }
  writeFileSync(join(clone, 'note'), '')
  await expect(seed(undefined, spec)).rejects.toThrow('clone/not-empty')
  expect(readdirSync(clone).sort()).toEqual(['data', 'node_modules', 'note'])
  rmSync(join(clone, 'note'))
  await seed(undefined, spec)
  expect(inClone('rev-parse', '--abbrev-ref', 'HEAD')).toBe('sbx/web')
})

test('git that is not there is told', async () => {
  await expect(seed(/command -v git/)).rejects.toThrow('clone/git-failed')
})

test.each([
  ['https://ada:secret@example.com/web.git', 'https://example.com/web.git'],
  ['https://token@example.com/web.git', 'https://example.com/web.git'],
  ['ssh://git:secret@example.com:22/web.git', 'ssh://git@example.com:22/web.git'],
  ['git@example.com:ada/web.git', 'git@example.com:ada/web.git'],
  ['example.com:web', 'example.com:web'],
  ['/srv/web.git', null],
  ['../web.git', null],
  ['file:///srv/web.git', null],
  ['ext::sh -c touch% /tmp/x', null],
  ['-oProxyCommand=touch:x', null],
  ['https://exa mple.com/', null],
  ['', null],
])('of the address %s the clone has %s', (written, expected) => {
  expect(publicUrl(written)).toBe(expected)
})
