import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { gitFolderFacts } from '../../../src/cli/host/git-folder-facts.js'
import { TestRepository } from '../support/repository.js'

function repositoryWithCommit(): TestRepository {
  const repository = new TestRepository()
  repository.write('agent: shell\n')
  repository.commit()
  return repository
}

test('of a work tree it is that of the repository, which must know the tree', async () => {
  const repository = repositoryWithCommit()
  const tree = join(realpathSync(repository.home), 'tree')
  repository.git('worktree', 'add', '--quiet', tree)
  const common = realpathSync(join(repository.folder, '.git'))
  expect(await gitFolderFacts(tree)).toEqual({ path: common, of: 'work tree' })
  writeFileSync(join(common, 'worktrees/tree/gitdir'), '/elsewhere/.git\n')
  expect(await gitFolderFacts(tree)).toMatchObject({ path: join(tree, '.git'), why: expect.any(String) as string })
})

test('of a submodule it is the one in the repository around it', async () => {
  const repository = repositoryWithCommit()
  const lib = new TestRepository()
  lib.write('x', 'x')
  lib.commit()
  repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', lib.folder, 'lib')
  const top = realpathSync(repository.folder)
  expect(await gitFolderFacts(join(top, 'lib'))).toEqual({ path: join(top, '.git/modules/lib'), of: 'submodule' })
})

test('what an agent could have pointed anywhere is not followed, nor repeated', async () => {
  const repository = repositoryWithCommit()
  const tree = join(realpathSync(repository.home), 'tree')
  mkdirSync(tree)
  for (const pointer of [`gitdir: ${repository.folder}/.git`, 'gitdir: /etc', 'gitdir: \u001b[2J', 'x']) {
    writeFileSync(join(tree, '.git'), pointer)
    expect(await gitFolderFacts(tree)).toEqual({
      path: join(tree, '.git'),
      why: 'names a git folder that is not known to be that of this workspace',
    })
  }
})
