// Situations that a person meets, and what the plan makes of each.

import { expect, test } from 'vitest'
import type { SandboxPlan, Step } from '../../src/model/plan.js'
import { recordName } from '../../src/model/names.js'
import { applyTo, perform, planFor } from '../support/applying.js'
import { emptyWorld, file, recordSpec } from '../support/examples.js'
import type { FakeContainer, FakeWorld } from '../support/fake-world.js'
import { shortfalls } from '../support/goal.js'
import { isOwn } from '../support/strange-world.js'

const gigabyte = 1024 ** 3
const { resources } = recordSpec

async function appliedWorld(): Promise<{ readonly world: FakeWorld; readonly container: FakeContainer }> {
  const world = emptyWorld()
  const { error } = await applyTo(world, file())
  expect(error).toBeNull()
  return { world, container: ownContainer(world) }
}

function ownContainer(world: FakeWorld): FakeContainer {
  const [container] = [...world.containers.values()].filter(isOwn)
  if (container === undefined) throw new Error('no container')
  return container
}

/** The steps as text, ids and names as what they are of. */
function stepsText(plan: SandboxPlan): string[] {
  const target = (step: Step): string => {
    if (!('target' in step)) return ''
    if ('made' in step.target) return ' the new'
    return step.target.id === plan.current?.containerId ? ' the old' : ' another'
  }
  return plan.steps.map((step) => `${step.do}${target(step)}`)
}

test('a sandbox that is not there is created, images first', async () => {
  const plan = await planFor(emptyWorld(), file())
  expect(plan).toMatchObject({ action: 'create', reason: 'new', current: null, notes: [] })
  expect(stepsText(plan)).toEqual([
    'pull-image',
    'create-volume',
    'create-volume',
    'create-network',
    'create-record',
    'create-container',
    'settle the new',
    'start the new',
    'await-ready the new',
  ])
  expect(plan.changes.every((change) => change.op === 'add')).toBe(true)
  expect(plan.changes.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['/template', '/mounts/~1data', '/env/LOG_LEVEL']),
  )
})

test('an image that the engine has needs no step', async () => {
  const world = emptyWorld()
  world.images.set('acme/agent:1', 'sha256:local')
  expect(stepsText(await planFor(world, file()))).not.toContain('pull-image')
})

test('of a chain of images only those are made that are missing', async () => {
  const world = emptyWorld()
  world.images.set('debian:bookworm-slim', 'sha256:debian')
  world.images.set('localhost/sbx-base:r1', 'sha256:base')
  const plan = await planFor(world, file({ container: { template: { kind: 'built-in', name: 'claude' } } }))
  expect(plan.steps.flatMap((step) => (step.do === 'build-image' ? [step.tag] : []))).toEqual([
    'localhost/sbx-claude:r1',
  ])
  expect(stepsText(plan)).not.toContain('pull-image')
})

test('a recreate makes the new beside the old and removes the old last', async () => {
  const { world } = await appliedWorld()
  const plan = await planFor(world, file({ container: { mounts: {} }, record: { env: {} } }))
  expect(stepsText(plan)).toEqual([
    'create-volume',
    'create-network',
    'create-record',
    'create-container',
    'settle the new',
    'stop the old',
    'start the new',
    'await-ready the new',
    'remove-container the old',
    'remove-record',
  ])
})

test('what is as it should be needs nothing', async () => {
  const { world } = await appliedWorld()
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'reuse', reason: 'unchanged', changes: [], notes: [], steps: [] })
  // template, setup, workspace (2), mounts (1), socket, credentials, network, agent (3), env (2), envFile, secrets,
  // git (2), resources (3)
  expect(plan.unchanged).toBe(20)
})

test('a settings count does not count the one that changed', async () => {
  const { world } = await appliedWorld()
  const plan = await planFor(world, file({ record: { resources: { ...resources, pids: 1 } } }))
  expect(plan.unchanged).toBe(19)
})

test('a stopped sandbox is started, with the limits that the file has now', async () => {
  const { world } = await appliedWorld()
  world.powerOff()
  expect(await planFor(world, file())).toMatchObject({ action: 'start', reason: 'stopped', changes: [] })
  const edited = file({ record: { resources: { ...resources, pids: 1 } } })
  const plan = await planFor(world, edited)
  expect(plan.action).toBe('start')
  expect(stepsText(plan)).toEqual([
    'create-record',
    'update-limits the old',
    'start the old',
    'await-ready the old',
    'remove-record',
  ])
})

