// What is asked, what an answer does, and what no flag says beside what it is for.

import { expect, test } from 'vitest'
import { approve, type ApprovalRequest } from '../../../src/cli/approving/approve.js'
import { checkKeepable, keeping, type Planned } from '../../../src/cli/planning/planning.js'
import type { DesiredSandbox } from '../../../src/model/desired.js'
import { DiagnosticError } from '../../../src/model/diagnostic.js'
import { type Person, person, planOf } from '../../support/approving.js'
import { appliedWorld, file } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import type { FakeContainer, FakeWorld } from '../../support/fake-world.js'

const otherPorts = { container: { ports: { '3000/tcp': { address: '127.0.0.1', hostPort: null } } } }
const otherTemplate = { container: { template: { kind: 'image', reference: 'acme/agent:2' } } } as const

type Given = Partial<Omit<ApprovalRequest, 'engine' | 'replan'>>

async function approved(
  { invocation }: Person,
  world: FakeWorld,
  desired: DesiredSandbox,
  given: Given = {},
): Promise<Planned> {
  return approve(invocation, await planOf(world, desired), {
    ...{ command: 'sbx apply', mustAsk: true, allow: [], engine: new FakeEngine({ world }), ...given },
    replan: ({ keep }) => planOf(world, desired, keep),
  })
}

async function refusedCommand(world: FakeWorld, desired: DesiredSandbox, given: Given): Promise<string | undefined> {
  const refusal = await approved(person(null), world, desired, given).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(refusal instanceof DiagnosticError)) return undefined
  expect(refusal.kind).toBe('approval')
  return refusal.diagnostics[0]?.command
}

async function workedIn(...changedPaths: readonly string[]): Promise<{ world: FakeWorld; container: FakeContainer }> {
  const { world, container } = await appliedWorld()
  container.changedPaths = changedPaths
  return { world, container }
}

const question = /Recreate web\? .* \[y\] yes {3}\[k\] yes, and keep those files {3}\[d\] show files {3}\[N\] no: $/s
const withoutKeep = /Recreate web\? .* \[y\] yes {3}\[d\] show files {3}\[N\] no: $/s
/** A machine that is busy with other tests takes its time. */
const patience = { timeout: 30_000 }

const jq = ['/var/lib/dpkg/info/jq.list', '/opt/tool']

test('yes gives up what was written, and keeps nothing', async () => {
  const { world } = await workedIn('/opt/tool')
  const me = person([[question, 'y']])
  const { plan } = await approved(me, world, file(otherPorts))
  expect(me.heard()).toContain('Recreate web? 1 file outside kept paths will be lost.')
  expect(plan.keeps).toBe(undefined)
})

test.each(['', 'n', 'x', 'yy', 'keep'])('%j is no', async (answer) => {
  const { world } = await workedIn('/opt/tool')
  const declined = { diagnostics: [{ code: 'approval/declined' }] }
  await expect(approved(person([[question, answer]]), world, file(otherPorts))).rejects.toMatchObject(declined)
})

test('k keeps it, by a plan from the same look at the engine', async () => {
  const { world } = await workedIn(...jq)
  const me = person([[question, 'k']])
  const { plan, risks: left } = await approved(me, world, file(otherPorts))
  expect(plan.keeps).toBe('snapshot')
  expect(plan.steps.map((step) => step.do)).toContain('snapshot-container')
  expect(left.losses).toBe(null)
  expect(me.heard()).toMatch(/kept +1 file written outside kept paths, taken over in a snapshot/)
})

test('what cannot be kept is asked about once more, without that choice', async () => {
  const { world } = await workedIn(...jq)
  const me = person([
    [question, 'k'],
    [withoutKeep, 'y'],
  ])
  const { plan, risks: left } = await approved(me, world, file(otherTemplate))
  expect(plan.keeps).toBe('copy')
  expect(left.losses).toMatchObject({ files: { count: 0 }, packages: [{ name: 'jq' }] })
  expect(me.heard()).toContain('Recreate web? 1 Debian package outside kept paths will be lost.')
})

test('d shows a screen of files at a time, and asks again', async () => {
  const { world } = await workedIn(...Array.from({ length: 35 }, (_, index) => `/opt/${String(index + 10)}\u001b[2J`))
  const me = person([
    [question, 'd'],
    [/10 of 35; Enter for more, q for enough: $/, ''],
    [/20 of 35; .*: $/, 'q'],
    [question, 'n'],
  ])
  await expect(approved(me, world, file(otherPorts))).rejects.toMatchObject({ kind: 'approval' })
  expect(me.heard()).toContain('/opt/29\\e[2J\n')
  expect(me.heard()).not.toContain('/opt/30')
})

test('without a terminal each flag says its own yes, and the refusal names what is missing', async () => {
  const { world, container } = await workedIn('/opt/tool')
  container.sessions = 1
  const command = (given: Given): Promise<string | undefined> => refusedCommand(world, file(otherPorts), given)
  expect(await command({})).toBe('sbx apply --yes --keep --wait')
  expect(await command({ yes: true })).toBe('sbx apply --yes --keep --wait')
  expect(await command({ discard: true })).toBe('sbx apply --discard --yes --wait')
  expect(await command({ force: true })).toBe('sbx apply --force --yes --keep')
  expect(await command({ yes: true, discard: true })).toBe('sbx apply --discard --yes --wait')
  expect(await command({ yes: true, force: true })).toBe('sbx apply --yes --force --keep')
  expect(await command({ yes: true, wait: true })).toBe('sbx apply --yes --wait --keep')
  expect(await command({ yes: true, force: true, discard: true })).toBe(undefined)
})

