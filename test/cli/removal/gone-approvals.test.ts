// Approvals of folders that are gone go when no engine needs them any more, and never so that something reaches further.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { rememberApplied, rememberApproved } from '../../../src/cli/approving/approvals.js'
import type { Planned } from '../../../src/cli/planning/planning.js'
import { pruneOn } from '../../../src/cli/removal/prune.js'
import { removeFrom } from '../../../src/cli/removal/rm.js'
import type { DesiredSandbox } from '../../../src/model/desired.js'
import type { Step } from '../../../src/model/plan.js'
import { stillNeeded } from '../../../src/plan/still-needed.js'
import { listApprovals } from '../../../src/resolve/approvals.js'
import { folderState } from '../../../src/resolve/gone-folder.js'
import type { Host } from '../../../src/resolve/host.js'
import { sandboxIdentity } from '../../../src/resolve/identity.js'
import { loadedConfig, machine, type Machine } from '../../resolve/fixture.js'
import { perform } from '../../support/applying.js'
import { person, planOf } from '../../support/approving.js'
import { emptyWorld, file } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import type { FakeWorld } from '../../support/fake-world.js'

let user: Machine
let host: Host
let world: FakeWorld

beforeEach(async () => {
  user = machine()
  host = await user.host()
  world = emptyWorld()
})

const me = person(null)
const read = (invocation: Invocation): string =>
  String((invocation.output as unknown as { read: () => unknown }).read())

async function apply(name = 'web', over: Partial<DesiredSandbox> = {}): Promise<DesiredSandbox> {
  const identity = await sandboxIdentity(loadedConfig(user.workspace, { name }), host)
  const spec = { workspace: { path: user.workspace, readonly: false }, network: 'none' as const }
  const grants = [{ key: 'socket', value: 'host', summary: 'the socket' }]
  const planned = await planOf(world, { ...file({ container: spec }), ...identity, grants, ...over })
  const withHost: Planned = { ...planned, declared: { host } as Planned['declared'] }
  const engine = new FakeEngine({ world })
  await rememberApproved(me.invocation, engine, withHost)
  expect((await perform(world, planned.plan)).error).toBe(null)
  await rememberApplied(me.invocation, engine, withHost)
  return withHost.desired
}

const remove = (id: string, volumes = true): Promise<number> =>
  removeFrom(person(null).invocation, new FakeEngine({ world }), host, [id], { volumes, discard: true })

async function prune(volumes = false): Promise<string> {
  const asked = person(null)
  expect(await pruneOn(asked.invocation, new FakeEngine({ world }), host, { yes: true, volumes })).toBe(0)
  return `${asked.heard()}${read(asked.invocation)}`
}

const kept = (): readonly string[] => listApprovals(host.stateFolder).map(({ id }) => id)
const files = (): readonly string[] => readdirSync(join(host.stateFolder, 'approvals'))

/** Of the only one, as somebody else would have written it. */
function rewrite(change: (stored: Record<string, unknown>) => Record<string, unknown>): void {
  const path = join(host.stateFolder, 'approvals', files().find((name) => name.endsWith('.json')) ?? '')
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)))
}

test('an approval says of which engine it is, and another one is added', async () => {
  const { id } = await apply()
  const engines = () => listApprovals(host.stateFolder)[0]?.engines
  expect(engines()).toEqual([{ id: 'FAKE:1', scope: '' }])
  await apply()
  expect(engines()).toHaveLength(1)
  // At the same place, but another.
  world = emptyWorld()
  world.engineId = 'FAKE:2'
  await apply()
  expect(engines()).toEqual([
    { id: 'FAKE:1', scope: '' },
    { id: 'FAKE:2', scope: '' },
  ])
  expect(kept()).toEqual([id])
})

test('an apply without changes asks the engine for nothing', async () => {
  await apply()
  const engine = new FakeEngine({ world })
  engine.id = () => Promise.reject(new Error('asked'))
  const identity = await sandboxIdentity(loadedConfig(user.workspace, { name: 'web' }), host)
  const spec = { workspace: { path: user.workspace, readonly: false }, network: 'none' as const }
  const grants = [{ key: 'socket', value: 'host', summary: 'the socket' }]
  const planned = await planOf(world, { ...file({ container: spec }), ...identity, grants })
  expect(planned.plan.steps).toEqual([])
  const withHost: Planned = { ...planned, declared: { host } as Planned['declared'] }
  await rememberApproved(me.invocation, engine, withHost)
  await rememberApplied(me.invocation, engine, withHost)
})

test('once the folder and all of the sandbox are gone, prune shows them, asks, and removes them whole', async () => {
  const { id } = await apply()
  await remove(id)
  expect(await prune()).toContain('Nothing to remove.')
  expect(files()).toHaveLength(3)
  rmSync(user.workspace, { recursive: true })
  const asked = person(null)
  await expect(pruneOn(asked.invocation, new FakeEngine({ world }), host, {})).rejects.toThrow('cli/not-confirmed')
  expect(asked.heard()).toContain(`${id}  its folder ~/src/web is gone, and no sandbox is left of it`)
  expect(asked.heard()).toMatch(/^ {6}- approvals {3}socket$/m)
  expect(files()).toHaveLength(3)
  expect(await prune()).toContain(`Removed the approvals of ${id}.`)
  expect(files()).toEqual([])
  expect(await prune()).toContain('Nothing to remove.')
})