test('a paused sandbox goes on', async () => {
  const { world, container } = await appliedWorld()
  container.state = 'paused'
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'start', reason: 'stopped' })
  expect(stepsText(plan)).toEqual(['unpause the old'])
})

test('a sandbox that was made and never started is started', async () => {
  const world = emptyWorld()
  const { plan } = await applyTo(world, file(), {}, { kind: 'crash', at: 7, when: 'before' })
  expect(plan.steps[7]?.do).toBe('start')
  expect(await planFor(world, file())).toMatchObject({ action: 'start', reason: 'interrupted_apply' })
})

test('a limit that somebody changed is put back in place', async () => {
  const { world, container } = await appliedWorld()
  container.limits = { ...resources, memory: 2 * gigabyte }
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'update', reason: 'drifted' })
  expect(stepsText(plan)).toEqual(['update-limits the old'])
  expect(plan.changes).toEqual([
    {
      path: '/resources/memory',
      op: 'change',
      effect: 'live',
      origin: 'drift',
      before: { value: 2 * gigabyte },
      after: { value: 4 * gigabyte },
      lastApplied: { value: 4 * gigabyte },
    },
  ])
})

test('an edit and a change by hand at once show all three values', async () => {
  const { world, container } = await appliedWorld()
  container.limits = { ...resources, memory: 2 * gigabyte }
  const plan = await planFor(world, file({ record: { resources: { ...resources, memory: 8 * gigabyte } } }))
  expect(plan).toMatchObject({ action: 'update', reason: 'config_changed' })
  expect(plan.changes).toMatchObject([
    {
      origin: 'config',
      before: { value: 2 * gigabyte },
      after: { value: 8 * gigabyte },
      lastApplied: { value: 4 * gigabyte },
    },
  ])
})

test('what somebody set by hand and the file now says needs the record alone', async () => {
  const { world, container } = await appliedWorld()
  container.limits = { ...resources, pids: 8192 }
  const plan = await planFor(world, file({ record: { resources: { ...resources, pids: 8192 } } }))
  expect(stepsText(plan)).toEqual(['create-record', 'remove-record'])
  expect(plan.changes).toMatchObject([
    { path: '/resources/pids', before: { value: 8192 }, after: { value: 8192 }, lastApplied: { value: 4096 } },
  ])
})

test('a network that somebody took away needs a new container', async () => {
  const { world, container } = await appliedWorld()
  container.networkIds = []
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted' })
  expect(plan.changes).toMatchObject([
    {
      path: '/network',
      origin: 'drift',
      effect: 'recreate',
      before: { value: 'none' },
      after: { value: 'open' },
      lastApplied: { value: 'open' },
    },
  ])
})

test('a network taken away by hand is what the file now asks for', async () => {
  const { world, container } = await appliedWorld()
  container.networkIds = []
  expect(await planFor(world, file({ container: { network: 'none' } }))).toMatchObject({ action: 'reuse', changes: [] })
})

test('a record that is gone is written again, and the container stays', async () => {
  const { world } = await appliedWorld()
  for (const volume of world.volumes.values()) if (volume.record !== null) world.volumes.delete(volume.name)
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'update', reason: 'missing' })
  expect(stepsText(plan)).toEqual(['create-record'])
  expect(plan.changes.every(({ origin, effect }) => origin === 'drift' && effect === 'next_session')).toBe(true)
  expect(plan.changes.map(({ path }) => path)).toEqual([
    '/agent',
    '/env/GH_TOKEN',
    '/env/LOG_LEVEL',
    '/envFile/~1src~1web~1.env',
    '/git',
    '/secrets/STRIPE',
  ])
  // Whether these were ever approved nobody knows any more.
  expect(plan.grants.map(({ key, widens }) => [key, widens])).toEqual([['mount:/data', true]])
})

test('a home that is gone is made again, and the container with it', async () => {
  const { world } = await appliedWorld()
  world.volumes.delete('sbx-web-3f2a1c-home')
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted' })
  expect(plan.changes).toMatchObject([
    { path: '/volumes/~1home~1agent', effect: 'recreate', after: { value: 'sbx-web-3f2a1c-home' } },
  ])
  await applyTo(world, file())
  expect(shortfalls(world, file())).toEqual([])
})

