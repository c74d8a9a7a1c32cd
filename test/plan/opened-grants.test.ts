// What an agent can write cannot open what was closed: not by a line in the file, a new name, another agent or a removal in
// between, and not by what somebody put on the engine.

import { expect, test } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import type { PlannedGrant } from '../../src/model/plan.js'
import type { Policy } from '../../src/model/policy.js'
import type { Reach } from '../../src/model/reach.js'
import type { ContainerSpec } from '../../src/model/spec.js'
import type { PlanOptions } from '../../src/plan/situation.js'
import { applyTo, planFor } from '../support/applying.js'
import { emptyWorld, file } from '../support/examples.js'
import { reachAfter } from '../../src/plan/opened-grants.js'
import type { FakeWorld } from '../support/fake-world.js'

const closed: Reach = {
  network: 'none',
  isReadonly: true,
  hidden: ['.env'],
  sudo: false,
  hasLogin: false,
  isolation: 'runsc',
}
const open: Reach = { network: 'open', isReadonly: false, hidden: [], sudo: true, hasLogin: true, isolation: null }

async function widening(
  world: FakeWorld,
  desired: DesiredSandbox,
  over: Partial<PlanOptions> = {},
): Promise<readonly (readonly [key: string, value: string])[]> {
  const { grants } = await planFor(world, desired, over)
  return grants.filter(({ widens }) => widens).map(({ key, value }) => [key, value])
}

function spec(over: Partial<ContainerSpec>, hidden?: readonly string[]): DesiredSandbox {
  return { ...file({ container: over }), grants: [], ...(hidden === undefined ? {} : { hidden }) }
}

async function worldWith(desired: DesiredSandbox): Promise<FakeWorld> {
  const world = emptyWorld()
  expect((await applyTo(world, desired)).error).toBe(null)
  return world
}

const { workspace } = file().containerSpec

test.each<[string, Partial<ContainerSpec>, readonly [string, string][]]>([
  ['a container', {}, [['isolation', 'container']]],
  ['a runtime nobody knows', { isolation: 'nvidia' }, [['isolation', 'nvidia']]],
  ['the runtime it had', { isolation: 'runsc' }, []],
  ['a stronger one', { isolation: 'kata-fc' }, []],
])('after gVisor, %s', async (_, over, asked) => {
  const world = await worldWith(spec({ isolation: 'runsc' }))
  expect(await widening(world, spec(over))).toEqual(asked)
})

test('a first runtime that nobody knows is asked about, one that isolates more is not', async () => {
  expect(await widening(emptyWorld(), spec({ isolation: 'nvidia' }))).toEqual([['isolation', 'nvidia']])
  expect(await widening(emptyWorld(), spec({ isolation: 'runsc' }))).toEqual([])
  const world = await worldWith(spec({ isolation: 'nvidia' }))
  expect(await widening(world, spec({ isolation: 'nvidia' }))).toEqual([])
})

test('a runtime that nobody knows is no stronger than none, whichever came last', async () => {
  const unknown: Reach = { ...open, isolation: 'nvidia' }
  const over = { reach: unknown, latest: { grants: {}, reach: open } }
  expect(await widening(emptyWorld(), spec({ isolation: 'nvidia' }), over)).toEqual([['isolation', 'nvidia']])
  expect(await widening(emptyWorld(), spec({}), over)).toEqual([])
  const strong = { reach: { ...open, isolation: 'runsc' }, latest: { grants: {}, reach: open } }
  expect(await widening(emptyWorld(), spec({}), strong)).toEqual([['isolation', 'container']])
  // What an engine takes by itself can be more than the plain runtime, and a runtime is what it was configured to be.
  expect(await widening(emptyWorld(), spec({ isolation: 'runc' }))).toEqual([['isolation', 'runc']])
  expect(await widening(emptyWorld(), spec({ isolation: 'runsc-hostnet' }))).toEqual([['isolation', 'runsc-hostnet']])
})

test("the workspace's own files need a yes for a sandbox that had a clone, and for no other", async () => {
  const clone = { workspace: { ...workspace, mode: 'clone' as const } }
  const world = await worldWith(spec(clone))
  expect(await widening(world, spec({}))).toEqual([['host-files', '/src/web']])
  expect(await widening(world, spec(clone))).toEqual([])
  expect(await widening(emptyWorld(), spec({}), { reach: { ...open, isClone: true } })).toEqual([
    ['host-files', '/src/web'],
  ])
  // A new name is no way around it, as long as nothing worked in the folder itself.
  const latest = { grants: {}, reach: { ...open, isClone: true as const } }
  expect(await widening(emptyWorld(), spec({}), { latest })).toEqual([['host-files', '/src/web']])
  expect(await widening(world, { ...spec({}), id: 'other-3f2a1c' })).toEqual([['host-files', '/src/web']])
  expect(await widening(await worldWith(spec({})), { ...spec({}), id: 'other-3f2a1c' }, { latest })).toEqual([])
  // One beside it of the same folder says nothing of this one.
  expect(
    await widening(emptyWorld(), spec({}), {
      ...{ reach: open, latest },
    }),
  ).toEqual([])
})

