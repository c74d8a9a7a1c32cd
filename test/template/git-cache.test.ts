// Trees out of real repositories, some of which no honest git makes.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { lstat, mkdtemp, readFile, readdir, readlink, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cachedFolder, fetchFolder } from '../../src/template/git-cache.js'
import { parseGitReference, type GitReference } from '../../src/template/git-reference.js'
import { resolveCommit } from '../../src/template/git-remote.js'
import { codesOf, diagnosticsOf } from './fixture.js'

let root: string
let repository: string
const env = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
const context = { env }

function git(args: readonly string[], input = ''): string {
  const who = { GIT_AUTHOR_NAME: 'T', GIT_AUTHOR_EMAIL: 't@x', GIT_COMMITTER_NAME: 'T', GIT_COMMITTER_EMAIL: 't@x' }
  return execFileSync('git', [`--git-dir=${repository}`, ...args], { input, env: { ...env, ...who } })
    .toString()
    .trim()
}

function blob(text: string): string {
  return git(['hash-object', '-w', '--stdin'], text)
}

/** A tree of raw entries, `mode name object`, which git itself would not all write. */
function tree(entries: readonly (readonly [mode: string, name: string, object: string])[]): string {
  const raw = Buffer.concat(
    entries.map(([mode, name, object]) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(object, 'hex')]),
    ),
  )
  const command = ['hash-object', '-w', '-t', 'tree', '--literally', '--stdin']
  return execFileSync('git', [`--git-dir=${repository}`, ...command], { input: raw, env })
    .toString()
    .trim()
}

function branch(name: string, content: string): string {
  const commit = git(['commit-tree', '-m', name, content])
  git(['update-ref', `refs/heads/${name}`, commit])
  return commit
}

function reference(ref: string, folder = ''): GitReference {
  return parseGitReference(`git+file://${repository}${folder === '' ? '' : `//${folder}`}@${ref}`)
}

function cache(name: string): string {
  return join(root, name)
}

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'sbx-git-')))
  repository = join(root, 'origin.git')
  git(['init', '--quiet', '--bare'])
})
afterAll(async () => {
  await rm(root, { recursive: true })
})

test('a folder comes with its modes and links, and nothing of git', async () => {
  const inner = tree([
    ['100755', 'run', blob('#!/bin/sh\n')],
    ['100644', 'text', blob('$Format:%H$\r\n')],
  ])
  const link = blob('../../outside')
  const commit = branch('plain', tree([['40000', 'a', inner], ['120000', 'l', link], ['100644', '.gitattributes', blob('* export-subst text eol=lf\n')]])) // prettier-ignore
  const path = await fetchFolder(cache('plain'), reference('plain'), commit, 'template', context)
  expect((await readdir(path)).sort()).toEqual(['.gitattributes', 'a', 'l'])
  expect(await readFile(join(path, 'a/text'), 'utf8')).toBe('$Format:%H$\r\n')
  expect((await lstat(join(path, 'a/run'))).mode & 0o777).toBe(0o700)
  expect((await lstat(join(path, 'a/text'))).mode & 0o777).toBe(0o600)
  expect(await readlink(join(path, 'l'))).toBe('../../outside')
  expect((await lstat(cache('plain'))).mode & 0o777).toBe(0o700)
})

test('what is in the cache is found without git, and under its own URL alone', async () => {
  const commit = branch('warm', tree([['100644', 'Dockerfile', blob('FROM x\n')]]))
  const there = reference('warm')
  const other = { ...there, url: `${there.url}/` }
  expect(await cachedFolder(cache('warm'), there, commit, 'template')).toBeNull()
  const path = await fetchFolder(cache('warm'), there, commit, 'template', context)
  expect(await cachedFolder(cache('warm'), there, commit, 'template')).toBe(path)
  expect(await fetchFolder(cache('warm'), there, commit, 'template', { env: { PATH: '/nowhere' } })).toBe(path)
  expect(await cachedFolder(cache('warm'), other, commit, 'template')).toBeNull()
})

test('many at once make one folder, and leave nothing half made', async () => {
  const commit = branch('many', tree([['100644', 'Dockerfile', blob('FROM y\n')]]))
  const paths = await Promise.all(
    [1, 2, 3, 4].map(() => fetchFolder(cache('many'), reference('many'), commit, 'template', context)),
  )
  expect(new Set(paths).size).toBe(1)
  const [ofUrl = ''] = await readdir(cache('many'))
  expect(await readdir(join(cache('many'), ofUrl))).toHaveLength(2)
})

