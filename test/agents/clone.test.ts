// Real agents in a clone of the workspace: what one edits and commits reaches this machine by a fetch, as a branch, and in
// no other way.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project } from '../e2e/support/project.js'
import type { ModelStub } from '../support/model/stub.js'
import { testedAgents } from './support/fixture.js'
import { applyAgent, keyOnHost } from './support/stage.js'

const agents = testedAgents().filter(({ fixture }) => fixture.clone === true)

describe.each(agents)('$name, in a clone', ({ name, descriptor }) => {
  let project: Project
  let model: ModelStub

  beforeAll(async () => {
    project = await Project.create()
    writeFileSync(join(project.home, '.gitconfig'), '[user]\n\tname = Ada\n\temail = ada@private.example\n')
    git('init', '--quiet', '--initial-branch=main')
    // The repository alone knows it.
    git('config', 'user.email', 'ada@work.example')
    await project.write('one\n', 'file')
    git('add', 'file')
    git('commit', '--quiet', '--message', 'one')
    for (const hook of ['pre-commit', 'post-commit', 'reference-transaction', 'post-checkout']) {
      const path = join(project.folder, '.git/hooks', hook)
      writeFileSync(path, `#!/bin/sh\ntouch '${project.beside('mark')}'\n`)
      chmodSync(path, 0o755)
    }
    const command = 'echo two > file && git commit --quiet --all --message "from the agent" && pwd > made'
    const more = { name: 'web', workspace: { mode: 'clone' } }
    model = await applyAgent(project, name, { command, answer: 'All of it is written.' }, more)
  })
  afterAll(async () => {
    await model.close()
    await project.remove()
  })

  function git(...args: readonly string[]): string {
    const own = ['-c', 'safe.directory=*', '-c', 'core.hooksPath=/dev/null']
    return execFileSync('git', [...own, ...args], { cwd: project.folder, env: project.env, stdio: 'pipe' })
      .toString()
      .trim()
  }

  /** Digests by path, of all files or those of the working tree. */
  function filesHere(isWanted: (path: string) => boolean = () => true): Readonly<Record<string, string>> {
    const entries = readdirSync(project.folder, { recursive: true, withFileTypes: true })
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')
    return Object.fromEntries(
      paths
        .filter(isWanted)
        .sort()
        .map((path) => [path, digest(path)]),
    )
  }

  test('what it commits must come by fetch alone, as a branch by who commits here', async () => {
    const before = filesHere()
    const head = git('rev-parse', 'HEAD')
    const prompt = descriptor.oneShot?.map((word) => word.replace('{prompt}', 'Write the file.')) ?? []

    const printed = await project.ok(['run', name, '--', ...prompt], { env: keyOnHost })

    expect(printed).toContain('All of it is written.')
    expect(filesHere()).toEqual(before)
    await project.ok(['fetch', '--wip'])
    const isInTree = (path: string): boolean => !path.startsWith(join(project.folder, '.git/'))
    expect(filesHere(isInTree)).toEqual(Object.fromEntries(Object.entries(before).filter(([path]) => isInTree(path))))
    expect(git('rev-parse', 'HEAD')).toBe(head)
    expect(git('symbolic-ref', 'HEAD')).toBe('refs/heads/main')
    expect(git('log', '--format=%an <%ae> %cn <%ce> %s', 'main..sbx/web')).toBe(
      'Ada <ada@work.example> Ada <ada@work.example> from the agent',
    )
    expect(git('show', 'sbx/web:file')).toBe('two')
    expect(git('show', 'sbx/web-wip:made')).toBe(project.folder)
    expect(existsSync(project.beside('mark'))).toBe(false)
  })
})
