// Git inside knows its user and trusts the workspace, by the session's environment alone.

import { chown, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Project } from './support/project.js'
import { Repository } from './support/repository.js'

let project: Project
beforeEach(async () => {
  project = await Project.create()
})
afterEach(async () => {
  await project.remove()
})

async function apply(file: string, ...flags: readonly string[]): Promise<void> {
  await project.write(file)
  await project.ok(['apply', '--yes', '--discard', ...flags])
}

/** A repository beside the project, of the same owner, with the project as the work tree of its branch `try-1`. */
async function treeOf(folder: string, repository: string, tree: string): Promise<Repository> {
  await rm(join(folder, '.git'), { recursive: true })
  const main = await Repository.create(repository)
  await main.commit()
  await main.git('worktree', 'add', '--quiet', '-b', 'try-1', tree)
  await rename(join(tree, '.git'), join(folder, '.git'))
  await main.git('worktree', 'repair', folder)
  const { uid } = await stat(folder)
  for (const name of ['.', ...(await readdir(main.folder, { recursive: true }))]) {
    await chown(join(main.folder, name), uid, uid)
  }
  return main
}

describe('git', () => {
  test('must know who commits and trust the workspace, with no file written', async () => {
    await writeFile(join(project.home, '.gitconfig'), '[user]\n\tname = Ada Example\n\temail = ada@example.com\n')
    await apply('agent: shell\nnetwork: none\n')
    // Another owner of the repository is what git would refuse.
    const made = await project.inside(
      'git init -q && sudo chown -R 4242 .git && git status --short >/dev/null && ' +
        'git log -1 2>&1 | head -1; git config user.name; git config user.email; git config --get-all safe.directory',
    )
    expect(made).toContain('Ada Example\nada@example.com\n')
    expect(made.split('\n')).toContain(project.folder)
    expect(made).not.toMatch(/dubious ownership/)
    expect(await project.inside('ls -A ~/.gitconfig ~/.config/git /etc/gitconfig 2>/dev/null || true')).toBe('')
    expect(await readFile(join(project.folder, '.git/config'), 'utf8')).not.toMatch(/user|safe/)

    // The workspace becomes a work tree of a repository beside it.
    const main = await treeOf(project.folder, project.beside('main'), project.beside('tree'))
    await apply('agent: shell\nnetwork: none\ngit: { name: Somebody Else, email: else@example.com }\n', '--allow-widen')
    expect(await project.inside('git add sandbox.yaml && git commit -qm inside && git status --short')).toBe('')
    expect(await main.git('-c', 'safe.directory=*', 'log', '--format=%an %s', 'try-1')).toBe(
      'Somebody Else inside\nT change',
    )
    expect(await readdir(main.folder)).toEqual(['.git'])
    await apply('agent: shell\nnetwork: none\ngit: none\n')
    expect(await project.inside('git config user.name || echo nobody')).toBe('nobody')
  })
})
