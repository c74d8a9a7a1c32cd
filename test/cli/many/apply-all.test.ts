// Many sandboxes in one call: how many are at work at a time, and the exit code where one could not be done.

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { declareAll, planAllDeclared } from '../../../src/cli/many/all.js'
import { applyAllOn } from '../../../src/cli/many/apply-all.js'
import { callIn } from '../support/call-in.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { exitCodes, fail } from '../../../src/model/diagnostic.js'
import type { Step } from '../../../src/model/plan.js'
import { readHost } from '../../../src/resolve/host.js'
import { FakeEngine, type FakeEngineOptions } from '../../support/fake-engine.js'
import { FakeWorld } from '../../support/fake-world.js'

let root: string
let world: FakeWorld

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'sbx-apply-all-')))
  world = new FakeWorld()
  world.images.set('acme/agent:1', 'sha256:one')
})
afterEach(async () => {
  await rm(root, { recursive: true })
})

async function write(count: number, text = ''): Promise<void> {
  for (let at = 1; at <= count; at += 1) {
    await mkdir(join(root, `web-${String(at)}`), { recursive: true })
    const file = `agent: claude\ntemplate: acme/agent:1\n${text}`
    await writeFile(join(root, `web-${String(at)}/sandbox.yaml`), file)
  }
}

function call(): Invocation {
  return callIn(root, { quiet: true })
}

async function declared(invocation: Invocation): ReturnType<typeof declareAll> {
  return declareAll(invocation, await readHost(invocation.env), [], {})
}

async function apply(
  hooks: FakeEngineOptions = {},
  given: { readonly yes?: boolean } = { yes: true },
): Promise<number> {
  const invocation = call()
  const options = { allow: [], allowWiden: true, discard: true, ...given }
  return applyAllOn(invocation, new FakeEngine({ world, ...hooks }), await declared(invocation), [], options)
}

/**
 * Lets nobody through before as many wait as can come at a time, so that fewer would wait for ever; and not at once then, so
 * that one more would be seen.
 */
class Gate {
  most = 0
  #inside = 0
  #passed = 0
  #waiting: (() => void)[] = []

  constructor(
    readonly size: number,
    readonly total: number,
  ) {}

  async enter(): Promise<void> {
    this.#inside += 1
    this.#passed += 1
    this.most = Math.max(this.most, this.#inside)
    const passage = new Promise<void>((resolve) => this.#waiting.push(resolve))
    if (this.#waiting.length === this.size || this.#passed === this.total) {
      for (let turns = 0; turns < 100; turns += 1) await nextTurn()
      const open = this.#waiting
      this.#waiting = []
      for (const each of open) each()
    }
    await passage
  }

  leave(): void {
    this.#inside -= 1
  }
}

test('apply --all makes three at a time', async () => {
  await write(8)
  const gate = new Gate(3, 8)
  const code = await apply({
    beforeStep: (step) => (step.do === 'create-volume' && step.holds === 'home' ? gate.enter() : undefined),
    afterStep: (step) => (step.do === 'await-ready' ? gate.leave() : undefined),
  })
  expect(code).toBe(0)
  expect(gate.most).toBe(3)
  expect([...world.containers.values()].map(({ state }) => state)).toEqual(Array<string>(8).fill('running'))
})

test('plan --all plans eight at a time', async () => {
  await write(10)
  const gate = new Gate(8, 10)
  const engine = new (class extends FakeEngine {
    override async checkNames(): Promise<void> {
      await gate.enter()
      gate.leave()
    }
  })({ world })
  const invocation = call()
  const { planned, failed } = await planAllDeclared(invocation, engine, await declared(invocation), {})
  expect(planned.map((each) => each.planned.plan.action)).toEqual(Array<string>(10).fill('create'))
  expect(failed).toEqual([])
  expect(gate.most).toBe(8)
})

test('apply --all exits with 3 before anything is done, where nobody says yes', async () => {
  await write(2)
  await expect(apply({}, {})).rejects.toMatchObject({ kind: 'approval' })
  expect(world.containers.size).toBe(0)
})

/** While the new one of the first is made, somebody begins to work in the old one. */
function workBegins(step: Step): void {
  if (step.do !== 'create-container' || !step.request.name.includes('web-1-')) return
  for (const container of world.containers.values()) if (container.name.includes('web-1-')) container.sessions += 1
}

function areOnNetworks(): readonly boolean[] {
  return [...world.containers.values()].map(({ networkIds }) => networkIds.length > 0)
}

test('apply --all exits with 3 where nothing failed but a yes that holds no more, and with 1 where something did', async () => {
  await write(2)
  expect(await apply()).toBe(0)
  await write(2, 'network: none\n')
  expect(await apply({ beforeStep: workBegins })).toBe(exitCodes.approval)
  // The other one was done all the same.
  expect(areOnNetworks()).toEqual([true, false])
  for (const container of world.containers.values()) container.sessions = 0
  await write(2, 'network: none\nworkspace: { readonly: true }\n')
  const code = await apply({
    beforeStep: (step) => {
      workBegins(step)
      const isOther = step.do === 'create-container' && step.request.name.includes('web-2-')
      if (isOther) fail('engine/failed', 'The engine failed', { detail: 'It did.' })
    },
  })
  expect(code).toBe(exitCodes.failed)
})
