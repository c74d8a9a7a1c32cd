// What is kept of a removed sandbox is listed with what would be lost with it.

import { expect, test } from 'vitest'
import { allKept, unfetchedOf } from '../../../src/cli/removal/ls-kept.js'
import type { Home } from '../../../src/model/volumes.js'
import { keptJson, keptText, type KeptHome } from '../../../src/ui/kept-text.js'
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
  const unfetched = (engine: FakeEngine) =>
    unfetchedOf({ volume: clone, sandbox: home.sandbox }, engine, host, new AbortController().signal)
  const look = async (engine: FakeEngine): Promise<KeptHome> => ({ ...home, ...(await unfetched(engine)) })
  return { world, home, look, unfetched, clone, cloned, engine: new FakeEngine({ world }), id: cloned.id, path }
}

const of = (...homes: readonly KeptHome[]) => ({ homes, clones: [] })
const context = { style: plainStyle, home: '/home/ada', now: new Date('2026-11-22T08:00:00Z') }

test('commits that are nowhere else are named, with the way to them', async () => {
  const { look, engine, path, id } = await kept((head) => ({
    'refs/heads/sbx/web': `${mine}\n`,
    'refs/heads/evil\u001b[2J': `${other}\n`,
    'refs/heads/same': `${head}\n`,
  }))
  const home = await look(engine)
  expect(keptText(of(home), context).slice(2)).toEqual([
    `The clone of ${id} has 2 branches that were not fetched (evil\\e[2J bbbbbbb, sbx/web aaaaaaa).`,
    `  into your repository: with sbx apply (or sbx run --clone NAME if it was made so) and then sbx fetch ${id}, in ${path}`,
  ])
  const narrow = keptText(of(home), { ...context, style: { ...plainStyle, isTerminal: true } })
  expect(narrow.filter((line) => line.length > 80)).toEqual([])
  expect(narrow.join(' ').replaceAll(/ +/g, ' ')).toContain(`and then sbx fetch ${id}, in ${path}`)
  const document = keptJson(of(home))
  expectValid('kept', document)
  expect(document).toMatchObject({ homes: [{ unfetched: { branches: [{}, { name: 'sbx/web', tip: mine }] } }] })
})

test('a clone whose commits all are here has nothing to be said of, and neither has a home alone', async () => {
  const { look, engine, home } = await kept((head) => ({ 'refs/heads/sbx/web': `${head}\n` }))
  expect(await look(engine)).toEqual(home)
  expect(keptText(of(home), context)).toHaveLength(2)
  const { clone: _, ...alone } = home
  expectValid('kept', keptJson(of(home, alone)))
})

test('what cannot be told is said, and keeps nothing from the list', async () => {
  const { look, world, id } = await kept(() => ({ 'refs/heads/sbx/web': 'x'.repeat(5000) }))
  expect(keptText(of(await look(new FakeEngine({ world }))), context)[2]).toBe(
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
  expect(await allKept(engine)).toEqual({ homes: [], clones: [] })
  world.containers.clear()
  const { homes, clones } = await allKept(engine)
  expect([homes.map(({ sandbox }) => sandbox.id), clones]).toEqual([[id], []])
})

test('a clone that its sandbox has no more is listed, with what is in it and the ways out', async () => {
  const { world, engine, id, cloned, clone, unfetched, home, path } = await kept(() => ({
    'refs/heads/sbx/web': `${mine}\n`,
  }))
  await applyTo(world, file())
  const left = await allKept(engine)
  expect(left).toMatchObject({ homes: [], clones: [{ name: clone, sandbox: { id }, hasSandbox: true }] })
  const shown = { homes: [], clones: left.clones.map((each) => ({ ...each, sandbox: home.sandbox })) }
  const [one] = shown.clones
  if (one === undefined) throw new Error('none')
  const told = { homes: [], clones: [{ ...one, ...(await unfetched(engine)) }] }
  expect(keptText(told, context).slice(2)).toEqual([
    `The clone of ${id} has 1 branch that was not fetched (sbx/web aaaaaaa), perhaps what is not committed (nobody has looked): ${id} works on the folder itself, and has it no more.`,
    `  into your repository: with "workspace: { mode: clone }" sbx apply and then sbx fetch ${id}, in ${path}`,
    `  to remove it alone, docker volume rm ${clone}; with its sandbox and the home, sbx rm --volumes ${id}`,
  ])
  const document = keptJson(told)
  expectValid('kept', document)
  expect(document).toMatchObject({
    clones: [{ id, volume: clone, has_sandbox: true, unfetched: { branches: [{ tip: mine }] } }],
  })
  expectValid('kept', keptJson(shown))

  // Without its sandbox and its home it is somebody's work all the same.
  world.containers.clear()
  world.volumes.delete(cloned.homeVolume)
  const alone = await allKept(engine)
  expect(alone).toMatchObject({ homes: [], clones: [{ name: clone, hasSandbox: false }] })
  expect(keptText(alone, context).at(-1)).toBe(`  to remove it: sbx rm --volumes ${id}`)
})
