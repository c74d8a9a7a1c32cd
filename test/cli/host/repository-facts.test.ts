import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryFacts } from '../../../src/cli/host/repository-facts.js'
import { readHost } from '../../../src/resolve/host.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { TestRepository } from '../support/repository.js'

async function factsOf(repository: TestRepository, folder = '.', hidden: readonly string[] = []) {
  const host = await readHost(repository.env)
  return repositoryFacts(realpathSync(join(repository.folder, folder)), hidden, host)
}

test('a clone begins at the commit that the repository is at', async () => {
  const repository = new TestRepository()
  const root = realpathSync(repository.folder)
  expect(await factsOf(repository)).toEqual({ root, head: null, tracked: [] })
  repository.write('agent: claude\n')
  repository.write('x', 'sub/x')
  repository.commit()
  expect(await factsOf(repository)).toEqual({ root, head: repository.head, tracked: [] })
  repository.git('checkout', '--quiet', '--detach')
  expect(await factsOf(repository, 'sub')).toMatchObject({ root, head: repository.head })
  repository.git('pack-refs', '--all')
  repository.git('checkout', '--quiet', 'main')
  expect(await factsOf(repository)).toMatchObject({ head: repository.head })
})

test('what is committed and hidden is told, be it a file or a folder', async () => {
  const repository = new TestRepository()
  repository.write('k', 'keys/one')
  repository.write('k', '.env')
  repository.commit()
  repository.write('k', '.env.local')
  const hidden = ['.env', '.env.local', 'keys', 'keys/two', '.env/below']
  expect(await factsOf(repository, '.', hidden)).toMatchObject({ tracked: ['.env', 'keys'] })
})

test('a folder of no repository has none', async () => {
  const folder = realpathSync(temporaryFolder('no-repository'))
  expect(await repositoryFacts(folder, [], { programEnv: () => ({}) })).toBeNull()
})