test.each<readonly [string, () => string]>([
  ['a name above', () => tree([['100644', '..', blob('x')]])],
  ['a folder above', () => tree([['40000', '..', tree([['100644', 'x', blob('x')]])]])],
  ['git’s own folder', () => tree([['40000', '.git', tree([['100644', 'config', blob('x')]])]])],
  ['git’s own folder in capitals', () => tree([['40000', '.GIT', tree([['100644', 'config', blob('x')]])]])],
  ['a path as a name', () => tree([['100644', 'a/../../x', blob('x')]])],
  ['one name twice', () => tree([['100644', 'a', blob('x')], ['100644', 'a', blob('y')]])], // prettier-ignore
  [
    'a link that is a folder too',
    () => tree([['120000', 'a', blob(root)], ['40000', 'a', tree([['100644', 'escaped', blob('x')]])]]), // prettier-ignore
  ],
  ['a submodule', () => tree([['160000', 'sub', 'a'.repeat(40)]])],
])('%s is refused, and nothing is written', async (name, content) => {
  const at = cache(`hostile ${name}`)
  const commit = branch('hostile', content())
  const call = () => fetchFolder(at, reference(commit), commit, 'template', context)
  expect(await codesOf(call)).toEqual(['template/git-tree'])
  const [ofUrl = ''] = await readdir(at)
  expect((await readdir(join(at, ofUrl))).filter((entry) => !entry.endsWith('.git'))).toEqual([])
  expect(existsSync(join(root, 'escaped'))).toBe(false)
})

test('beside a base a submodule is left out', async () => {
  const commit = branch('base', tree([['100644', 'base.yaml', blob('x: 1\n')], ['160000', 'sub', 'a'.repeat(40)]])) // prettier-ignore
  const path = await fetchFolder(cache('base'), reference('base'), commit, 'base', context)
  expect(await readdir(path)).toEqual(['base.yaml'])
})

test('a ref is a tag before it is a branch, and a tag is the commit that it names', async () => {
  const content = tree([['100644', 'Dockerfile', blob('FROM z\n')]])
  const old = branch('both', content)
  git(['-c', 'user.name=T', '-c', 'user.email=t@x', 'tag', '-a', '-m', 'both', 'both', old])
  branch('both', tree([['100644', 'Dockerfile', blob('FROM newer\n')]]))
  expect(await resolveCommit(reference('both'), context)).toBe(old)
  expect(await resolveCommit(reference('refs/heads/both'), context)).not.toBe(old)
  expect(await codesOf(() => resolveCommit(reference('oth'), context))).toEqual(['template/git-no-ref'])
})

test('a commit that is nobody’s any more is told with the way out', async () => {
  const call = () => fetchFolder(cache('gone'), reference('v9'), 'b'.repeat(40), 'template', context)
  expect(await diagnosticsOf(call)).toMatchObject([
    {
      code: 'template/git-no-commit',
      command: expect.stringContaining('sbx template lock --update git+file') as string,
    },
  ])
})

test('trees within trees are refused before they are all listed', async () => {
  let content = tree([['100644', 'Dockerfile', blob('FROM x\n')]])
  for (let level = 0; level < 9; level += 1) {
    const inner = content
    content = tree(Array.from({ length: 10 }, (_, at) => ['40000', String(at), inner] as const))
  }
  const commit = branch('deep', content)
  const call = () => fetchFolder(cache('deep'), reference('deep'), commit, 'template', context)
  expect(await codesOf(call)).toEqual(['template/git-tree'])
})

test('a cache that is in the way of itself is told, and asked for nothing', async () => {
  const file = join(root, 'file')
  await writeFile(file, '')
  const commit = branch('file', tree([['100644', 'Dockerfile', blob('FROM x\n')]]))
  for (const at of [file, join(file, 'sbx/git')]) {
    expect(await cachedFolder(at, reference('file'), commit, 'template')).toBeNull()
    const call = () => fetchFolder(at, reference('file'), commit, 'template', context)
    expect(await codesOf(call)).toEqual(['template/git-cache'])
  }
})

test.each(['objects', 'objects/*', 'HEAD'])(
  'a cached repository without its %s is told, by its folder',
  async (lost) => {
    const at = cache(`lost ${lost.replace('/*', ' in it')}`)
    const content = tree([
      ['40000', 'a', tree([['100644', 'Dockerfile', blob(`FROM ${lost}\n`)]])],
      ['40000', 'b', tree([['100644', 'Dockerfile', blob('FROM b\n')]])],
    ])
    const commit = branch('lost', content)
    await fetchFolder(at, reference('lost', 'a'), commit, 'template', context)
    const [ofUrl = ''] = await readdir(at)
    const cached = join(at, ofUrl, `${commit}.git`)
    // What is fetched is either in a pack or lies by itself.
    for (const name of lost === 'objects/*'
      ? (await readdir(join(cached, 'objects'))).map((each) => `objects/${each}`)
      : [lost]) {
      await rm(join(cached, name), { recursive: true })
    }
    const call = () => fetchFolder(at, reference('lost', 'b'), commit, 'template', context)
    expect(await diagnosticsOf(call)).toMatchObject([
      { code: 'template/git-cache', detail: expect.stringContaining(cached) as string },
    ])
  },
)