test('a file that says discard is a word to who says yes, and to nobody else', async () => {
  const { world } = await workedIn('/opt/tool')
  const desired = { ...file(otherPorts), lifecycle: { ignoreDrift: [], onRecreate: 'discard' as const } }
  expect(await refusedCommand(world, desired, { yes: true })).toBe(undefined)
  expect(await refusedCommand(world, desired, { mustAsk: false })).toBe('sbx apply --yes --keep')
})

test('an open session is asked about by itself, and no is no to all', async () => {
  const { world, container } = await workedIn()
  container.sessions = 1
  const me = person([
    [/Recreate web\? \[y\/N\] $/, 'y'],
    [/1 open session \(sh, open 1 second\) will be ended\. End it\?\n.*\[w\] wait until then.*: $/, ''],
  ])
  await expect(approved(me, world, file(otherPorts))).rejects.toMatchObject({ kind: 'approval' })
})

test('sessions that are waited for are not there any more when it goes on', async () => {
  const { world, container } = await workedIn()
  container.sessions = 2
  const me = person([
    [/Recreate web\?/, 'y'],
    [/End them\?/, 'w'],
  ])
  const approval = approved(me, world, file(otherPorts))
  await expect.poll(me.heard, patience).toContain('Waiting for 2 open sessions (sh')
  container.sessions = 0
  expect((await approval).risks.sessions).toEqual([])
})

test('a log that grew while sessions were waited for is no other loss', async () => {
  const { world, container } = await workedIn('/opt/a.log')
  container.sessions = 1
  const waiting = person([
    [/Recreate web\?/, 'y'],
    [/End it\?/, 'w'],
  ])
  const approval = approved(waiting, world, file(otherPorts))
  await expect.poll(waiting.heard, patience).toContain('Waiting for 1 open session')
  container.ownBytes = 4096
  container.sessions = 0
  expect((await approval).risks.losses).toMatchObject({ files: { count: 1 }, bytes: 4096 })
  expect(waiting.heard().match(/Recreate web/g)).toHaveLength(1)
})

test('what was done while sessions were waited for is asked about', async () => {
  const { world, container } = await workedIn()
  container.sessions = 1
  const waiting = person(null)
  const approval = approved(waiting, world, file(otherPorts), { yes: true, wait: true })
  await expect.poll(waiting.heard, patience).toContain('Waiting for 1 open session')
  container.changedPaths = ['/opt/late']
  container.sessions = 0
  await expect(approval).rejects.toMatchObject({ diagnostics: [{ command: 'sbx apply --yes --wait --keep' }] })
})

test('an interruption of the waiting has done nothing', async () => {
  const { world, container } = await workedIn()
  container.sessions = 1
  const waiting = person(null)
  const approval = approved(waiting, world, file(otherPorts), { yes: true, wait: true })
  await expect.poll(waiting.heard, patience).toContain('Waiting for 1 open session')
  waiting.interrupt()
  await expect(approval).rejects.toMatchObject({ kind: 'interrupted', diagnostics: [{ detail: 'Nothing was done.' }] })
})

test('without a terminal each grant needs its own word', async () => {
  const { world } = await appliedWorld()
  const grants = ['mount:/data', 'socket'].map((key) => ({ key, value: key, summary: key }))
  const command = (given: Given): Promise<string | undefined> => refusedCommand(world, { ...file(), grants }, given)
  expect(await command({})).toBe('sbx apply --allow mount:/data --allow socket')
  expect(await command({ yes: true, allow: ['socket'] })).toBe('sbx apply --yes --allow socket --allow mount:/data')
  expect(await command({ yes: true, discard: true })).toBe(
    'sbx apply --discard --yes --allow mount:/data --allow socket',
  )
  expect(await command({ allowWiden: true })).toBe(undefined)
  expect(await command({ typed: new Set(['mount:/data', 'socket']) })).toBe(undefined)
})

test.each([
  ['kept-list', '1 file, and an unknown number of files that were kept before', 'engine/kept-list'],
  ['too-many', 'too many files to count', 'engine/too-much-to-keep'],
] as const)(
  'what is not known to be all is no nothing, and is given up only by who says so (%s)',
  async (why, what, code) => {
    const { world, container } = await workedIn('/opt/tool')
    container.uncounted = why
    expect(await refusedCommand(world, file(otherPorts), { yes: true })).toBe('sbx apply --yes --discard')
    expect((await approved(person(null), world, file(otherPorts), { yes: true, discard: true })).plan.keeps).toBe(
      undefined,
    )
    const me = person([[withoutKeep, 'y']])
    await approved(me, world, file(otherPorts))
    expect(me.heard()).toContain(`Recreate web? ${what} outside kept paths will be lost.`)
    const planned = await planOf(world, file(otherPorts))
    await expect(checkKeepable(planned.risks)).rejects.toMatchObject({ diagnostics: [{ code }] })
    expect(keeping(planned)).toBe(planned)

    container.changedPaths = []
    const nothingElse = await planOf(world, file(otherPorts))
    expect(nothingElse.risks.losses).toMatchObject({ files: { count: 0 }, uncounted: why })
  },
)
