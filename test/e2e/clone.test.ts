// A sandbox with a clone of its own: nothing of the host's files is in it, and commits go both ways. Both repositories would
// run something wherever git on this machine read their settings.

import { execFileSync } from 'node:child_process'
import { chmod, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labels } from '../../src/model/names.js'
import { expectValid } from './support/documents.js'
import { Project } from './support/project.js'

let project: Project
let mark: string

beforeAll(async () => {
  project = await Project.create()
  mark = project.beside('mark')
  await writeFile(join(project.home, '.gitconfig'), '[user]\n\tname = Ada Example\n\temail = ada@private.example\n')
  git('init', '--quiet', '--initial-branch=main')
  await project.write('agent: shell\nname: web\nnetwork: none\nworkspace: { mode: clone }\n')
  await project.write('one\n', 'file')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'one')
  await project.write('host only\n', 'untracked')
  await poison()
})
afterAll(async () => {
  await project.remove()
})

/** With nothing of the repository's settings that would run something. */
function git(...args: readonly string[]): string {
  const safe = ['safe.directory=*', 'core.fsmonitor=false', 'core.hooksPath=/dev/null'].flatMap((each) => ['-c', each])
  return execFileSync('git', [...safe, ...args], { cwd: project.folder, env: project.env, stdio: 'pipe' })
    .toString()
    .trim()
}

async function poison(): Promise<void> {
  const program = project.beside('poison')
  await writeFile(program, `#!/bin/sh\ntouch '${mark}'\n`)
  await chmod(program, 0o755)
  const hooks = ['reference-transaction', 'pre-push', 'post-checkout', 'post-merge', 'pre-auto-gc']
  for (const hook of hooks) {
    await writeFile(join(project.folder, '.git/hooks', hook), `#!/bin/sh\ntouch '${mark}'\n`)
    await chmod(join(project.folder, '.git/hooks', hook), 0o755)
  }
  const settings = `[user]\n\temail = ada@example.com\n[core]\n\tfsmonitor = ${program}\n\talternateRefsCommand = ${program}\n\tsshCommand = ${program}\n`
  await writeFile(join(project.folder, '.git/config'), settings, { flag: 'a' })
}

test('what the agent commits comes back by fetch alone, and runs nothing', async () => {
  const before = [git('rev-parse', 'HEAD'), git('status', '--porcelain')]
  await project.ok(['apply', '--yes'])
  const inside = await project.inside(
    'ls; git symbolic-ref --short HEAD; echo two >file; git commit -qam two; echo three >file; echo new >new; ' +
      'git config core.fsmonitor /bin/false; git config uploadpack.packObjectsHook /bin/false; git switch -qc try-2; ' +
      'git commit -q --allow-empty -m other; git switch -q sbx/web 2>&1; stat -c %U file',
  )
  expect(inside.split('\n').slice(0, 3)).toEqual(['file', 'sandbox.yaml', 'sbx/web'])
  expect(inside.split('\n').at(-1)).toBe('agent')
  expect([git('rev-parse', 'HEAD'), git('status', '--porcelain')]).toEqual(before)
  expect(git('branch', '--format=%(refname:short)')).toBe('main')

  const fetched = await project.json<{ readonly branches: readonly object[] }>(['fetch', '--wip'])
  expectValid('fetch', fetched)
  expect(fetched).toMatchObject({
    repository: project.folder,
    branches: [{ branch: 'sbx/web', from: null, commits: 1, forced: false }],
    wip: { branch: 'sbx/web-wip' },
    left: ['try-2'],
  })
  expect(git('log', '--format=%an <%ae> %s', 'main..sbx/web-wip').split('\n')).toEqual([
    'Ada Example <ada@example.com> Not committed in web',
    'Ada Example <ada@example.com> two',
  ])
  expect(git('show', 'sbx/web-wip:file')).toBe('three')
  expect(git('show', 'sbx/web-wip:new')).toBe('new')
  expect([git('rev-parse', 'HEAD'), git('status', '--porcelain')]).toEqual(before)

  git('commit', '--quiet', '--allow-empty', '--message', 'theirs')
  const pushed = await project.json<object>(['push'])
  expectValid('push', pushed)
  const refs = [{ ref: 'refs/remotes/host/main', from: before[0], to: git('rev-parse', 'HEAD') }]
  expect(pushed).toMatchObject({
    refs,
    moved: false,
    hint: expect.stringContaining('git merge --no-edit host/main') as string,
  })

  // Under another name it is another sandbox, which takes it over as it is.
  await project.write('agent: shell\nname: api\nnetwork: none\nworkspace: { mode: clone }\n')
  const adopted = await project.json<{ readonly id: string; readonly adopted: string }>(['adopt', '--yes'])
  expect([adopted.adopted, adopted.id]).toEqual([expect.stringMatching(/^web-/), expect.stringMatching(/^api-/)])
  expect(await project.containers()).toEqual([])
  await project.ok(['apply', '--yes'])
  expect(
    (await project.inside('git symbolic-ref --short HEAD; git rev-parse try-2; cat file new')).split('\n'),
  ).toEqual(['sbx/api', expect.stringMatching(/^[0-9a-f]{40}$/), ...['three', 'new']])

  const removed = await project.sbx(['rm', '--volumes'])
  expect(removed.exitCode).toBe(3)
  expect(removed.stderr).toContain('try-2')
  expect(removed.stderr).not.toContain('sbx/web ')
  expect(removed.stderr).not.toContain('sbx/api ')
  const volumesHere = async (): Promise<readonly string[]> => {
    const { Volumes } = await project.docker.listVolumes({ filters: { label: [`${labels.scope}=${project.scope}`] } })
    return (Volumes ?? []).map(({ Name }) => Name).filter((name) => /-(?:home|workspace)$/.test(name))
  }
  expect(await volumesHere()).toHaveLength(2)
  await project.ok(['rm', '--volumes', '--discard'])
  expect([await volumesHere(), await project.containers()]).toEqual([[], []])
  // What was fetched stays.
  expect(git('rev-parse', '--verify', '--quiet', 'sbx/web')).toMatch(/^[0-9a-f]{40}$/)
  expect((await readdir(project.beside('.'))).sort()).toEqual(['home', 'poison', 'project'])
})
