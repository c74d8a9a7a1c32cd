// What a pull request, or the agent itself, can write into sandbox.yaml reaches further only once a person says yes.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { rememberApplied } from '../../../src/cli/approving/approvals.js'
import { approve } from '../../../src/cli/approving/approve.js'
import { readDeclared } from '../../../src/cli/declared/declared.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { planDeclared, type Planned } from '../../../src/cli/planning/planning.js'
import { type Approvals, listApprovals, writeApprovals } from '../../../src/resolve/approvals.js'
import { perform } from '../../support/applying.js'
import { person } from '../../support/approving.js'
import { emptyWorld } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import type { FakeWorld } from '../../support/fake-world.js'

const before = 'agent: shell\nname: web\nnetwork: none\n'

class Machine {
  readonly world: FakeWorld = emptyWorld()
  readonly invocation: Invocation
  readonly stateFolder: string
  readonly #folder: string

  constructor(policy?: string) {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-pull-request-')))
    onTestFinished(() => rmSync(root, { recursive: true }))
    this.#folder = join(root, 'project')
    mkdirSync(join(this.#folder, 'tpl'), { recursive: true })
    writeFileSync(join(this.#folder, 'tpl/Dockerfile'), 'FROM debian\n')
    mkdirSync(join(root, 'data'))
    mkdirSync(join(root, 'config/sbx'), { recursive: true })
    if (policy !== undefined) writeFileSync(join(root, 'config/sbx/policy.yaml'), policy, { mode: 0o600 })
    const env = {
      XDG_CONFIG_HOME: join(root, 'config'),
      XDG_STATE_HOME: join(root, 'state'),
      XDG_CACHE_HOME: join(root, 'cache'),
      AWS_SECRET_ACCESS_KEY: 'a secret',
    }
    this.stateFolder = join(root, 'state/sbx')
    this.invocation = { ...person(null).invocation, env, workingFolder: this.#folder }
  }

  async plan(text: string): Promise<Planned> {
    writeFileSync(join(this.#folder, 'sandbox.yaml'), text)
    const declared = await readDeclared(this.invocation)
    return planDeclared(declared, new FakeEngine({ world: this.world }), { tell: () => undefined })
  }

  async apply(text: string): Promise<void> {
    const planned = await this.plan(text)
    expect((await perform(this.world, planned.plan)).error).toBe(null)
    await rememberApplied(this.invocation, new FakeEngine({ world: this.world }), planned)
  }

  /** What `run` says to somebody who is not there. */
  async refusal(planned: Planned): Promise<string | undefined> {
    const request = { command: 'sbx run', mustAsk: false, allow: [], engine: new FakeEngine({ world: this.world }) }
    return approve(this.invocation, planned, { ...request, replan: () => Promise.resolve(planned) }).then(
      () => undefined,
      (error: { readonly kind: string; readonly diagnostics: readonly { readonly command?: string }[] }) => {
        expect(error.kind).toBe('approval')
        return error.diagnostics[0]?.command
      },
    )
  }
}

const widenings: readonly (readonly [what: string, text: string, keys: readonly string[], line: number])[] = [
  ['a mount', `${before}mounts: ["../data:/data:ro"]\n`, ['mount:/data'], 4],
  ['the socket', `${before}socket: host\n`, ['socket'], 4],
  ['the open network', 'agent: shell\nname: web\nnetwork: open\n', ['network'], 3],
  ['a host variable', `${before}env: { X: "\${env:AWS_SECRET_ACCESS_KEY}" }\n`, ['env:AWS_SECRET_ACCESS_KEY'], 4],
  ['another template', `${before}template: ./tpl\n`, ['template'], 4],
  ['the open network under another name', 'agent: shell\nname: other\nnetwork: open\n', ['network'], 3],
]

test.each(widenings)('%s needs a yes, with the line that asks for it', async (_, text, keys, line) => {
  const machine = new Machine()
  await machine.apply(before)
  const planned = await machine.plan(text)
  const widening = planned.plan.grants.filter(({ widens }) => widens)
  expect(widening.map(({ key, origin }) => [key, origin?.kind === 'file' && origin.at.line])).toEqual(
    keys.map((key) => [key, line]),
  )
  expect(await machine.refusal(planned)).toMatch(new RegExp(`^sbx run .*--allow ${keys[0] ?? ''}`))
})

test('a removal in between is no yes, nor is what is left of the record', async () => {
  const machine = new Machine()
  await machine.apply(before)
  machine.world.containers.clear()
  const open = await machine.plan('agent: shell\nname: web\nnetwork: open\n')
  expect(open.risks.widening.map(({ key }) => key)).toEqual(['network'])
})

test('an older sandbox of the folder is no way back to what was given up since', async () => {
  const machine = new Machine()
  const wide = 'agent: shell\nname: wide\nmounts: ["../data:/data"]\n'
  await machine.apply(wide)
  expect((await machine.plan(wide)).risks.widening).toEqual([])
  await machine.apply(before)
  const back = await machine.plan(wide)
  expect(back.plan.action).toBe('reuse')
  expect(back.risks.widening.map(({ key }) => key)).toEqual(['mount:/data', 'network'])
  await machine.apply(wide)
  expect((await machine.plan(wide)).risks.widening).toEqual([])
})

test('what is revoked is asked about although nothing changes', async () => {
  const machine = new Machine()
  const text = `${before}socket: host\n`
  await machine.apply(text)
  expect((await machine.plan(text)).risks.widening).toEqual([])
  const [approvals] = listApprovals(machine.stateFolder)
  await writeApprovals(machine.stateFolder, { ...(approvals as Approvals), grants: {} })
  const planned = await machine.plan(text)
  expect(planned.plan).toMatchObject({ action: 'reuse', steps: [] })
  expect(await machine.refusal(planned)).toBe('sbx run --allow socket')
})

test('a policy denies and allows whatever the file is', async () => {
  const denying = new Machine('deny: [socket, "env:AWS_*"]\n')
  await expect(denying.plan(`${before}socket: host\n`)).rejects.toMatchObject({
    diagnostics: [{ code: 'policy/denied', at: { line: 4 } }],
  })
  await expect(denying.plan(`${before}secrets: { HARMLESS: { env: AWS_SECRET_ACCESS_KEY } }\n`)).rejects.toThrow(
    'policy/denied',
  )
  const allowing = new Machine('allow: [socket]\n')
  const { plan, risks } = await allowing.plan(`${before}socket: host\n`)
  expect(plan.grants).toMatchObject([{ key: 'socket', widens: false, by: 'policy' }])
  expect(risks.widening).toEqual([])
  await expect(new Machine('alow: [socket]\n').plan(before)).rejects.toMatchObject({
    diagnostics: [{ code: 'policy/unknown-key', detail: expect.stringContaining('Did you mean `allow`?') as string }],
  })
})