test('a container whose network is gone cannot be started and is made anew', async () => {
  const { world } = await appliedWorld()
  world.powerOff()
  world.networks.clear()
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'recreate', reason: 'drifted', changes: [{ path: '/network' }] })
})

test('a folder deleted and made again needs a restart, once', async () => {
  const { world, container } = await appliedWorld()
  world.remakeFolder('/src/web', '1:2:2')
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'update', reason: 'drifted' })
  expect(plan.changes).toMatchObject([
    {
      path: '/workspace/inode',
      effect: 'restart',
      origin: 'drift',
      before: { value: '1:1:1' },
      after: { value: '1:2:2' },
    },
  ])
  expect(stepsText(plan)).toEqual([
    'stop the old',
    'start the old',
    'await-ready the old',
    'create-record',
    'remove-record',
  ])
  await perform(world, plan)
  expect([ownContainer(world).id, container.startedOn]).toEqual([container.id, '1:2:2'])
  expect(await planFor(world, file())).toMatchObject({ action: 'reuse', changes: [] })
})

test('a tag that moved is told with both ids, and taken by an upgrade', async () => {
  const { world } = await appliedWorld()
  world.images.set('acme/agent:1', 'sha256:newer')
  const plan = await planFor(world, file())
  expect(plan.action).toBe('reuse')
  expect(plan.notes).toEqual([
    { kind: 'tag-moved', reference: 'acme/agent:1', from: 'sha256:acme/agent:1-0', to: 'sha256:newer' },
  ])
  const upgrade = await planFor(world, file(), { upgrade: true })
  expect(upgrade).toMatchObject({ action: 'recreate', reason: 'image_moved' })
  expect(upgrade.changes).toMatchObject([{ path: '/image', origin: 'image', effect: 'recreate' }])
  await perform(world, upgrade)
  expect(ownContainer(world).imageId).toBe('sha256:newer')
})

test('a recreate for another reason says that it takes the newer image too', async () => {
  const { world } = await appliedWorld()
  world.images.set('acme/agent:1', 'sha256:newer')
  const plan = await planFor(world, file({ container: { socket: 'host' } }))
  expect(plan).toMatchObject({ action: 'recreate', reason: 'config_changed' })
  expect(plan.changes.map(({ path, origin }) => [path, origin])).toEqual([
    ['/socket', 'config'],
    ['/image', 'image'],
  ])
})

test('a newer entrypoint and a newer recipe are notes, and what an upgrade brings', async () => {
  const world = emptyWorld()
  const builtIn = file({ container: { template: { kind: 'built-in', name: 'claude' } } })
  await applyTo(world, builtIn)
  const newer = { ...builtIn, image: { ...builtIn.image, recipe: 'r2' } }
  const plan = await planFor(world, newer, { entrypoint: '2' })
  expect(plan).toMatchObject({ action: 'reuse', steps: [] })
  expect(plan.notes).toEqual([
    { kind: 'newer-recipe', what: 'image' },
    { kind: 'newer-recipe', what: 'entrypoint' },
  ])
  expect((await planFor(world, newer, { upgrade: true })).changes).toMatchObject([
    { path: '/image', before: { value: 'r1' }, after: { value: 'r2' } },
  ])
  expect((await planFor(world, builtIn, { entrypoint: '2', upgrade: true })).changes).toMatchObject([
    { path: '/entrypoint', before: { value: '1' }, after: { value: '2' } },
  ])
})

test('a recreate on request needs no changed setting', async () => {
  const { world } = await appliedWorld()
  expect(await planFor(world, file(), { recreate: true })).toMatchObject({
    action: 'recreate',
    reason: 'requested',
    changes: [],
  })
})

test('an apply that died after making the new container is finished', async () => {
  const { world, container } = await appliedWorld()
  const edited = file({ container: { mounts: {} } })
  const { plan: cut } = await applyTo(world, edited, {}, { kind: 'crash', at: 4, when: 'after' })
  expect(cut.steps[4]?.do).toBe('settle')
  const plan = await planFor(world, edited)
  expect(plan).toMatchObject({
    action: 'recreate',
    reason: 'interrupted_apply',
    current: { containerId: container.id },
  })
  expect(plan.notes).toMatchObject([{ kind: 'unfinished-apply' }])
  expect(stepsText(plan)).toEqual([
    'stop the old',
    'start another',
    'await-ready another',
    'remove-container the old',
    'remove-record',
  ])
})

