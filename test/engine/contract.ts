// What every engine holds to, whichever it is. The planner's properties run on a fake: what they prove is worth as much
// as the fake is like the real one, so both are held to this.

import { PassThrough, Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ArchiveEntry } from '../../src/model/archive.js'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import type { Engine } from '../../src/model/engine.js'
import {
  agentHome,
  containerName,
  homeVolumeName,
  loginFolder,
  ownVolumeName,
  recordName,
  workspaceVolumeName,
} from '../../src/model/names.js'
import type { ContainerRequest } from '../../src/model/plan.js'
import type { ContainerSpec, LimitsSpec, RecordSpec } from '../../src/model/spec.js'

/** One engine with a scope of its own. */
export type Subject = {
  readonly engine: Engine
  readonly scope: string
  /** An image that the engine has. */
  readonly image: string
  /** A folder that the engine can mount. */
  readonly workspace: string
  /** What other hands do to a container. */
  pause(containerId: string): Promise<void>
  /** Makes a file in one that runs, as whoever works there can. */
  write(containerId: string, path: string): Promise<void>
  restartAlways(containerId: string): Promise<void>
  /** Makes a container or a volume of that name as somebody else would. */
  occupy(name: string, kind?: 'container' | 'volume'): Promise<void>
  /** A network that is none of sbx's. */
  makeNetwork(name: string): Promise<void>
  removeNetwork(name: string): Promise<void>
  /** Removes all that is of the scope. */
  close(): Promise<void>
}

const mebibyte = 1024 * 1024

