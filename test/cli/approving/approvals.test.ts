// A yes is kept before anything is done and narrowed once it is, so that what fails is not asked about twice and what was
// taken away is asked about when it comes back.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { rememberApplied, rememberApproved } from '../../../src/cli/approving/approvals.js'
import type { Planned } from '../../../src/cli/planning/planning.js'
import type { DesiredSandbox } from '../../../src/model/desired.js'
import { planSandbox } from '../../../src/plan/plan.js'
import { type Approvals, approvedValues, readApprovals, writeApprovals } from '../../../src/resolve/approvals.js'
import { person, planOf } from '../../support/approving.js'
import { options } from '../../support/applying.js'
import { emptyWorld, file } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'

type Wanted = Readonly<Record<string, string>>

class Machine {
  readonly stateFolder: string
  readonly me = person(null)
  readonly world = emptyWorld()
  readonly engine = new FakeEngine({ world: this.world })

  constructor() {
    const root = mkdtempSync(join(tmpdir(), 'sbx-approvals-'))
    onTestFinished(() => rmSync(root, { recursive: true }))
    this.stateFolder = join(root, 'state')
  }

  /** As a plan is made with what this machine remembers. */
  async plan(wanted: Wanted, over: Partial<DesiredSandbox> = {}): Promise<Planned> {
    const grants = Object.entries(wanted).map(([key, value]) => ({ key, value, summary: key }))
    const planned = await planOf(emptyWorld(), { ...file(), grants, ...over })
    const known = readApprovals(this.stateFolder, planned.desired)
    const remembered = {
      ...(known === null ? {} : { approved: approvedValues(known) }),
      ...(known === null || known.reach === null ? {} : { reach: known.reach }),
    }
    const planOptions = { ...options, ...remembered }
    const plan = planSandbox(planned.desired, planned.live, planOptions)
    const declared = { host: { stateFolder: this.stateFolder, scope: '' } } as Planned['declared']
    return { ...planned, declared, plan, options: planOptions }
  }

  async asked(wanted: Wanted, over: Partial<DesiredSandbox> = {}): Promise<readonly string[]> {
    return (await this.plan(wanted, over)).plan.grants.filter(({ widens }) => widens).map(({ key }) => key)
  }

  async apply(wanted: Wanted, over: Partial<DesiredSandbox> = {}): Promise<void> {
    const planned = await this.plan(wanted, over)
    await rememberApproved(this.me.invocation, this.engine, planned)
    await rememberApplied(this.me.invocation, this.engine, planned)
  }

  kept(desired: DesiredSandbox = file()): Approvals | null {
    return readApprovals(this.stateFolder, desired)
  }
}

const wide = { 'mount:/data': 'rw:/h/data', socket: 'host' }

test('a yes holds although what followed it failed', async () => {
  const machine = new Machine()
  expect(await machine.asked(wide)).toEqual(['mount:/data', 'socket'])
  await rememberApproved(machine.me.invocation, machine.engine, await machine.plan(wide))
  expect(await machine.asked(wide)).toEqual([])
  const narrower = { 'mount:/data': 'ro:/h/data' }
  await rememberApproved(machine.me.invocation, machine.engine, await machine.plan(narrower))
  expect(await machine.asked(wide)).toEqual([])
})

test('what was hidden and could only be read is asked about after a clone in between', async () => {
  const machine = new Machine()
  const { containerSpec } = file()
  const inFolder = (readonly: boolean, hidden: readonly string[]): Partial<DesiredSandbox> => ({
    ...{ containerSpec: { ...containerSpec, workspace: { ...containerSpec.workspace, readonly } }, hidden },
  })
  const { workspace } = containerSpec
  const clone: Partial<DesiredSandbox> = {
    ...{ containerSpec: { ...containerSpec, workspace: { ...workspace, mode: 'clone' } }, hidden: ['.env'] },
  }
  await machine.apply({}, inFolder(true, ['.env']))
  expect(await machine.asked({}, clone)).toEqual([])
  expect(await machine.asked({}, { ...clone, hidden: [] })).toEqual(['show:.env'])
  await machine.apply({}, clone)
  await machine.apply({}, clone)
  expect(await machine.asked({}, inFolder(true, ['.env']))).toEqual(['host-files'])
  expect(await machine.asked({}, inFolder(false, []))).toEqual(['host-files', 'write', 'show:.env'])
})

test('less is not asked about, and more is once less was applied', async () => {
  const machine = new Machine()
  await machine.apply(wide)
  const narrower = { 'mount:/data': 'ro:/h/data' }
  expect(await machine.asked(narrower)).toEqual([])
  await machine.apply(narrower)
  expect(await machine.asked(wide)).toEqual(['mount:/data', 'socket'])
})

test('it is written for a sandbox without a grant too, so that nothing on the engine counts', async () => {
  const machine = new Machine()
  await machine.apply({})
  expect(machine.kept()).toMatchObject({ grants: {}, reach: { network: 'open', sudo: true } })
})

test('what is revoked while an apply is on its way stays so', async () => {
  const machine = new Machine()
  await machine.apply(wide)
  const planned = await machine.plan(wide)
  const { socket: _, ...left } = machine.kept()?.grants ?? {}
  await writeApprovals(machine.stateFolder, { ...(machine.kept() as Approvals), grants: left })
  await rememberApproved(machine.me.invocation, machine.engine, planned)
  await rememberApplied(machine.me.invocation, machine.engine, planned)
  expect(await machine.asked(wide)).toEqual(['socket'])
})

test('an approval keeps its time for as long as it is the same', async () => {
  const machine = new Machine()
  await machine.apply(wide)
  const before = machine.kept()?.grants
  await machine.apply(wide)
  expect(machine.kept()?.grants).toEqual(before)
})

test('a yes to what was closed is for once', async () => {
  const machine = new Machine()
  const closed = { containerSpec: { ...file().containerSpec, network: 'none' as const } }
  await machine.apply({}, closed)
  expect(await machine.asked({})).toEqual(['network'])
  await rememberApproved(machine.me.invocation, machine.engine, await machine.plan({}))
  expect(await machine.asked({})).toEqual([])
  await machine.apply({})
  expect(machine.kept()).toMatchObject({ grants: {}, reach: { network: 'open' } })
  await machine.apply({}, closed)
  expect(await machine.asked({})).toEqual(['network'])
})

test('what the policy allowed is asked about without it', async () => {
  const machine = new Machine()
  const at = { file: '/p', line: 1, column: 1 }
  const policy = { file: '/p', deny: [], allow: [{ pattern: 'socket', at }] }
  await machine.apply({ socket: 'host' }, { policy })
  expect(machine.kept()?.grants['socket']).toMatchObject({ value: 'host', by: 'policy' })
  expect(await machine.asked({ socket: 'host' }, { policy })).toEqual([])
  expect(await machine.asked({ socket: 'host' })).toEqual(['socket'])
})

test('a yes that cannot be kept is told, and stops nothing', async () => {
  const machine = new Machine()
  const blocked = await machine.plan(wide)
  mkdirSync(machine.stateFolder)
  // In place of the folder, so that root cannot write there either.
  writeFileSync(join(machine.stateFolder, 'approvals'), '')
  await rememberApproved(machine.me.invocation, machine.engine, blocked)
  await expect.poll(machine.me.heard).toContain('note: what was approved cannot be kept in')
})
