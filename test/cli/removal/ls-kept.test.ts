// What is kept of a removed sandbox is listed with what would be lost with it.

import { expect, test } from 'vitest'
import { homesKept, withUnfetched } from '../../../src/cli/removal/ls-kept.js'
import type { Home } from '../../../src/model/volumes.js'
import { keptHomesJson, keptHomesText, type KeptHome } from '../../../src/ui/kept-homes-text.js'
import { plainStyle } from '../../../src/ui/style.js'
import { expectValid } from '../../e2e/support/documents.js'
import { applyTo } from '../../support/applying.js'
import { emptyWorld, file } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import { TestRepository } from '../support/repository.js'

const [mine, other] = ['a'.repeat(40), 'b'.repeat(40)]

/** The home and the clone of a removed sandbox, with these files in the clone's `.git`. */
async function kept(files: (head: string) => Readonly<Record<string, string>>) {
  const repository = new TestRepository()
  repository.commit()
  const path = repository.folder
  const cloned = { ...file({ container: { workspace: { path, readonly: false, mode: 'clone' } } }), workspace: path }
  const world = emptyWorld()
  await applyTo(world, cloned)
  const clone = cloned.workspaceVolume ?? ''
  for (const [name, text] of Object.entries({ HEAD: 'ref: refs/heads/sbx/web\n', ...files(repository.head) }))
    world.volumeFiles.set(`${clone}/.git/${name}`, { text, modifiedAt: 1 })
  const home: Home = { name: cloned.homeVolume, sandbox: cloned, createdAt: '2026-11-20T08:00:00Z', clone }
  const host = { programEnv: () => repository.env }
  const look = (engine: FakeEngine): Promise<KeptHome> =>
    withUnfetched(home, engine, host, new AbortController().signal)
  return { world, home, look, engine: new FakeEngine({ world }), id: cloned.id, path }
}

const context = { style: plainStyle, home: '/home/ada', now: new Date('2026-11-22T08:00:00Z') }

test('commits that are nowhere else are named, with the way to them', async () => {
  const { look, engine, path, id } = await kept((head) => ({
    'refs/heads/sbx/web': `${mine}\n`,
    'refs/heads/evil\u001b[2J': `${other}\n`,
    'refs/heads/same': `${head}\n`,
  }))
  const home = await look(engine)
  expect(keptHomesText([home], context).slice(2)).toEqual([
    `The clone of ${id} has 2 branches that were not fetched (evil\\e[2J bbbbbbb, sbx/web aaaaaaa).`,
    `  into your repository: sbx apply (or sbx run --clone NAME if it was made so) and then sbx fetch ${id}, in ${path}`,
  ])
  const document = keptHomesJson([home])
  expectValid('kept', document)
  expect(document).toMatchObject({ homes: [{ unfetched: { branches: [{}, { name: 'sbx/web', tip: mine }] } }] })
})

test('a clone whose commits all are here has nothing to be said of, and neither has a home alone', async () => {
  const { look, engine, home } = await kept((head) => ({ 'refs/heads/sbx/web': `${head}\n` }))
  expect(await look(engine)).toEqual(home)
  expect(keptHomesText([home], context)).toHaveLength(2)
  const { clone: _, ...alone } = home
  expect(await withUnfetched(alone, engine, { programEnv: () => ({}) }, new AbortController().signal)).toEqual(alone)
  expectValid('kept', keptHomesJson([home, alone]))
})

test('what cannot be told is said, and keeps nothing from the list', async () => {
  const { look, world, id } = await kept(() => ({ 'refs/heads/sbx/web': 'x'.repeat(5000) }))
  expect(keptHomesText([await look(new FakeEngine({ world }))], context)[2]).toBe(
    `The clone of ${id} has commits that sbx cannot tell.`,
  )
  class Closed extends FakeEngine {
    override async *readVolumeArchive(): ReturnType<FakeEngine['readVolumeArchive']> {
      const { fail } = await import('../../../src/model/diagnostic.js')
      fail('engine/refused', 'The engine refused it', {})
    }
  }
  expect(await look(new Closed({ world }))).toMatchObject({ unfetched: { branches: [], isUnknown: true } })
})

test('a home is kept where no container has it', async () => {
  const { world, engine, id } = await kept(() => ({}))
  expect(await homesKept(engine)).toEqual([])
  world.containers.clear()
  expect((await homesKept(engine)).map(({ sandbox }) => sandbox.id)).toEqual([id])
})