test('what prune removes of the engine in the same call needs them no more; a home does', async () => {
  const { id } = await apply()
  rmSync(user.workspace, { recursive: true })
  await prune()
  expect(kept()).toEqual([id])
  const asked = person(null)
  const json: Invocation = { ...asked.invocation, options: { ...asked.invocation.options, json: true } }
  expect(await pruneOn(json, new FakeEngine({ world }), host, { yes: true, volumes: true })).toBe(0)
  const last = read(json).trimEnd().split('\n').at(-1) ?? ''
  expect(JSON.parse(last)).toMatchObject({ type: 'summary', approvals_removed: [id] })
  expect(files()).toEqual([])
})

test('a record that nobody removes keeps them: it would count in their place', async () => {
  const { id } = await apply()
  const engine = new FakeEngine({ world })
  const leftovers = await engine.listLeftovers()
  const [record] = leftovers.records
  const only = { ...leftovers, homes: [] }
  const steps: Step[] = [{ do: 'remove-record', name: record?.name ?? '' }]
  const has = { containers: [], homes: [], leftovers: only }
  expect(stillNeeded(has, [])({ id, workspace: '/other' })).toBe(true)
  expect(stillNeeded(has, steps)({ id, workspace: '/other' })).toBe(false)
})

test.each<[string, () => void]>([
  ['of another engine', () => (world.engineId = 'FAKE:2')],
  [
    'of an engine beside this one',
    () =>
      rewrite(({ engines, ...rest }) => ({
        ...rest,
        engines: [...(engines as unknown[]), { id: 'FAKE:2', scope: '' }],
      })),
  ],
  [
    'of another scope',
    () =>
      rewrite(({ engines, ...rest }) => ({
        ...rest,
        engines: (engines as object[]).map((each) => ({ ...each, scope: 't' })),
      })),
  ],
  ['in a folder that is back', () => mkdirSync(user.workspace)],
  ['on a disk that is not mounted', () => rewrite((stored) => ({ ...stored, inode: `7${String(stored['inode'])}` }))],
  [
    'behind a link that leads nowhere',
    () => {
      renameSync(join(user.home, 'src'), join(user.home, 'gone'))
      symlinkSync(join(user.root, 'nowhere'), join(user.home, 'src'))
    },
  ],
  [
    'where the last one of the folder is not known',
    () =>
      files()
        .filter((name) => name.endsWith('.last'))
        .forEach((name) => writeFileSync(join(host.stateFolder, 'approvals', name), '?')),
  ],
])('approvals %s stay', async (_, happens) => {
  const { id } = await apply()
  await remove(id)
  rmSync(user.workspace, { recursive: true })
  happens()
  expect(await prune()).toContain('Nothing to remove.')
  expect(kept()).toEqual([id])
})

test('those that an earlier sbx wrote are told of and stay, also once a newer one has added its engine', async () => {
  const { id } = await apply()
  rewrite(({ engines: _, ...rest }) => rest)
  await apply()
  expect(listApprovals(host.stateFolder)[0]?.engines).toEqual([{ id: '', scope: '' }])
  await remove(id)
  await apply()
  expect(listApprovals(host.stateFolder)[0]?.engines).toEqual([
    { id: '', scope: '' },
    { id: 'FAKE:1', scope: '' },
  ])
  await remove(id)
  rmSync(user.workspace, { recursive: true })
  expect(await prune()).toContain('Approvals of a folder that is gone stay: which engines they are for was not')
  expect(kept()).toEqual([id])
})

test('those of one folder go together or stay, since a later one limits the others', async () => {
  const first = await apply('web')
  const second = await apply('api')
  await remove(second.id)
  await remove(first.id, false)
  rmSync(user.workspace, { recursive: true })
  await prune()
  expect(kept()).toEqual([second.id, first.id])
  expect(await prune(true)).toContain(`Removed the approvals of ${first.id}, ${second.id}.`)
  expect(files()).toEqual([])
})

test('of one that is written while prune is asked about, nothing goes', async () => {
  const { id } = await apply()
  await remove(id)
  const { workspace } = user
  rmSync(workspace, { recursive: true })
  const asking = person([[/Remove all of this\?/, 'y']])
  const engine = new FakeEngine({ world })
  engine.id = async () => {
    // Asked once they are listed, and before a person is.
    rewrite((stored) => ({ ...stored, name: 'other' }))
    return world.engineId
  }
  await pruneOn(asking.invocation, engine, host, {})
  expect(kept()).toEqual([id])
})

test('a folder is gone only where this machine can tell', async () => {
  const { inode } = await sandboxIdentity(loadedConfig(user.workspace, {}), host)
  const state = (workspace: string, of = inode): string => folderState({ workspace, inode: of })
  expect(state(user.workspace)).toBe('there')
  expect(state(join(user.home, 'src/none/deeper'))).toBe('gone')
  expect(state(join(user.home, 'src/none'), '0:1:2')).toBe('unsure')
  expect(state(join(user.home, 'src/none'), '')).toBe('unsure')
  expect(state(join(user.write('a-file', ''), 'none'))).toBe('unsure')
  expect(state(join(user.home, 'n'.repeat(300)))).toBe('unsure')
  expect(existsSync(user.workspace)).toBe(true)
})