export function describeEngineContract(name: string, makeSubject: () => Promise<Subject>): void {
  describe(`${name} as an engine`, () => {
    let subject: Subject
    let engine: Engine

    beforeAll(async () => {
      subject = await makeSubject()
      engine = subject.engine
      await engine.perform({ do: 'create-network', access: 'open' })
    })

    afterAll(async () => {
      await subject.close()
    })

    /** Everything of one sandbox, under an id that no other test has. */
    function sandboxOf(id: string, change: Partial<ContainerSpec> = {}) {
      const home = homeVolumeName(subject.scope, id)
      const spec: ContainerSpec = {
        template: { kind: 'image', reference: subject.image },
        setup: [],
        workspace: { path: subject.workspace, readonly: false },
        volumes: { [agentHome]: home },
        mounts: {},
        socket: 'none',
        credentials: 'none',
        network: 'open',
        ports: {},
        ...change,
      }
      const sandbox = {
        ...{ id, displayName: id, workspace: subject.workspace, inode: '1:2:3', agent: 'shell', profile: null },
      }
      const request = (replaces: string | null = null, resources: LimitsSpec = { pids: 100 }): ContainerRequest => ({
        name: containerName(subject.scope, id, spec, replaces),
        ...{ sandbox, spec, resources, image: subject.image, recipe: 'recipe-1', replaces },
      })
      const create = async (made: ContainerRequest = request()): Promise<string> => {
        const { containerId } = await engine.perform({ do: 'create-container', request: made })
        if (containerId === undefined) throw new Error('the engine gave no id')
        return containerId
      }
      const start = async (): Promise<string> => {
        const containerId = await create()
        const target = { id: containerId }
        await engine.perform({ do: 'start', target })
        await engine.perform({ do: 'await-ready', target })
        return containerId
      }
      const containers = async () => (await engine.observe(id, [])).containers
      return { home, spec, sandbox, request, create, start, containers }
    }

    test('of a sandbox that never was, it has nothing', async () => {
      const live = await engine.observe('nobody-000000', [])
      expect(live).toMatchObject({ id: 'nobody-000000', containers: [], records: [], hasHome: false, images: {} })
    })

    test('it has an id, which stays what it is', async () => {
      const id = await engine.id()
      expect(id).toMatch(/^\S+$/)
      expect(await engine.id()).toBe(id)
    })

    test('it knows the id of an image that is there, and null of one that is not', async () => {
      const { images } = await engine.observe('nobody-000000', [subject.image, 'localhost/no-such-image:1'])
      expect(images[subject.image]).toEqual(expect.any(String))
      expect(images['localhost/no-such-image:1']).toBeNull()
    })

    test('an image goes by digests, its id among them, and one that is not there by none', async () => {
      const { images } = await engine.observe('nobody-000000', [subject.image])
      expect(await engine.imageDigests(subject.image)).toContain(images[subject.image])
      expect(await engine.imageDigests(images[subject.image] ?? '')).toContain(images[subject.image])
      expect(await engine.imageDigests('localhost/no-such-image:1')).toEqual([])
    })

    test('an image that no registry has cannot be pulled, and it says so', async () => {
      await expect(engine.checkPullable('localhost:1/no-such-image:1')).rejects.toThrow(DiagnosticError)
    })

    test('a name that somebody else has is known before anything is made under it', async () => {
      const one = sandboxOf('taken-000001')
      const step = { do: 'create-container', request: one.request() } as const
      await engine.checkNames([step])
      await subject.occupy(step.request.name)
      const taken = { diagnostics: [{ code: 'engine/name-taken', detail: expect.stringContaining(step.request.name) }] }
      await expect(engine.checkNames([step])).rejects.toMatchObject(taken)
      await expect(engine.perform(step)).rejects.toMatchObject(taken)
      const home = { do: 'create-volume', name: one.home, holds: 'home', sandbox: one.sandbox } as const
      await engine.checkNames([home])
      await subject.occupy(one.home, 'volume')
      await expect(engine.checkNames([home])).rejects.toMatchObject({
        diagnostics: [{ code: 'engine/volume-taken', detail: expect.stringContaining(one.home) }],
      })
      // Our own are no strangers.
      const other = sandboxOf('taken-000002')
      const otherHome = { ...home, name: other.home, sandbox: other.sandbox }
      await engine.perform(otherHome)
      await other.create()
      await engine.checkNames([otherHome, { do: 'create-container', request: other.request() }])
    })

    test('a container that would keep a volume from going is known before, whoever made it', async () => {
      const one = sandboxOf('held-000001')
      await engine.checkUnused([one.home], [])
      const id = await one.create()
      const held = {
        diagnostics: [{ code: 'engine/volume-held', detail: expect.stringContaining(one.request().name) }],
      }
      await expect(engine.checkUnused(['sbx-no-such-volume', one.home], [])).rejects.toMatchObject(held)
      await expect(engine.perform({ do: 'remove-volume', name: one.home })).rejects.toThrow(DiagnosticError)
      await engine.checkUnused([one.home], [id])
      await engine.checkUnused(['sbx-no-such-volume'], [])
      await engine.perform({ do: 'remove-container', target: { id } })
      await engine.checkUnused([one.home], [])
    })

    test('a home is made once, stays what it is, and is found again', async () => {
      const { home, sandbox } = sandboxOf('home-000001')
      const step = { do: 'create-volume', name: home, holds: 'home', sandbox } as const
      expect(await engine.perform(step)).toMatchObject({ made: true })
      expect(await engine.perform(step)).toMatchObject({ made: false })
      expect((await engine.observe(sandbox.id, [])).hasHome).toBe(true)
      expect((await engine.listLeftovers()).homes).toContainEqual({ name: home, sandboxId: sandbox.id })
      expect([...(await engine.survey([])).homes]).toContain(sandbox.id)
      await engine.perform({ do: 'remove-volume', name: home })
      expect(await engine.perform({ do: 'remove-volume', name: home })).toMatchObject({ made: false })
      expect((await engine.observe(sandbox.id, [])).hasHome).toBe(false)
    })

    test('a volume is looked into, and cleared unless a sandbox that runs has it', async () => {
      const login = `${homeVolumeName(subject.scope, 'login-000001')}-login`
      const sandbox = sandboxOf('login-000001', { volumes: { [loginFolder]: login } })
      const wanted = { [login]: ['auth.json'], [`${login}-none`]: ['auth.json'] }
      expect(await engine.readVolumes(wanted)).toEqual({ [login]: null, [`${login}-none`]: null })
      expect(await engine.clearVolume(login, new AbortController().signal)).toBe('absent')

      const id = await sandbox.start()
      expect(await engine.readVolumes(wanted)).toEqual({ [login]: { 'auth.json': null }, [`${login}-none`]: null })
      await expect(engine.clearVolume(login, new AbortController().signal)).rejects.toMatchObject({
        diagnostics: [{ code: 'engine/volume-in-use' }],
      })
      await engine.perform({ do: 'stop', target: { id } })
      expect(await engine.clearVolume(login, new AbortController().signal)).toBe('emptied')
      await engine.perform({ do: 'remove-container', target: { id } })
      expect(await engine.clearVolume(login, new AbortController().signal)).toBe('removed')
      expect(await engine.readVolumes(wanted)).toMatchObject({ [login]: null })
    })

    test('a record comes back as it was written, and goes', async () => {
      const { sandbox } = sandboxOf('record-000001')
      const name = recordName(subject.scope, sandbox.id, record)
      const step = { do: 'create-record', name, sandbox, spec: record } as const
      expect(await engine.perform(step)).toMatchObject({ made: true })
      expect(await engine.perform(step)).toMatchObject({ made: false })
      const { records } = await engine.observe(sandbox.id, [])
      expect(records).toEqual([{ name, spec: record, createdAt: expect.any(String) }])
      expect((await engine.survey([])).records).toContainEqual({ ...records[0], sandboxId: sandbox.id })
      const { createdAt = '' } = records[0] ?? {}
      expect((await engine.listLeftovers()).records).toContainEqual({ name, sandboxId: sandbox.id, createdAt })
      await engine.perform({ do: 'remove-record', name })
      expect((await engine.observe(sandbox.id, [])).records).toEqual([])
      expect(await engine.perform({ do: 'remove-record', name })).toMatchObject({ made: false })
    })

    test('a container that was made is as it was asked for', async () => {
      const sandbox = sandboxOf('create-000001', {
        workspace: { path: subject.workspace, readonly: true },
        mounts: {
          '/data': { source: subject.workspace, readonly: true },
          '/more': { source: '/tmp', readonly: false },
        },
        ports: { '3000/tcp': { address: '127.0.0.1', hostPort: null } },
      })
      const limits = { cpus: 1.5, memory: 64 * mebibyte, pids: 77 }
      const replaces = 'f'.repeat(64)
      const request = sandbox.request(replaces, limits)
      const id = await sandbox.create(request)
      const [container, ...others] = await sandbox.containers()
      expect(others).toEqual([])
      const { workspace, volumes, mounts, socket, network, ports } = sandbox.spec
      expect(container).toMatchObject({
        ...{ id, name: request.name, sandbox: request.sandbox, spec: sandbox.spec, replaces, recipe: 'recipe-1' },
        ...{ state: 'created', startedAt: null, startable: true, imageReference: subject.image },
      })
      expect(container?.observed).toEqual({ workspace, volumes, mounts, socket, network, ports, resources: limits })
      expect(container?.fixed.observed).toMatchObject(container?.fixed.applied ?? {})
      expect(container).toMatchObject({ fixed: { applied: { user: '0:0' }, isOlder: false }, readiness: null })
      const listed = (await engine.list()).find((each) => each.id === id)
      expect(listed).toMatchObject({ name: request.name, state: 'created', spec: sandbox.spec, replaces })
      expect(container?.imageId).toBe((await engine.observe('nobody', [subject.image])).images[subject.image])
      const { containers, images } = await engine.survey([subject.image, 'localhost/no-such-image:1'])
      expect(containers.find((each) => each.id === id)).toEqual({ ...listed, isAsLabelled: true })
      expect(images).toEqual({ [subject.image]: container?.imageId, 'localhost/no-such-image:1': null })
    })

    test('without a network it is on none', async () => {
      const sandbox = sandboxOf('none-000001', { network: 'none' })
      await sandbox.create()
      expect((await sandbox.containers())[0]).toMatchObject({ observed: { network: 'none' }, startable: true })
    })

    test('one sandbox is among the others of another', async () => {
      const [one, other] = [sandboxOf('one-000001'), sandboxOf('one-000002')]
      const [id, otherId] = [await one.create(), await other.create()]
      const live = await engine.observe(one.sandbox.id, [])
      expect(live.containers.map((container) => container.id)).toEqual([id])
      expect(live.others.map((container) => container.id)).toContain(otherId)
      expect(live.others.map((container) => container.id)).not.toContain(id)
    })

    test('an image that is not there makes no container', async () => {
      const sandbox = sandboxOf('image-000001')
      const request = { ...sandbox.request(), image: 'localhost/no-such-image:1' }
      await expect(sandbox.create(request)).rejects.toMatchObject({ diagnostics: [{ code: 'engine/no-image' }] })
      expect(await sandbox.containers()).toEqual([])
    })

    test('several who make one container at once get one container, made by one of them', async () => {
      const sandbox = sandboxOf('race-000001')
      const step = { do: 'create-container', request: sandbox.request() } as const
      const results = await Promise.all(Array.from({ length: 8 }, () => engine.perform(step)))
      expect(new Set(results.map((result) => result.containerId)).size).toBe(1)
      expect(results.filter((result) => result.made === true)).toHaveLength(1)
      expect(await sandbox.containers()).toHaveLength(1)
    })

    test('it knows what it has made itself, also where no answer has said so, and nothing that is gone', async () => {
      const { sandbox, request } = sandboxOf('made-000001')
      const container = { do: 'create-container', request: request() } as const
      const name = recordName(subject.scope, sandbox.id, record)
      const written = { do: 'create-record', name, sandbox, spec: record } as const
      expect(await engine.madeBy(container)).toEqual({ made: false })
      expect(await engine.madeBy(written)).toEqual({ made: false })
      const { containerId = '' } = await engine.perform(container)
      await engine.perform(written)
      expect(await engine.madeBy(container)).toEqual({ containerId, made: true })
      expect(await engine.madeBy(written)).toMatchObject({ made: true })
      expect(await engine.madeBy({ do: 'start', target: { id: containerId } })).toEqual({ made: false })
      await engine.perform({ do: 'remove-container', target: { id: containerId } })
      await engine.perform({ do: 'remove-record', name })
      expect(await engine.madeBy(container)).toEqual({ made: false })
      expect(await engine.madeBy(written)).toEqual({ made: false })
    })

    test('it starts, becomes ready, stops and starts again; what is so already is not done', async () => {
      const sandbox = sandboxOf('start-000001')
      const id = await sandbox.start()
      const target = { id }
      const [running] = await sandbox.containers()
      expect(running).toMatchObject({ state: 'running', startable: true, startedAt: expect.any(String) })
      expect(running?.readiness).toBe('ready')
      expect(await engine.sessions(id)).toEqual([])
      expect((await engine.run(id, { argv: ['true'], user: 'agent', doing: 'test' })).exitCode).toBe(0)
      expect(await engine.perform({ do: 'start', target })).toMatchObject({ made: false })
      await engine.perform({ do: 'stop', target })
      expect(await engine.perform({ do: 'stop', target })).toMatchObject({ made: false })
      const [stopped] = await sandbox.containers()
      expect(stopped).toMatchObject({ id, state: 'exited', startable: true })
      await expect(engine.run(id, { argv: ['true'], user: 'agent', doing: 'test' })).rejects.toThrow(DiagnosticError)
      await engine.perform({ do: 'start', target })
      await engine.perform({ do: 'await-ready', target })
      expect((await sandbox.containers())[0]?.state).toBe('running')
    })

    test('a command whose signal is aborted does not go on', async () => {
      const id = await sandboxOf('abort-000001').start()
      const call = engine.run(id, { argv: ['true'], user: 'agent', doing: 'test' }, AbortSignal.abort())
      await expect(call).rejects.toMatchObject({ kind: 'interrupted', diagnostics: [{ code: 'engine/interrupted' }] })
    })

    test('what does not run does not become ready', async () => {
      const id = await sandboxOf('ready-000001').create()
      await expect(engine.perform({ do: 'await-ready', target: { id } })).rejects.toThrow(DiagnosticError)
    })

    test('a container that runs is not removed; one that does not is, and its volumes stay', async () => {
      const { home, sandbox, start, containers } = sandboxOf('remove-000001')
      await engine.perform({ do: 'create-volume', name: home, holds: 'home', sandbox })
      const target = { id: await start() }
      await expect(engine.perform({ do: 'remove-container', target })).rejects.toThrow(DiagnosticError)
      await engine.perform({ do: 'stop', target })
      await expect(engine.perform({ do: 'remove-volume', name: home })).rejects.toThrow(DiagnosticError)
      await engine.perform({ do: 'remove-container', target })
      expect(await engine.perform({ do: 'remove-container', target })).toMatchObject({ made: false })
      expect(await containers()).toEqual([])
      expect((await engine.observe(sandbox.id, [])).hasHome).toBe(true)
    })

    test('a container that is gone cannot be started, and does not run', async () => {
      const sandbox = sandboxOf('gone-000001')
      const target = { id: await sandbox.create() }
      await engine.perform({ do: 'remove-container', target })
      const gone = { diagnostics: [{ code: 'engine/no-container' }] }
      await expect(engine.perform({ do: 'start', target })).rejects.toMatchObject(gone)
      expect(await engine.perform({ do: 'stop', target })).toEqual({ made: false })
    })

    test('what is paused says so, is not started, and goes on', async () => {
      const sandbox = sandboxOf('pause-000001')
      const target = { id: await sandbox.start() }
      await subject.pause(target.id)
      expect((await sandbox.containers())[0]?.state).toBe('paused')
      await expect(engine.perform({ do: 'start', target })).rejects.toThrow(DiagnosticError)
      await engine.perform({ do: 'unpause', target })
      expect((await sandbox.containers())[0]?.state).toBe('running')
      expect(await engine.perform({ do: 'unpause', target })).toMatchObject({ made: false })
    })

    test('limits change in place', async () => {
      const sandbox = sandboxOf('limits-000001')
      const target = { id: await sandbox.start() }
      const limitsOf = async () => (await sandbox.containers())[0]?.observed.resources
      expect(await limitsOf()).toEqual({ pids: 100 })
      for (const limits of [
        { pids: 200, cpus: 0.5 },
        { pids: 200, cpus: 1.25, memory: 256 * mebibyte },
        { pids: 90, memory: 128 * mebibyte },
      ]) {
        await engine.perform({ do: 'update-limits', target, limits })
        expect(await limitsOf()).toEqual(limits)
      }
      expect((await sandbox.containers())[0]).toMatchObject({ id: target.id, state: 'running' })
    })

    test('a restart policy that another hand changed is seen, and put back in place', async () => {
      const sandbox = sandboxOf('policy-000001')
      const target = { id: await sandbox.start() }
      const policies = async () => {
        const [container] = await sandbox.containers()
        return [container?.fixed.applied.restartPolicy, container?.fixed.observed.restartPolicy, container?.state]
      }
      expect(await policies()).toEqual(['no', 'no', 'running'])
      await subject.restartAlways(target.id)
      expect(await policies()).toEqual(['no', 'always', 'running'])
      await engine.perform({ do: 'reset-restart-policy', target })
      expect(await policies()).toEqual(['no', 'no', 'running'])
    })

    test('of two that were made for one sandbox the older is waited for, and stays once it runs', async () => {
      const sandbox = sandboxOf('settle-000001')
      const first = await sandbox.create()
      const request = sandbox.request('a'.repeat(64))
      const second = await sandbox.create(request)
      const settle = (id: string, expected: Readonly<Record<string, string | null>>) =>
        engine.perform({ do: 'settle', sandboxId: sandbox.sandbox.id, target: { id }, expected })
      await settle(first, {})
      await settle(second, { [first]: null })
      const look = { do: 'settle', sandboxId: sandbox.sandbox.id, target: { id: second }, expected: {} } as const
      await expect(engine.perform(look, undefined, AbortSignal.abort())).rejects.toMatchObject({ kind: 'interrupted' })
      await engine.perform({ do: 'start', target: { id: first } })
      await expect(settle(second, {})).rejects.toMatchObject({
        diagnostics: [{ code: 'apply/overtaken', detail: expect.stringContaining(sandbox.request().name) }],
      })
    })

    test('of two that run for one sandbox the one started first stays', async () => {
      const sandbox = sandboxOf('settle-000002')
      const older = await sandbox.create()
      const younger = await sandbox.create(sandbox.request('a'.repeat(64)))
      for (const id of [younger, older]) {
        await engine.perform({ do: 'start', target: { id } })
        await engine.perform({ do: 'await-ready', target: { id } })
      }
      const settle = (id: string, expected: Readonly<Record<string, string | null>>) =>
        engine.perform({ do: 'settle', sandboxId: sandbox.sandbox.id, target: { id }, expected })
      await settle(younger, { [older]: null })
      // It was there before, and somebody else has started it since.
      await expect(settle(older, { [younger]: null })).rejects.toMatchObject({
        diagnostics: [{ code: 'apply/overtaken' }],
      })
    })

    test('a container whose network is gone cannot start, and that is seen before', async () => {
      const sandbox = sandboxOf('network-000001')
      const target = { id: await sandbox.create() }
      // Whatever else is on it is of this scope.
      for (const { id, state } of await engine.list()) {
        if (state === 'running') await engine.perform({ do: 'stop', target: { id } })
      }
      for (const { id } of (await engine.listLeftovers()).networks) await engine.perform({ do: 'remove-network', id })
      expect((await sandbox.containers())[0]).toMatchObject({ startable: false, missing: ['/network'] })
      await expect(engine.perform({ do: 'start', target })).rejects.toMatchObject({
        diagnostics: [{ code: 'engine/no-network' }],
      })
      // A new one of the same name is not the old one.
      await engine.perform({ do: 'create-network', access: 'open' })
      expect((await sandbox.containers())[0]?.startable).toBe(false)
    })

    test('networks that are joined are told one by one, and one that is gone keeps it from starting', async () => {
      const name = `${subject.scope}db_default`
      await subject.makeNetwork(name)
      expect((await engine.networks()).map((network) => network.name)).toContain(name)
      const sandbox = sandboxOf('joined-000001', { networks: { [name]: true } })
      const id = await sandbox.create()
      const expected = { startable: true, observed: { network: 'open', networks: { [name]: true } } }
      expect((await sandbox.containers())[0]).toMatchObject(expected)
      const { containers } = await engine.survey([])
      expect(containers.find((each) => each.id === id)).toMatchObject({ isAsLabelled: true })
      await subject.removeNetwork(name)
      expect((await sandbox.containers())[0]).toMatchObject({ startable: false, missing: [`/networks/${name}`] })
      const other = sandboxOf('joined-000002', { networks: { [name]: true } })
      await expect(other.create()).rejects.toMatchObject({ diagnostics: [{ code: 'engine/unknown-network' }] })
      expect(await other.containers()).toEqual([])
    })

    test('a clone and own folders are volumes of the sandbox, which stay and are read without it', async () => {
      const [id, path] = ['clone-000001', subject.workspace]
      const clone = workspaceVolumeName(subject.scope, id)
      const own = ownVolumeName(subject.scope, id, 'node_modules')
      const sandbox = sandboxOf(id, {
        workspace: { path, readonly: false, mode: 'clone' },
        own: { node_modules: true },
        volumes: { [agentHome]: homeVolumeName(subject.scope, id), [path]: clone, [`${path}/node_modules`]: own },
      })
      const of = { sandbox: sandbox.sandbox }
      await engine.perform({ do: 'create-volume', name: clone, holds: 'workspace', ...of })
      await engine.perform({ do: 'create-volume', name: own, holds: 'own', ...of })
      const containerId = await sandbox.start()
      const { workspace, volumes } = sandbox.spec
      expect((await sandbox.containers())[0]?.observed).toMatchObject({
        workspace,
        volumes,
        own: { node_modules: true },
      })
      const survey = await engine.survey([])
      expect(survey.containers.find((each) => each.id === containerId)).toMatchObject({ isAsLabelled: true })
      expect(survey.volumes).toEqual(expect.arrayContaining([{ name: clone, sandboxId: id }]))
      expect([...((await engine.observe(id, [])).volumes ?? [])].sort()).toEqual([clone, own].sort())
      await subject.write(containerId, `${path}/made`)
      expect(await textsOf(engine.readArchive(containerId, `${path}/made`))).toEqual({ '': 'written\n' })
      expect(await textsOf(engine.readArchive(containerId, `${path}/none`))).toEqual({})

      await engine.perform({ do: 'stop', target: { id: containerId } })
      await engine.perform({ do: 'remove-container', target: { id: containerId } })
      expect(await textsOf(engine.readVolumeArchive(clone, 'made'))).toEqual({ '': 'written\n' })
      expect(await textsOf(engine.readVolumeArchive(clone, ''))).toEqual({ made: 'written\n' })
      expect(await textsOf(engine.readVolumeArchive(`${clone}-none`, ''))).toEqual({})
      const { workspaces, owns } = await engine.listLeftovers()
      expect(workspaces).toContainEqual({ name: clone, sandboxId: id })
      expect((await engine.clones()).map(({ name, sandbox }) => [name, sandbox.id])).toContainEqual([clone, id])
      expect(owns).toContainEqual({ name: own, sandboxId: id })
      for (const name of [clone, own]) await engine.perform({ do: 'remove-volume', name })
      expect((await engine.observe(id, [])).volumes).toBeUndefined()
    })

    test('a pipe has its input read to the end, and what it puts out comes as it is', async () => {
      const id = await sandboxOf('pipe-000001').start()
      const command = { user: 'root', doing: 'see a test through' } as const
      const output = new PassThrough()
      const all = textOf(output)
      const input = Readable.from([Buffer.from('one '), Buffer.from('two')])
      const streams = { input, output }
      expect(await engine.pipe(id, { ...command, argv: ['cat'] }, streams)).toEqual({ exitCode: 0, stderr: '' })
      expect(await all).toBe('one two')
      const none = { output: new PassThrough() }
      const missing = await engine.pipe(id, { ...command, argv: ['sbx-no-such-program'] }, none)
      expect(missing).toMatchObject({
        exitCode: 127,
        stderr: expect.stringContaining('sbx-no-such-program') as unknown,
      })
      const aborted = engine.pipe(id, { ...command, argv: ['cat'] }, none, AbortSignal.abort())
      await expect(aborted).rejects.toMatchObject({ diagnostics: [{ code: 'engine/interrupted' }] })
    })

    test('of a container that runs it is told what it uses and what runs in it, and of one that does not neither', async () => {
      const sandbox = sandboxOf('watched-000001')
      const id = await sandbox.start()
      const once = { follow: false, signal: new AbortController().signal }
      const limits = { memory: 64 * mebibyte, pids: 77 }
      await engine.perform({ do: 'update-limits', target: { id }, limits })
      const [look, ...more] = await all(engine.usage(id, once))
      expect(more).toEqual([])
      expect(look).toMatchObject({ memoryLimit: limits.memory, pidsLimit: 77, cpu: expect.any(Number) as number })
      expect(look?.memory).toBeGreaterThan(0)
      expect(look?.pids).toBeGreaterThan(0)
      const stop = new AbortController()
      for await (const each of engine.usage(id, { follow: true, signal: stop.signal })) {
        expect(each).toMatchObject({ pidsLimit: 77 })
        stop.abort()
      }
      expect(await engine.processes(id)).toEqual([])

      await engine.perform({ do: 'stop', target: { id } })
      expect(await all(engine.usage(id, once))).toEqual([null])
      await expect(engine.processes(id)).rejects.toThrow(DiagnosticError)
      await engine.perform({ do: 'remove-container', target: { id } })
      expect(await all(engine.usage(id, once))).toEqual([])
      expect(await all(engine.usage(id, { ...once, follow: true }))).toEqual([])
    })

    test('it tells what is at a path, and where a link leads', async () => {
      const id = await sandboxOf('look-000001').start()
      await subject.write(id, '/tmp/a-file')
      expect(await engine.lookAt(id, '/tmp/a-file')).toEqual({ kind: 'file', target: null })
      expect(await engine.lookAt(id, '/tmp')).toEqual({ kind: 'folder', target: null })
      expect(await engine.lookAt(id, '/tmp/none')).toBeNull()
    })

    test('files that are put in are there', async () => {
      const id = await sandboxOf('put-000001').start()
      const archive = pack()
      archive.entry({ name: 'given/file', mode: 0o644 }, 'text')
      archive.finalize()
      await engine.writeArchive(id, '/tmp', archive)
      expect(await textsOf(engine.readArchive(id, '/tmp/given'))).toEqual({ file: 'text' })
    })

    test('nothing is put in where the sandbox may not write either', async () => {
      const workspace = { path: subject.workspace, readonly: true }
      const id = await sandboxOf('put-000002', { workspace }).create()
      const archive = pack()
      archive.entry({ name: 'file' }, 'text')
      archive.finalize()
      const putting = engine.writeArchive(id, subject.workspace, archive)
      await expect(putting).rejects.toMatchObject({ diagnostics: [{ code: 'engine/read-only-inside' }] })
    })

    test('the network is made once', async () => {
      const step = { do: 'create-network', access: 'open' } as const
      await Promise.all([engine.perform(step), engine.perform(step), engine.perform(step)])
      expect((await engine.listLeftovers()).networks).toHaveLength(1)
    })
  })
}

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const found: Value[] = []
  for await (const value of values) found.push(value)
  return found
}

/** Of files, by path. */
async function textsOf(entries: AsyncIterable<ArchiveEntry>): Promise<Record<string, string>> {
  const texts: Record<string, string> = {}
  for await (const { path, kind, content } of entries) {
    if (kind === 'file') texts[path] = await textOf(content)
    else content.resume()
  }
  return texts
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(Buffer.from(piece as Uint8Array))
  return Buffer.concat(pieces).toString()
}

const record: RecordSpec = {
  agent: { name: 'shell', args: ['-l'], autonomy: 'full' },
  env: { A: { from: 'file', value: 'ä "quoted"' }, B: { from: 'host', text: '${env:B}', digest: null } },
  envFile: { '/x/.env': { optional: true, values: null } },
  secrets: { KEY: { env: 'KEY', digest: 'abc' } },
  git: { name: 'A', email: null },
  resources: { cpus: 2, pids: 4096 },
  grants: { 'mount:/data': 'ro:/x' },
  flags: {},
  digestKey: 'k1',
}
