// Git inside knows its user and trusts the workspace, by the session's environment alone.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Project } from './support/project.js'

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

    await apply('agent: shell\nnetwork: none\ngit: { name: Somebody Else, email: else@example.com }\n')
    expect(await project.inside('git config user.name')).toBe('Somebody Else')
    await apply('agent: shell\nnetwork: none\ngit: none\n')
    expect(await project.inside('git config user.name || echo nobody')).toBe('nobody')
  })
})
