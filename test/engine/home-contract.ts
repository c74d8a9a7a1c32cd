// What every engine does with a home that is of an earlier image.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentHome, containerName, homeVolumeName } from '../../src/model/names.js'
import type { Step } from '../../src/model/plan.js'
import type { ContainerSpec } from '../../src/model/spec.js'
import type { Subject } from './contract.js'

export type HomeSubject = Subject & {
  /** Makes an image with these files in the home, and gives its id. */
  imageWith(home: Readonly<Record<string, string>>): Promise<string>
  /** Writes files of the home, or removes those that are null, as whoever works in a container that runs. */
  change(containerId: string, files: Readonly<Record<string, string | null>>): Promise<void>
}

export function describeHomeContract(name: string, makeSubject: () => Promise<HomeSubject>): void {
  describe(`${name} with a home of an earlier image`, () => {
    let subject: HomeSubject

    beforeAll(async () => {
      subject = await makeSubject()
    })

    afterAll(async () => {
      await subject.close()
    })

    const id = 'home-000001'

    async function create(image: string, replaces: string | null): Promise<string> {
      const { engine, scope, workspace } = subject
      const spec: ContainerSpec = {
        ...{ template: { kind: 'image', reference: image }, setup: [], mounts: {}, ports: {} },
        ...{ workspace: { path: workspace, readonly: false }, volumes: { [agentHome]: homeVolumeName(scope, id) } },
        ...{ socket: 'none', credentials: 'none', network: 'none' },
      }
      const sandbox = { id, displayName: id, workspace, inode: '1:2:3', agent: 'shell', profile: null }
      const request = {
        ...{ name: containerName(scope, id, spec, replaces), sandbox, spec, resources: { pids: 100 }, replaces },
        ...{ image, recipe: '' },
      }
      const { containerId } = await engine.perform({ do: 'create-container', request })
      if (containerId === undefined) throw new Error('the engine gave no id')
      return containerId
    }

    async function textsOf(...paths: readonly string[]): Promise<readonly (string | null)[]> {
      const volume = homeVolumeName(subject.scope, id)
      const found = (await subject.engine.readVolumes({ [volume]: paths }))[volume]
      return paths.map((path) => found?.[path]?.text ?? null)
    }

    test('what it hides is told, and comes where nobody changed it, while nothing runs in it', async () => {
      const { engine } = subject
      const same = { '.changed': 'one', '.deleted': 'one', '.login': 'one', '.untouched': 'one' }
      const from = await subject.imageWith({ ...same, '.same': 'one' })
      const to = await subject.imageWith({
        ...{ '.changed': 'two', '.deleted': 'two', '.login': 'two', '.new': 'two', '.own': 'two', '.same': 'one' },
        '.untouched': 'two',
      })
      const old = await create(from, null)
      await engine.perform({ do: 'start', target: { id: old } })
      await engine.perform({ do: 'await-ready', target: { id: old } })
      await subject.change(old, { '.changed': 'mine', '.own': 'mine', '.deleted': null })

      const compare: Step = { do: 'compare-homes', sandboxId: id, from, to, isNeeded: true }
      const { home } = await engine.perform(compare)
      expect(home).toMatchObject({ hidden: { count: 6 } })
      expect(home !== undefined && 'hidden' in home ? home.hidden.first : []).toEqual([
        ...['.changed', '.deleted', '.login'].map((path) => ({ path, change: 'changed' })),
        ...['.new', '.own'].map((path) => ({ path, change: 'new' })),
        { path: '.untouched', change: 'changed' },
      ])
      expect(await engine.perform({ ...compare, to: from })).toEqual({})
      // To look into an image leaves nothing.
      expect((await engine.observe(id, [])).containers).toHaveLength(1)

      const except = [`${agentHome}/.login`]
      const refresh: Step = { do: 'refresh-home', sandboxId: id, from, to, target: { id: old }, except }
      await expect(engine.perform(refresh)).rejects.toMatchObject({ diagnostics: [{ code: 'engine/home-in-use' }] })

      await engine.perform({ do: 'stop', target: { id: old } })
      const target = { id: await create(to, old) }
      await engine.perform({ do: 'start', target: { id: old } })
      const again = engine.perform({ ...refresh, target })
      await expect(again).rejects.toMatchObject({ diagnostics: [{ code: 'engine/home-in-use' }] })
      await engine.perform({ do: 'stop', target: { id: old } })
      const paths = ['.changed', '.deleted', '.login', '.new', '.own', '.same', '.untouched']
      const texts = ['mine', null, 'one', 'two', 'mine', 'one', 'two']
      expect(await engine.perform({ ...refresh, target })).toEqual({ home: { brought: 2, left: 3 } })
      // What is there already is not counted, so that one cut short is ended by the next.
      expect(await engine.perform({ ...refresh, target })).toEqual({ home: { brought: 0, left: 3 } })
      expect(await textsOf(...paths)).toEqual(texts)
    })
  })
}
