// Each setting of the file: what changing it means, as its documentation says.

import type { DesiredSandbox } from '../../src/model/desired.js'
import { expect, test } from 'vitest'
import type { ContainerSpec, RecordSpec } from '../../src/model/spec.js'
import type { Effect } from '../../src/model/plan.js'
import { applyTo, planFor } from '../support/applying.js'
import { emptyWorld, file, recordSpec, type Edit } from '../support/examples.js'
import { shortfalls } from '../support/goal.js'
import { isOwn } from '../support/strange-world.js'

const { resources, agent } = recordSpec
const withoutMemory = { cpus: 2, pids: 4096 }

type Row = { readonly setting: string; readonly edit: Edit; readonly path: string }

function inRecord(setting: string, record: Partial<RecordSpec>, path: string): Row {
  return { setting, edit: { record }, path }
}

function inContainer(setting: string, container: Partial<ContainerSpec>, path: string): Row {
  return { setting, edit: { container }, path }
}

const nextSession: readonly Row[] = [
  inRecord('agent.args', { agent: { ...agent, args: ['--model', 'opus'] } }, '/agent/args'),
  inRecord('agent.autonomy', { agent: { ...agent, autonomy: 'ask' } }, '/agent/autonomy'),
  inRecord('env', { env: { ...recordSpec.env, LOG_LEVEL: { from: 'file', value: 'debug' } } }, '/env/LOG_LEVEL'),
  inRecord('env, added', { env: { ...recordSpec.env, NEW: { from: 'file', value: '1' } } }, '/env/NEW'),
  inRecord(
    'env, from the host',
    { env: { ...recordSpec.env, GH_TOKEN: { from: 'host', text: '${env:GH_TOKEN}', digest: 'digest-2' } } },
    '/env/GH_TOKEN',
  ),
  inRecord('env, from a flag', { env: { ...recordSpec.env, FOO: { from: 'flag', digest: 'digest-f' } } }, '/env/FOO'),
  inRecord(
    'envFile',
    { envFile: { '/src/web/.env': { optional: false, values: { A: 'digest-b' } } } },
    '/envFile/~1src~1web~1.env/values/A',
  ),
  inRecord('envFile, removed', { envFile: {} }, '/envFile/~1src~1web~1.env'),
  inRecord('secrets', { secrets: { STRIPE: { env: 'STRIPE', digest: 'digest-t' } } }, '/secrets/STRIPE'),
  inRecord('secrets, elsewhere', { secrets: { STRIPE: { file: '/keys/s', digest: 'digest-s' } } }, '/secrets/STRIPE'),
  inRecord(
    'agent.files',
    { files: { '/home/agent/x': { source: '/src/web/x', digest: 'f1' } } },
    '/files/~1home~1agent~1x',
  ),
  inRecord('git', { git: { name: 'Bea', email: 'ada@example.com' } }, '/git/name'),
  inRecord('git, none', { git: null }, '/git'),
]

const live: readonly Row[] = [
  inRecord('resources.memory', { resources: { ...resources, memory: 8e9 } }, '/resources/memory'),
  inRecord('resources.cpus', { resources: { ...resources, cpus: 4 } }, '/resources/cpus'),
  inRecord('resources.cpus, removed', { resources: { memory: resources.memory ?? 0, pids: 4096 } }, '/resources/cpus'),
  inRecord('resources.pids', { resources: { ...resources, pids: 8192 } }, '/resources/pids'),
]

const recreate: readonly Row[] = [
  inRecord('resources.memory, removed', { resources: withoutMemory }, '/resources/memory'),
  inContainer('template', { template: { kind: 'image', reference: 'acme/agent:2' } }, '/template'),
  inContainer('template, another kind', { template: { kind: 'built-in', name: 'claude' } }, '/template'),
  inContainer(
    'agent.version',
    { template: { kind: 'folder', path: '/src/web/template', digest: 'a1', version: '2' } },
    '/template',
  ),
  inContainer('setup', { setup: ['apt-get install -y jq'] }, '/setup'),
  inContainer('workspace.readonly', { workspace: { path: '/src/web', readonly: true } }, '/workspace/readonly'),
  inContainer(
    'mounts, another mode',
    { mounts: { '/data': { source: '/a', readonly: false } } },
    '/mounts/~1data/readonly',
  ),
  inContainer(
    'mounts, another source',
    { mounts: { '/data': { source: '/b', readonly: true } } },
    '/mounts/~1data/source',
  ),
  inContainer('mounts, removed', { mounts: {} }, '/mounts/~1data'),
  inContainer(
    'mounts, added',
    { mounts: { '/data': { source: '/a', readonly: true }, '/m': { source: '/b', readonly: true } } },
    '/mounts/~1m',
  ),
  inContainer('socket', { socket: 'host' }, '/socket'),
  inContainer('credentials', { credentials: 'none' }, '/credentials'),
  inContainer('workspace.mode', { workspace: { path: '/src/web', readonly: false, mode: 'clone' } }, '/workspace/mode'),
  inContainer('workspace.own', { own: { node_modules: true } }, '/own/node_modules'),
  inContainer('ssh', { ssh: 'agent' }, '/ssh'),
  inContainer('network', { network: 'none' }, '/network'),
  inContainer('ports', { ports: { '3000/tcp': { address: '127.0.0.1', hostPort: 3000 } } }, '/ports/3000~1tcp'),
]

