// Situations that a person meets, and what the plan makes of each.

import { expect, test } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { recordName } from '../../src/model/names.js'
import type { Note } from '../../src/model/note.js'
import { isFolderUnsure, leftBehind, startedOn } from '../../src/plan/left-behind.js'
import { applyTo, perform, planFor } from '../support/applying.js'
import { appliedWorld, emptyWorld, file, ownContainer, recordSpec, stepsText } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'

const { resources } = recordSpec

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
    'settle the new',
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

test('an image that is there needs nothing of what it was built on', async () => {
  const world = emptyWorld()
  world.images.set('localhost/sbx-claude:r1', 'sha256:claude')
  const plan = await planFor(world, file({ container: { template: { kind: 'built-in', name: 'claude' } } }))
  expect(plan.steps.filter((step) => step.do === 'build-image' || step.do === 'pull-image')).toEqual([])
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
    'settle the new',
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
    'settle the old',
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
    'settle the old',
    'create-record',
    'remove-record',
  ])
  await perform(world, plan)
  expect([ownContainer(world).id, container.startedOn]).toEqual([container.id, '1:2:2'])
  expect(await planFor(world, file())).toMatchObject({ action: 'reuse', changes: [] })
})

test('a recreate on request needs no changed setting', async () => {
  const { world } = await appliedWorld()
  expect(await planFor(world, file(), { recreate: true })).toMatchObject({
    action: 'recreate',
    reason: 'requested',
    changes: [],
  })
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

test('a sandbox of a folder that moved here is told as that, and one whose folder is gone as an orphan', async () => {
  const { world } = await appliedWorld()
  const inNewPlace = { ...file(), id: 'web-aa0000', workspace: '/src/moved', homeVolume: 'sbx-web-aa0000-home' }
  const orphan = { kind: 'orphan', id: 'web-3f2a1c', displayName: 'web', workspace: '/src/web' }
  const moved = { ...orphan, kind: 'moved-from' }
  expect((await planFor(world, { ...inNewPlace, inode: '1:1:1' })).notes).toEqual([moved])
  expect((await planFor(world, { ...inNewPlace, inode: '1:1:1', agent: 'other' })).notes).toEqual([orphan])
  expect((await planFor(world, { ...inNewPlace, inode: '9:9:9' })).notes).toEqual([])
  const missing = { missingWorkspaces: ['/src/web'] }
  expect((await planFor(world, { ...inNewPlace, inode: '9:9:9' }, missing)).notes).toEqual([orphan])
  // Of one that had nothing to do with this project each plan of any other would tell.
  const elsewhere = { ...inNewPlace, inode: '9:9:9', id: 'api-3f2a1c', displayName: 'api' }
  const notesIn = async (workspace: string) => (await planFor(world, { ...elsewhere, workspace }, missing)).notes
  expect(await notesIn('/home/me/api')).toEqual([])
  expect(await notesIn('/src/api')).toEqual([orphan])
  expect(await notesIn('/src')).toEqual([orphan])
})

test('where a folder was made anew and then moved, the record says so, and where it was put aside nobody takes its home', async () => {
  const { world } = await appliedWorld()
  world.remakeFolder('/src/web', '2:2:2')
  await applyTo(world, file())
  const engine = new FakeEngine({ world })
  const folders = startedOn((await engine.survey([])).records)
  expect(folders).toEqual({ 'web-3f2a1c': '2:2:2' })
  const { others } = await engine.observe('web-aa0000', [])
  const inNewPlace = { ...file(), id: 'web-aa0000', workspace: '/src/moved', homeVolume: 'sbx-web-aa0000-home' }
  const [anew, aside] = [
    { ...inNewPlace, inode: '2:2:2' },
    { ...inNewPlace, inode: '1:1:1' },
  ]
  const missing = { missingWorkspaces: ['/src/web'] }
  const moved = { kind: 'moved-from', id: 'web-3f2a1c', displayName: 'web', workspace: '/src/web' }
  expect(isFolderUnsure(anew, others, missing)).toBe(true)
  expect(leftBehind(anew, { others, containers: [] }, { ...missing, folders })).toEqual([moved])
  expect(isFolderUnsure(aside, others, {})).toBe(true)
  expect(leftBehind(aside, { others, containers: [] }, { folders })).toEqual([])
  // What cannot be it costs no look.
  expect(isFolderUnsure(anew, others, {})).toBe(false)
  expect(isFolderUnsure({ ...anew, agent: 'other' }, others, missing)).toBe(false)
  expect(isFolderUnsure({ ...anew, profile: 'review' }, others, missing)).toBe(false)
})

test('a sandbox of a profile that no file has any more is told, and one of a profile that there is is not', async () => {
  const { world } = await appliedWorld()
  const review = { ...file(), id: 'web-bb0000', profile: 'review', homeVolume: 'sbx-web-bb0000-home' }
  await applyTo(world, review)
  const gone = { kind: 'profile-gone', id: 'web-bb0000', displayName: 'web', profile: 'review' }
  expect((await planFor(world, file(), { profiles: ['audit'] })).notes).toEqual([gone])
  expect((await planFor(world, file(), { profiles: ['review'] })).notes).toEqual([])
  expect((await planFor(world, file())).notes).toEqual([])
  expect((await planFor(world, review, { profiles: ['review'] })).notes).toEqual([])
})

test('the open network widens for a sandbox that had none, once, and is nothing to ask about for a new one', async () => {
  const world = emptyWorld()
  const networkOf = async () => (await planFor(world, file())).grants.filter(({ key }) => key === 'network')
  expect(await networkOf()).toEqual([])
  await applyTo(world, file({ container: { network: 'none' } }))
  expect(await networkOf()).toEqual([expect.objectContaining({ key: 'network', value: 'open', widens: true })])
  await applyTo(world, file())
  expect(await networkOf()).toEqual([])
})

test('a workspace that can be written widens for a sandbox that could only read it', async () => {
  const world = emptyWorld()
  const writeOf = async () => (await planFor(world, file())).grants.filter(({ key }) => key === 'write')
  expect(await writeOf()).toEqual([])
  const { workspace } = file().containerSpec
  await applyTo(world, file({ container: { workspace: { ...workspace, readonly: true } } }))
  expect(await writeOf()).toEqual([expect.objectContaining({ key: 'write', value: 'workspace', widens: true })])
  await applyTo(world, file())
  expect(await writeOf()).toEqual([])
})

test('a login that is renewed and that others run with is told, with what to use instead', async () => {
  const { world, container } = await appliedWorld()
  const rotatingLogin = { instead: 'Give each a token.' }
  const another = { ...file(), id: 'api-aa0000', inode: '9:9:9', workspace: '/src/api', rotatingLogin }
  const note = { kind: 'shared-login', agent: another.agent, sandboxes: ['web-3f2a1c'], instead: 'Give each a token.' }
  expect((await planFor(world, another)).notes).toEqual([note])
  const { rotatingLogin: _, ...withKey } = another
  expect((await planFor(world, withKey)).notes).toEqual([])
  expect((await planFor(world, { ...file(), rotatingLogin })).notes).toEqual([])
  container.state = 'exited'
  expect((await planFor(world, another)).notes).toEqual([])
})

test('ports that have no network are told of when a container is made, and not again', async () => {
  const note = { kind: 'unpublished-ports', ports: ['3000/tcp'] }
  const without = { ...file({ container: { network: 'none', ports: {} } }), unpublished: ['3000/tcp'] }
  const world = emptyWorld()
  expect((await planFor(world, without)).notes).toContainEqual(note)
  await applyTo(world, without)
  expect((await planFor(world, without)).notes).toEqual([])
})

test('sudo that is not what the file says is told of when a container is made, and not again', async () => {
  const notesOf = async (desired: DesiredSandbox): Promise<readonly Note[]> => {
    const world = emptyWorld()
    const { notes } = await planFor(world, desired)
    await applyTo(world, desired)
    expect((await planFor(world, desired)).notes).toEqual([])
    return notes
  }
  const gvisor = { isolation: 'runsc' }
  expect(await notesOf(file({ container: gvisor }))).toEqual([{ kind: 'no-sudo-here', why: 'gvisor' }])
  expect(await notesOf(file({ container: { ...gvisor, sudo: false } }))).toEqual([])
  expect(await notesOf(file({ container: { isolation: 'kata' } }))).toEqual([])
  const ofRoots = { ...file({ container: { sudo: false } }), isRootInside: true } as const
  expect(await notesOf(ofRoots)).toEqual([{ kind: 'no-sudo-here', why: 'root-owner' }])
})
