// What every engine does with the files of a container that are to be kept.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentHome, containerName, homeVolumeName, recordName, snapshotReference } from '../../src/model/names.js'
import type { ContainerSpec, RecordSpec } from '../../src/model/spec.js'
import type { Subject } from './contract.js'

const base: ContainerSpec = {
  template: { kind: 'image', reference: 'acme/agent:1' },
  setup: [],
  workspace: { path: '', readonly: false },
  volumes: {},
  mounts: {},
  socket: 'none',
  credentials: 'none',
  network: 'none',
  ports: {},
}

const record: RecordSpec = {
  agent: { name: 'shell', args: [], autonomy: 'full' },
  env: {},
  envFile: {},
  secrets: {},
  git: null,
  resources: { pids: 100 },
  grants: {},
  flags: {},
  digestKey: '',
}

export function describeKeepContract(name: string, makeSubject: () => Promise<Subject>): void {
  describe(`${name} with files to keep`, () => {
    let subject: Subject

    beforeAll(async () => {
      subject = await makeSubject()
    })

    afterAll(async () => {
      await subject.close()
    })

    /** Full id. */
    async function create(id: string, change: Partial<ContainerSpec> = {}, replaces: string | null = null) {
      const { engine, scope, workspace, image } = subject
      const spec: ContainerSpec = {
        ...{ ...base, workspace: { path: workspace, readonly: false } },
        ...{ volumes: { [agentHome]: homeVolumeName(scope, id) }, ...change },
      }
      const sandbox = { id, displayName: id, workspace, inode: '1:2:3', agent: 'shell', profile: null }
      const request = {
        ...{ name: containerName(scope, id, spec, replaces), sandbox, spec, resources: { pids: 100 }, replaces },
        ...{ image: spec.carried?.image ?? image, recipe: '' },
      }
      const { containerId } = await engine.perform({ do: 'create-container', request })
      if (containerId === undefined) throw new Error('the engine gave no id')
      return containerId
    }

    async function start(id: string): Promise<void> {
      await subject.engine.perform({ do: 'start', target: { id } })
      await subject.engine.perform({ do: 'await-ready', target: { id } })
    }

    async function written(id: string, since: 'image' | 'template'): Promise<string[]> {
      const { paths } = await subject.engine.changes(id, since)
      return paths.flatMap(({ path }) => (path.startsWith('/opt/') ? [path] : [])).sort()
    }

    test('a snapshot is taken of what has stopped, once until it has run again, and what follows stands on it', async () => {
      const { engine, scope } = subject
      const id = 'keep-000001'
      const container = await create(id)
      const target = { id: container }
      const image = snapshotReference(scope, id, container)
      const step = { do: 'snapshot-container', target, image, sandboxId: id } as const
      await start(container)
      await subject.write(container, '/opt/one')
      await expect(engine.perform(step)).rejects.toMatchObject({ diagnostics: [{ code: 'engine/snapshot-running' }] })
      expect((await engine.observe(id, [image])).images[image]).toBeNull()

      await engine.perform({ do: 'stop', target })
      const aborted = engine.perform(step, () => undefined, AbortSignal.abort())
      await expect(aborted).rejects.toMatchObject({ kind: 'interrupted' })
      expect(await engine.madeBy(step)).toEqual({ made: false })
      const made = await engine.perform(step)
      expect(await engine.perform(step)).toMatchObject({ made: false })
      const first = (await engine.observe(id, [image])).images[image] ?? ''
      expect(made).toEqual({ made: true, imageId: first })
      expect(await engine.madeBy(step)).toEqual(made)
      expect((await engine.observe(id, [])).snapshots).toEqual([image])
      expect((await engine.listLeftovers()).snapshots).toContainEqual({ reference: image, sandboxId: id })

      await start(container)
      await subject.write(container, '/opt/two')
      await engine.perform({ do: 'stop', target })
      expect(await engine.perform(step)).toMatchObject({ made: true })
      const second = (await engine.observe(id, [image])).images[image] ?? ''
      expect(second).not.toBe(first)

      const next = await create(id, { carried: { image, base: { reference: subject.image, id: '' } } }, container)
      await start(next)
      expect(await written(next, 'image')).toEqual([])
      expect(await written(next, 'template')).toEqual(['/opt/one', '/opt/two'])
      const live = (await engine.observe(id, [])).containers.find((each) => each.id === next)
      expect(live).toMatchObject({ imageId: second, imageReference: image })
      expect(Date.parse(live?.carriedAt ?? '')).not.toBeNaN()

      await expect(engine.perform({ do: 'remove-image', reference: image })).rejects.toThrow()
      await engine.perform({ do: 'stop', target: { id: next } })
      for (const each of [container, next]) await engine.perform({ do: 'remove-container', target: { id: each } })
      // Nobody looks for it where nothing says that there was one.
      expect((await engine.observe(id, [])).snapshots).toBeUndefined()
      const sandbox = {
        id,
        displayName: id,
        workspace: subject.workspace,
        inode: '1:2:3',
        agent: 'shell',
        profile: null,
      }
      const spec = { ...record, snapshot: image }
      await engine.perform({ do: 'create-record', name: recordName(scope, id, spec), sandbox, spec })
      expect((await engine.observe(id, [])).snapshots).toEqual([image])
      await engine.perform({ do: 'remove-image', reference: image })
      expect((await engine.observe(id, [])).snapshots).toBeUndefined()
      expect((await engine.listLeftovers()).snapshots).toEqual([])
      await engine.perform({ do: 'remove-record', name: recordName(scope, id, spec) })
    })

    test('a snapshot goes by the id that it has, and not from under a container', async () => {
      const { engine, scope } = subject
      const id = 'keep-000004'
      const container = await create(id)
      const image = snapshotReference(scope, id, container)
      const step = { do: 'snapshot-container', target: { id: container }, image, sandboxId: id } as const
      const { imageId: reference = '' } = await engine.perform(step)
      const next = await create(id, { carried: { image, base: { reference: subject.image, id: '' } } }, container)
      await expect(engine.perform({ do: 'remove-image', reference })).rejects.toMatchObject({
        diagnostics: [{ code: expect.stringMatching(/^engine\/(in-use|conflict)$/) }],
      })
      await engine.perform({ do: 'remove-container', target: { id: next } })
      expect(await engine.perform({ do: 'remove-image', reference })).toMatchObject({ made: true })
      expect(await engine.perform({ do: 'remove-image', reference })).toMatchObject({ made: false })
      expect((await engine.observe(id, [image])).images[image]).toBeNull()
      expect(await engine.madeBy(step)).toEqual({ made: false })
    })

    test('a copy takes what is of the container itself, but for what it is told to leave', async () => {
      const { engine } = subject
      const from = await create('keep-000002')
      await start(from)
      for (const path of ['/opt/one', '/opt/two', '/tmp/three']) await subject.write(from, path)
      await engine.perform({ do: 'stop', target: { id: from } })
      const target = await create('keep-000003')
      const except = ['/opt/two', '/tmp', '/run', '/var/lib/sbx']
      const step = { do: 'copy-files', from: { id: from }, target: { id: target } } as const
      const all = { ...step, except: [], exceptWithPackages: [] }
      const aborted = engine.perform(all, () => undefined, AbortSignal.abort())
      await expect(aborted).rejects.toMatchObject({ kind: 'interrupted' })
      await engine.perform({ ...step, except, exceptWithPackages: [] })
      await engine.perform({ ...step, except, exceptWithPackages: [] })
      expect(await written(target, 'image')).toEqual(['/opt/one'])
      expect((await engine.changes(target)).paths.map(({ path }) => path)).not.toContain('/tmp/three')
      await start(target)
    })
  })
}