async function editOf({ edit, path }: Row): Promise<{ readonly effect: Effect | undefined; readonly action: string }> {
  const world = emptyWorld()
  await applyTo(world, file())
  const before = [...world.containers.values()].find(isOwn)
  const { plan, error } = await applyTo(world, file(edit))
  expect(error).toBeNull()
  expect(plan.reason).toBe('config_changed')
  expect(plan.changes.map((change) => [change.path, change.origin])).toEqual([[path, 'config']])
  expect(shortfalls(world, file(edit))).toEqual([])
  const after = [...world.containers.values()].find(isOwn)
  if (plan.action === 'recreate') expect(after?.id).not.toBe(before?.id)
  else expect([after?.id, after?.startedAt]).toEqual([before?.id, before?.startedAt])
  return { effect: plan.changes[0]?.effect, action: plan.action }
}

test.each(nextSession)('a change of $setting waits for the next session', async (row) => {
  expect(await editOf(row)).toEqual({ effect: 'next_session', action: 'update' })
})

test.each(live)('a change of $setting is made while sessions go on', async (row) => {
  expect(await editOf(row)).toEqual({ effect: 'live', action: 'update' })
})

test.each(recreate)('a change of $setting needs a new container', async (row) => {
  expect(await editOf(row)).toEqual({ effect: 'recreate', action: 'recreate' })
})

test('a memory limit where there was none is set in place', async () => {
  const world = emptyWorld()
  await applyTo(world, file({ record: { resources: withoutMemory } }))
  expect(await planFor(world, file())).toMatchObject({
    action: 'update',
    changes: [{ path: '/resources/memory', op: 'add', effect: 'live' }],
  })
})

test('another name is another sandbox, and the plan says what became of the old one', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  const renamed = { ...file(), id: 'shop-91b1c0', displayName: 'shop', homeVolume: 'sbx-shop-91b1c0-home' }
  const plan = await planFor(world, renamed)
  expect(plan).toMatchObject({ action: 'create', reason: 'new', current: null })
  expect(plan.notes).toEqual([{ kind: 'renamed-from', id: 'web-3f2a1c', displayName: 'web' }])
})

test('a clone that is named after the sandbox of its folder is no new name of that', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  const clone = (name: string): DesiredSandbox => {
    const { containerSpec, ...rest } = file()
    const workspace = { ...containerSpec.workspace, mode: 'clone' } as const
    return { ...rest, id: `${name}-3f2a1c`, displayName: name, containerSpec: { ...containerSpec, workspace } }
  }
  const notes = async (desired: DesiredSandbox) => (await planFor(world, desired)).notes.map(({ kind }) => kind)
  expect(await notes(clone('web-one'))).not.toContain('renamed-from')
  expect(await notes(clone('other'))).toContain('renamed-from')
  expect(await notes({ ...file(), id: 'web-one-3f2a1c', displayName: 'web-one' })).toContain('renamed-from')

  await applyTo(world, clone('web-fix-login'))
  const second = clone('web-try-2')
  const named = { ...second.origins, '/name': { kind: 'flag', flag: '--clone' } as const }
  expect(await notes({ ...second, origins: named })).not.toContain('renamed-from')
})

test('another agent is another sandbox, and the plan says what became of the old one', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  const edited = { ...file(), id: 'web-77aa00', agent: 'gemini', homeVolume: 'sbx-web-77aa00-home' }
  const plan = await planFor(world, edited)
  expect(plan).toMatchObject({ action: 'create', reason: 'new' })
  expect(plan.notes).toEqual([{ kind: 'renamed-from', id: 'web-3f2a1c', displayName: 'web', agent: 'claude' }])
})

test('another profile stands beside, and is nobody’s leftover', async () => {
  const world = emptyWorld()
  await applyTo(world, file())
  const review = { ...file(), id: 'web-aa77bb', profile: 'review', homeVolume: 'sbx-web-aa77bb-home' }
  expect((await planFor(world, review)).notes).toEqual([])
})