test('in a clone the workspace is not written, and what was hidden may be in its history', async () => {
  const world = await worldWith(spec({ workspace: { ...workspace, readonly: true }, hide: { '.git': 'folder' } }))
  const clone = { workspace: { ...workspace, mode: 'clone' as const } }
  expect(await widening(world, spec(clone))).toEqual([['show:.git', '.git']])
  expect(await widening(world, spec(clone, ['.git']))).toEqual([])
})

test('a clone in between is no way to what was hidden or could only be read', async () => {
  const clone = spec({ workspace: { ...workspace, mode: 'clone' } }, ['.env'])
  const world = await worldWith(clone)
  const reach = reachAfter(clone, { ...open, isReadonly: true, hidden: ['.env'] })
  expect(reach).toEqual({ ...open, isReadonly: true, hidden: ['.env'], isClone: true })
  const all = [
    ['host-files', '/src/web'],
    ['write', 'workspace'],
    ['show:.env', '.env'],
  ]
  expect(await widening(world, spec({}), { reach })).toEqual(all)
  expect(await widening(emptyWorld(), spec({}), { reach })).toEqual(all)
  // It stays so however often it is applied as a clone, and by another name.
  expect(reachAfter(clone, reach)).toEqual(reach)
  expect(await widening(emptyWorld(), spec({}), { latest: { grants: {}, reach } })).toEqual(all)
  expect(reachAfter(spec({}), reach)).toEqual(open)
})

test('sudo and hidden files come back only with a yes', async () => {
  const world = await worldWith(spec({ sudo: false, hide: { '.env': 'file', keys: 'folder' } }, ['.env', 'keys']))
  expect(await widening(world, spec({}, ['keys']))).toEqual([
    ['sudo', 'true'],
    ['show:.env', '.env'],
  ])
  // What is gone from the disk is hidden by the file all the same, and what lies in a hidden folder is hidden with it.
  expect(await widening(world, spec({ sudo: false }, ['.env', 'keys']))).toEqual([])
  const nested = await worldWith(spec({ hide: { 'keys/prod': 'file' } }, ['keys/prod']))
  expect(await widening(nested, spec({ hide: { keys: 'folder' } }, ['keys']))).toEqual([])
})

test('a login that was not handed to it is asked about, and by another name as well', async () => {
  const world = await worldWith(spec({ credentials: 'none' }))
  expect(await widening(world, spec({}))).toEqual([['shared-login', 'sandbox']])
  const renamed = { ...spec({}), id: 'other-3f2a1c', displayName: 'other', homeVolume: 'sbx-other-3f2a1c-home' }
  expect(await widening(world, renamed)).toEqual([['shared-login', 'sandbox']])
  // That of another agent is another login.
  expect(await widening(world, { ...renamed, agent: 'another' })).toEqual([])
})

test('what was hidden before it was there stays so', async () => {
  const world = await worldWith(spec({}, ['.env']))
  expect(await widening(world, spec({}))).toEqual([])
  expect(await widening(world, spec({}), { reach: { ...open, hidden: ['.env'] } })).toEqual([['show:.env', '.env']])
})

const all = [
  ['network', 'open'],
  ['write', 'workspace'],
  ['sudo', 'true'],
  ['isolation', 'container'],
  ['show:.env', '.env'],
]

test('a removal is no way to start over', async () => {
  const asked = await widening(emptyWorld(), spec({}), { reach: closed })
  expect(asked).toEqual([...all.slice(0, 3), ['shared-login', 'sandbox'], ...all.slice(3)])
  expect(await widening(emptyWorld(), spec({}), { reach: open })).toEqual([])
  expect(await widening(emptyWorld(), spec({}))).toEqual([])
})

test('another name or agent is no way to start over, and another profile or folder is another sandbox', async () => {
  const shut = spec(
    {
      network: 'none',
      workspace: { ...workspace, readonly: true },
      sudo: false,
      isolation: 'runsc',
      hide: { '.env': 'file' },
    },
    ['.env'],
  )
  const world = await worldWith(shut)
  const renamed = { ...spec({}), id: 'other-3f2a1c', displayName: 'other', homeVolume: 'sbx-other-3f2a1c-home' }
  expect(await widening(world, renamed)).toEqual(all)
  expect(await widening(world, { ...renamed, profile: 'review' })).toEqual([])
  const elsewhere = { ...renamed, workspace: '/src/api', inode: '9:9:9' }
  expect(await widening(world, elsewhere)).toEqual([])
})