test('an apply that died is dropped where the file has gone back', async () => {
  const { world, container } = await appliedWorld()
  await applyTo(world, file({ container: { mounts: {} } }), {}, { kind: 'crash', at: 4, when: 'after' })
  const plan = await planFor(world, file())
  expect(plan).toMatchObject({ action: 'update', reason: 'interrupted_apply', changes: [] })
  await perform(world, plan)
  expect(ownContainer(world).id).toBe(container.id)
  expect(shortfalls(world, file())).toEqual([])
})

test('an apply that died between stop and start goes back to what was, where the file has', async () => {
  const { world, container } = await appliedWorld()
  await applyTo(world, file({ container: { mounts: {} } }), {}, { kind: 'crash', at: 5, when: 'after' })
  expect(container.state).toBe('exited')
  await applyTo(world, file())
  expect(ownContainer(world).id).toBe(container.id)
  expect(shortfalls(world, file())).toEqual([])
})

test('an apply of a record that died is finished', async () => {
  const { world } = await appliedWorld()
  const edited = file({ record: { env: {} } })
  await applyTo(world, edited, {}, { kind: 'crash', at: 0, when: 'after' })
  const plan = await planFor(world, edited)
  expect(plan).toMatchObject({ action: 'update', reason: 'interrupted_apply' })
  expect(plan.steps.map((step) => step.do)).toEqual(['remove-record'])
})

test('a value that is missing here, where the file says what it said, is no change', async () => {
  const { world } = await appliedWorld()
  const elsewhere = file({
    record: {
      env: { ...recordSpec.env, GH_TOKEN: { from: 'host', text: '${env:GH_TOKEN}', digest: null } },
      envFile: { '/src/web/.env': { optional: false, values: null } },
      secrets: { STRIPE: { env: 'STRIPE', digest: null } },
    },
  })
  const plan = await planFor(world, elsewhere)
  expect(plan).toMatchObject({ action: 'reuse', changes: [], steps: [] })
  expect(plan.notes).toEqual([
    { kind: 'missing-host-value', path: '/env/GH_TOKEN', what: '${env:GH_TOKEN}' },
    { kind: 'missing-host-value', path: '/envFile/~1src~1web~1.env', what: '/src/web/.env' },
    { kind: 'missing-host-value', path: '/secrets/STRIPE', what: '${env:STRIPE}' },
  ])
  // An edit of something else keeps what was applied.
  const edited = { ...elsewhere, recordSpec: { ...elsewhere.recordSpec, git: null } }
  await applyTo(world, edited)
  expect(await planFor(world, file({ record: { git: null } }))).toMatchObject({ action: 'reuse', changes: [] })
})

test('a missing value with another reference is a change', async () => {
  const { world } = await appliedWorld()
  const edited = file({ record: { secrets: { STRIPE: { env: 'OTHER', digest: null } } } })
  expect((await planFor(world, edited)).changes).toMatchObject([
    { path: '/secrets/STRIPE', before: { sensitive: 'set' }, after: { sensitive: 'missing' } },
  ])
})

test('an optional file that is gone takes its variables along', async () => {
  const world = emptyWorld()
  const optional = { optional: true, values: { A: 'digest-a' } }
  await applyTo(world, file({ record: { envFile: { '/e': optional } } }))
  const plan = await planFor(world, file({ record: { envFile: { '/e': { optional: true, values: null } } } }))
  expect(plan.notes).toEqual([])
  expect(plan.changes).toMatchObject([{ before: { sensitive: 'set' }, after: { sensitive: 'missing' } }])
})

test('what another key signed cannot be compared, and is written anew', async () => {
  const { world } = await appliedWorld()
  const other = file({ record: { digestKey: 'key-2' } })
  const plan = await planFor(world, other)
  expect(plan.changes).toEqual(
    ['/env/GH_TOKEN', '/envFile/~1src~1web~1.env/values/A', '/secrets/STRIPE'].map((path) => ({
      path,
      op: 'change',
      effect: 'next_session',
      origin: 'config',
      before: { sensitive: 'not-comparable' },
      after: { sensitive: 'set' },
    })),
  )
  await perform(world, plan)
  expect(await planFor(world, other)).toMatchObject({ action: 'reuse' })
})

