// Two work trees and two clones of one repository, and an agent in each at the same time: four branches, and nothing of one in
// another.

import { readdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from '../e2e/support/project.js'
import { Repository } from '../e2e/support/repository.js'

/** Of each agent. */
const commits = 25

const agents = [
  { flags: ['--worktree', 'try-1'], branch: 'try-1' },
  { flags: ['--worktree', 'try-2'], branch: 'try-2' },
  { flags: ['--clone', 'one'], branch: 'sbx/project-one' },
  { flags: ['--clone', 'two'], branch: 'sbx/project-two' },
] as const

/** Many commits, and a branch and a tag besides. */
function script(branch: string): string {
  const name = branch.replaceAll('/', '-')
  return `
    set -e
    test "$(git symbolic-ref --short HEAD)" = ${branch}
    for i in $(seq ${String(commits)}); do
      echo "$i" >"${name}-$i"; echo "${name} $i" >>shared
      git add -A; git commit -qm "${name} $i"
    done
    git tag "tag-${name}"; git branch "more-${name}"; git status --porcelain; git log --format=%s | wc -l`
}

let project: Project
let repository: Repository
beforeAll(async () => {
  // Git on this machine works in what is this user's own.
  project = await Project.create({ owner: process.getuid?.() ?? 0 })
  await project.write('agent: shell\nnetwork: none\ngit: { name: Ada, email: ada@example.com }\n')
  await project.write('begun\n', 'shared')
  repository = Repository.at(project.folder)
  await repository.git('init', '--quiet', '--initial-branch=main')
  await repository.commit('begun')
})
afterAll(async () => {
  await project.remove()
})

test('four agents at once on one repository: four branches, and none is in the way of another', async () => {
  const before = await repository.git('rev-parse', 'main')
  const ran = await Promise.all(
    agents.map(({ flags, branch }) =>
      project.sbx(['run', ...flags, '--yes', '--allow-widen', '--quiet', '--', '-c', script(branch)]),
    ),
  )
  for (const { exitCode, stdout, stderr } of ran) {
    expect(stdout.trim(), stderr).toBe(String(commits + 1))
    expect(exitCode).toBe(0)
  }
  // Work trees write into the repository, clones do not.
  expect(await branches()).toEqual(['main', 'more-try-1', 'more-try-2', 'try-1', 'try-2'])
  await Promise.all(['project-one', 'project-two'].map((name) => project.ok(['fetch', name])))
  expect(await branches()).toEqual(['main', 'more-try-1', 'more-try-2', ...agents.map(({ branch }) => branch)].sort())

  expect(await repository.git('fsck', '--full', '--no-dangling')).toBe('')
  for (const { branch } of agents) {
    const name = branch.replaceAll('/', '-')
    const numbers = Array.from({ length: commits }, (_, index) => String(index + 1))
    const log = await repository.git('log', '--reverse', '--format=%an %s', `main..${branch}`)
    expect(log.split('\n')).toEqual(numbers.map((number) => `Ada ${name} ${number}`))
    const files = (await repository.git('ls-tree', '-r', '--name-only', branch)).split('\n')
    expect(files).toEqual(['sandbox.yaml', 'shared', ...numbers.map((number) => `${name}-${number}`)].sort())
    expect(await repository.git('show', `${branch}:shared`)).toBe(
      ['begun', ...numbers.map((number) => `${name} ${number}`)].join('\n'),
    )
  }
  // The main tree is as it was, and each work tree is on its own branch with nothing left over.
  expect(await repository.git('rev-parse', 'main', 'HEAD')).toBe(`${before}\n${before}`)
  expect(await repository.git('status', '--porcelain')).toBe('')
  expect((await readdir(project.folder)).sort()).toEqual(['.git', 'sandbox.yaml', 'shared'])
  expect(await readFile(join(project.folder, 'shared'), 'utf8')).toBe('begun\n')
  for (const branch of ['try-1', 'try-2']) {
    const tree = await realpath(project.beside(`project-${branch}`))
    expect(await repository.git('-C', tree, 'status', '--porcelain', '--branch')).toBe(`## ${branch}`)
  }
  const { sandboxes } = await project.json<{ sandboxes: readonly { name: string; workspace: string }[] }>(['ls'])
  expect(sandboxes.map(({ name }) => name).sort()).toEqual([
    'project-one',
    'project-try-1',
    'project-try-2',
    'project-two',
  ])
})

async function branches(): Promise<readonly string[]> {
  return (await repository.git('for-each-ref', '--format=%(refname:short)', 'refs/heads')).split('\n').sort()
}