test('an older sandbox is no way back to what a later one of the folder gave up', async () => {
  const wide = await worldWith(spec({}))
  const latest = { grants: {}, reach: closed }
  expect(await widening(wide, spec({}), { reach: open, latest })).toEqual(all)
  expect(await widening(wide, spec({}), { reach: open, latest, latestOfAgent: latest })).toEqual([
    ...all.slice(0, 3),
    ['shared-login', 'sandbox'],
    ...all.slice(3),
  ])
  expect(await widening(wide, spec({}), { reach: open, latest: { grants: {}, reach: open } })).toEqual([])
  const approved = {
    socket: 'host',
    'mount:/d': 'rw:/d',
    login: 'host:claude',
    'host:a.example:443': 'host:a.example:443',
  }
  const desired = withGrants(...Object.entries(approved))
  const limited = { ...desired, containerSpec: { ...desired.containerSpec, network: 'limited' as const } }
  const asked = (grants: Record<string, string>, reach: Reach) =>
    widening(emptyWorld(), limited, { approved, reach: { ...open, network: 'limited' }, latest: { grants, reach } })
  expect(await asked(approved, open)).toEqual([])
  const gaveUp = { 'mount:/d': 'ro:/d', login: 'host:codex' }
  expect(await asked(gaveUp, open)).toEqual([
    ['socket', 'host'],
    ['mount:/d', 'rw:/d'],
  ])
  const ofAgent = {
    approved,
    reach: { ...open, network: 'limited' as const },
    latestOfAgent: { grants: {}, reach: open },
  }
  expect(await widening(emptyWorld(), limited, ofAgent)).toEqual([['login', 'host:claude']])
  expect(await asked({ ...approved, 'host:a.example:443': '' }, { ...open, network: 'limited' })).toEqual([
    ['host:a.example:443', 'host:a.example:443'],
  ])
})

test('the container tells more than the memory, whichever of them is wider', async () => {
  const shut = await worldWith(spec({ network: 'none' }))
  expect(await widening(shut, spec({}), { reach: open })).toEqual([['network', 'open']])
  const wide = await worldWith(spec({}))
  expect(await widening(wide, spec({}), { reach: { ...closed, hidden: [] } })).toEqual([])
})

function withGrants(...grants: readonly (readonly [key: string, value: string])[]): DesiredSandbox {
  const desired = file()
  return {
    ...desired,
    grants: grants.map(([key, value]) => ({ key, value, summary: key })),
    recordSpec: { ...desired.recordSpec, grants: Object.fromEntries(grants) },
  }
}

test('a record counts where this machine remembers nothing, and not where it does', async () => {
  const desired = withGrants(['socket', 'host'])
  const world = await worldWith(desired)
  expect(await widening(world, desired)).toEqual([])
  expect(await widening(world, desired, { approved: {} })).toEqual([['socket', 'host']])
  expect(await widening(world, desired, { approved: { socket: 'host' } })).toEqual([])
})

test('a yes that was given before is not asked for, and less is never', async () => {
  const approved = { 'mount:/data': 'rw:/h/data', network: 'open' }
  const asked = (value: string) => widening(emptyWorld(), withGrants(['mount:/data', value]), { approved })
  expect(await asked('rw:/h/data')).toEqual([])
  expect(await asked('ro:/h/data')).toEqual([])
  expect(await asked('ro:/h/other')).toEqual([['mount:/data', 'ro:/h/other']])
  expect(await widening(emptyWorld(), spec({}), { approved, reach: { ...open, network: 'none' } })).toEqual([])
})

test('hosts ask where the sandbox could not reach them before', async () => {
  const desired = withGrants(['host:a.example:443', 'host:a.example:443'])
  const limited = { ...desired, containerSpec: { ...desired.containerSpec, network: 'limited' as const } }
  const host = ['host:a.example:443', 'host:a.example:443']
  expect(await widening(emptyWorld(), limited)).toEqual([])
  expect(await widening(emptyWorld(), limited, { approved: {}, reach: open })).toEqual([])
  expect(await widening(emptyWorld(), limited, { approved: {}, reach: { ...open, network: 'limited' } })).toEqual([
    host,
  ])
  const none = { approved: {}, reach: { ...open, network: 'none' as const } }
  expect(await widening(emptyWorld(), limited, none)).toEqual([host, ['network', 'limited']])
})

test('the policy says yes to what was not approved, and that is told', async () => {
  const at = { file: '/p', line: 1, column: 1 }
  const policy: Policy = { file: '/p', deny: [], allow: [{ pattern: 'socket', at }] }
  const desired = { ...withGrants(['socket', 'host'], ['login', 'host:claude']), policy }
  const { grants } = await planFor(emptyWorld(), desired, { approved: {} })
  expect(grants).toEqual<PlannedGrant[]>([
    { key: 'socket', value: 'host', summary: 'socket', widens: false, by: 'policy' },
    { key: 'login', value: 'host:claude', summary: 'login', widens: true },
  ])
  const known = await planFor(emptyWorld(), desired, { approved: { socket: 'host' } })
  expect(known.grants[0]).toEqual({ key: 'socket', value: 'host', summary: 'socket', widens: false })
})