test('another key with nothing to sign is no change', async () => {
  const world = emptyWorld()
  const plain = { env: {}, envFile: {}, secrets: {} }
  await applyTo(world, file({ record: plain }))
  expect(await planFor(world, file({ record: { ...plain, digestKey: 'key-2' } }))).toMatchObject({ action: 'reuse' })
})

test('a digest is never shown', async () => {
  const { world } = await appliedWorld()
  const values = { A: 'digest-x', B: 'digest-y' }
  const edited = file({
    record: {
      env: {
        GH_TOKEN: { from: 'flag', digest: 'digest-z' },
        NEW: { from: 'host', text: '${env:N}', digest: 'digest-n' },
      },
      envFile: { '/src/web/.env': { optional: false, values }, '/new': { optional: true, values } },
      secrets: { OTHER: { file: '/keys/o', digest: 'digest-o' } },
      digestKey: 'key-1',
    },
  })
  for (const plan of [await planFor(world, edited), await planFor(emptyWorld(), edited)]) {
    expect(JSON.stringify([plan.changes, plan.notes, plan.grants])).not.toContain('digest-')
  }
})

test('volumes that differ for no reason of the file still need a new container', async () => {
  const { world } = await appliedWorld()
  const moved = file({ container: { volumes: { '/home/agent': 'sbx-other-home' } } })
  const plan = await planFor(world, moved)
  expect(plan).toMatchObject({ action: 'recreate' })
  expect(plan.changes.map(({ path }) => path)).toEqual(['/volumes/~1home~1agent', '/volumes/~1run~1sbx~1login'])
})

test('a grant widens by its value, and a narrower mount does not', async () => {
  const world = emptyWorld()
  await applyTo(world, file({ container: { mounts: { '/data': { source: '/a', readonly: false } } } }))
  const widening = async (mount: { source: string; readonly: boolean }): Promise<boolean | undefined> =>
    (await planFor(world, file({ container: { mounts: { '/data': mount } } }))).grants[0]?.widens
  expect(await widening({ source: '/a', readonly: false })).toBe(false)
  expect(await widening({ source: '/a', readonly: true })).toBe(false)
  expect(await widening({ source: '/b', readonly: true })).toBe(true)
})

test('where a value is written stands beside its change, the nearest line where its own is not known', async () => {
  const { world } = await appliedWorld()
  const at = { file: '/src/web/sandbox.yaml', line: 4, column: 3 }
  const edited = {
    ...file({ container: { mounts: { '/data': { source: '/a', readonly: false } } } }),
    origins: { '/mounts/~1data': { kind: 'file', at } as const },
  }
  expect((await planFor(world, edited)).changes).toMatchObject([
    { path: '/mounts/~1data/readonly', source: { kind: 'file', at } },
  ])
})

test('a sandbox of a folder that moved here, and one whose folder is gone, are orphans', async () => {
  const { world } = await appliedWorld()
  const inNewPlace = { ...file(), id: 'web-aa0000', workspace: '/src/moved', homeVolume: 'sbx-web-aa0000-home' }
  const orphan = { kind: 'orphan', id: 'web-3f2a1c', displayName: 'web', workspace: '/src/web' }
  expect((await planFor(world, { ...inNewPlace, inode: '1:1:1' })).notes).toEqual([orphan])
  expect((await planFor(world, { ...inNewPlace, inode: '9:9:9' })).notes).toEqual([])
  const missing = { missingWorkspaces: ['/src/web'] }
  expect((await planFor(world, { ...inNewPlace, inode: '9:9:9' }, missing)).notes).toEqual([orphan])
})

test('a container that is gone while its record is there is missing, not new', async () => {
  const { world, container } = await appliedWorld()
  world.containers.delete(container.id)
  expect(await planFor(world, file())).toMatchObject({ action: 'create', reason: 'missing' })
})

test('the record carries the name that its content gives', async () => {
  const plan = await planFor(emptyWorld(), file())
  const [record] = plan.steps.flatMap((step) => (step.do === 'create-record' ? [step] : []))
  expect(record?.name).toBe(recordName('', 'web-3f2a1c', file().recordSpec))
})
