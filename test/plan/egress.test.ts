// A limited network and its proxy: what is planned when a list changes, when a proxy is not as it was, and when the network
// turns out to be none.

import { describe, expect, test } from 'vitest'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import type { SandboxPlan, Step } from '../../src/model/plan.js'
import { applyPlan } from '../../src/plan/apply.js'
import { planPrune, planRemoval, planStop } from '../../src/plan/removal.js'
import { isTold, surveyed } from '../../src/plan/survey.js'
import { planSandbox } from '../../src/plan/plan.js'
import { applyTo, options, perform, planFor } from '../support/applying.js'
import { withHosts } from '../support/arbitraries.js'
import { emptyWorld, file, ownContainer, stepsText } from '../support/examples.js'
import { FakeEngine } from '../support/fake-engine.js'
import { isUp, type FakeProxy } from '../support/fake-proxies.js'
import type { FakeWorld } from '../support/fake-world.js'
import { shortfalls } from '../support/goal.js'

const one = { 'a.example:443': true } as const
const two = { ...one, 'b.example:443': true } as const

function limited(allow: Readonly<Record<string, true>> = one): DesiredSandbox {
  return withHosts(file({ container: { network: 'limited' } }), allow)
}

async function limitedWorld(): Promise<{ readonly world: FakeWorld; readonly proxy: FakeProxy }> {
  const world = emptyWorld()
  const { error } = await applyTo(world, limited())
  expect(error).toBeNull()
  return { world, proxy: onlyProxy(world) }
}

function onlyProxy(world: FakeWorld): FakeProxy {
  const [proxy, ...more] = [...world.proxies.values()]
  if (proxy === undefined || more.length > 0) throw new Error(`${String(more.length + 1)} proxies`)
  return proxy
}

async function live(world: FakeWorld) {
  return new FakeEngine({ world }).observe(limited().id, [])
}

/** What needs a new container. */
function recreated(): Pick<DesiredSandbox, 'containerSpec'> {
  return { containerSpec: { ...limited().containerSpec, socket: 'host' } }
}

function codeOf(error: unknown): string {
  return error instanceof DiagnosticError ? (error.diagnostics[0]?.code ?? '') : String(error)
}

test('a new one: the proxy is made before the agent, runs once that is the one that stays, and both are verified last', async () => {
  const plan = await planFor(emptyWorld(), limited())
  expect(plan.action).toBe('create')
  expect(stepsText(plan).filter((step) => !/image|volume|record/.test(step))).toEqual([
    ...['create-network', 'create-network', 'create-proxy', 'create-container', 'settle the new'],
    ...['start the new', 'await-ready the new', 'settle the new', 'start-proxy the new', 'verify-network the new'],
  ])
  expect(plan.changes).toContainEqual(expect.objectContaining({ path: '/network/allow/a.example:443', op: 'add' }))
})

test('another list replaces the proxy, and the container goes on', async () => {
  const { world } = await limitedWorld()
  const container = ownContainer(world).id
  const plan = await planFor(world, limited(two))
  expect(plan).toMatchObject({ action: 'update', reason: 'config_changed' })
  expect(plan.changes).toEqual([
    { path: '/network/allow/b.example:443', op: 'add', effect: 'live', origin: 'config', after: { value: 'allowed' } },
  ])
  expect(stepsText(plan)).toEqual([
    ...['create-network', 'create-network', 'create-record', 'create-proxy', 'settle the old', 'stop-proxy another'],
    ...['start-proxy the new', 'verify-network the old', 'remove-proxy another', 'remove-record'],
  ])
  expect((await perform(world, plan)).error).toBeNull()
  expect(ownContainer(world).id).toBe(container)
  expect(shortfalls(world, limited(two))).toEqual([])
  expect((await planFor(world, limited())).changes).toMatchObject([{ op: 'remove', effect: 'live' }])
})

describe('a proxy that is not as it was applied', () => {
  test.each<readonly [string, (proxy: FakeProxy, world: FakeWorld) => void, object]>([
    ['stopped', (proxy) => void (proxy.state = 'exited'), { op: 'change', before: { value: 'exited' } }],
    ['paused', (proxy) => void (proxy.state = 'paused'), { op: 'change', before: { value: 'paused' } }],
    ['removed', (proxy, world) => void world.proxies.delete(proxy.id), { op: 'add' }],
    [
      'off one of its networks',
      (proxy) => void (proxy.networkIds = proxy.networkIds.slice(1)),
      { op: 'change', before: { value: 'on other networks' } },
    ],
  ])('is drift when it is %s, and an apply mends it in place', async (_, happen, change) => {
    const { world, proxy } = await limitedWorld()
    const container = ownContainer(world).id
    happen(proxy, world)
    const plan = await planFor(world, limited())
    expect(plan).toMatchObject({ action: 'update', reason: 'drifted' })
    expect(plan.changes).toEqual([expect.objectContaining({ path: '/network/proxy', origin: 'drift', ...change })])
    const survey = await new FakeEngine({ world }).survey([])
    expect(isTold(survey, limited().id)).toBe(true)
    expect(planSandbox(limited(), surveyed(survey, limited().id), options).action).toBe('update')
    expect((await perform(world, plan)).error).toBeNull()
    expect(shortfalls(world, limited())).toEqual([])
    expect(ownContainer(world).id).toBe(container)
    expect(await planFor(world, limited())).toMatchObject({ action: 'reuse', changes: [], steps: [] })
  })
})

test('a proxy of an older sbx is a note, and only an upgrade replaces it', async () => {
  const { world, proxy } = await limitedWorld()
  const newer = { proxyConfig: 'newer' }
  expect(await planFor(world, limited(), newer)).toMatchObject({
    action: 'reuse',
    notes: [{ kind: 'newer-recipe', what: 'proxy' }],
  })
  const { plan } = await applyTo(world, limited(), { ...newer, upgrade: true })
  expect(plan).toMatchObject({ action: 'update', reason: 'image_moved' })
  expect(onlyProxy(world).id).not.toBe(proxy.id)
  expect(await planFor(world, limited(), newer)).toMatchObject({ action: 'reuse', notes: [] })
})

test('one that leaves its limits behind leaves proxy and network behind as well', async () => {
  const { world } = await limitedWorld()
  const { error } = await applyTo(world, file())
  expect(error).toBeNull()
  expect([world.proxies.size, world.limitedNetwork(limited().id)]).toEqual([0, undefined])
  expect(await planFor(world, file())).toMatchObject({ action: 'reuse' })
})

describe('a network that lets something through', () => {
  test('of a new sandbox leaves nothing that runs', async () => {
    const world = emptyWorld()
    world.createLimitedNetwork(limited().id)
    world.leaky.add(world.limitedNetwork(limited().id)?.id ?? '')
    const { error } = await applyTo(world, limited())
    expect(codeOf(error)).toBe('engine/network-reachable')
    expect([...world.containers.values(), ...world.proxies.values()]).toEqual([])
  })

  test('of one that is started again stops it again', async () => {
    const { world } = await limitedWorld()
    world.powerOff()
    world.leaky.add(world.limitedNetwork(limited().id)?.id ?? '')
    const { error } = await applyTo(world, limited())
    expect(codeOf(error)).toBe('engine/network-reachable')
    expect([...world.containers.values(), ...world.proxies.values()].filter(isUp)).toEqual([])
  })

  test('found out while a list is changed stops the sandbox, and puts the proxy back that was there', async () => {
    const { world, proxy } = await limitedWorld()
    world.leaky.add(world.limitedNetwork(limited().id)?.id ?? '')
    const { error } = await applyTo(world, limited(two))
    expect(codeOf(error)).toBe('engine/network-reachable')
    expect(onlyProxy(world)).toMatchObject({ id: proxy.id, state: 'running' })
    expect(ownContainer(world).state).toBe('exited')
    expect(String((error as DiagnosticError).diagnostics[0]?.detail)).toContain('does not run')
  })

  test('found out by the container that follows does not bring the old one back, unless its network was another', async () => {
    for (const network of ['limited', 'open'] as const) {
      const world = emptyWorld()
      await applyTo(world, network === 'limited' ? limited() : file())
      world.createLimitedNetwork(limited().id)
      world.leaky.add(world.limitedNetwork(limited().id)?.id ?? '')
      const { error } = await applyTo(world, { ...limited(), ...recreated() })
      expect(codeOf(error)).toBe('engine/network-reachable')
      expect(ownContainer(world).state).toBe(network === 'limited' ? 'exited' : 'running')
    }
  })
})

test('a network that lets something through keeps the old one from starting also where the engine tells no more', async () => {
  for (const question of ['list', 'observe'] as const) {
    const world = emptyWorld()
    await applyTo(world, limited())
    world.leaky.add(world.limitedNetwork(limited().id)?.id ?? '')
    const plan = await planFor(world, { ...limited(), ...recreated() })
    const engine = new FakeEngine({ world })
    const refused = async (): Promise<never> => {
      // Once: whoever asks again gets an answer.
      if (question === 'list') Reflect.deleteProperty(engine, question)
      throw new DiagnosticError([{ severity: 'error', code: 'engine/refused', summary: 'The engine refused' }])
    }
    const perform = engine.perform.bind(engine)
    engine.perform = async (step, ...rest) => {
      if (step.do === 'verify-network') engine[question] = refused
      return perform(step, ...rest)
    }
    const applying = applyPlan(plan, engine, { signal: new AbortController().signal, onStep: () => undefined })
    const error = await applying.catch((thrown: unknown) => thrown)
    expect(codeOf(error)).toBe('engine/network-reachable')
    expect([...world.containers.values()].filter(isUp)).toEqual([])
  }
})

describe('one that is taken up again after a failure', () => {
  /** Of a recreate that fails once the new one was started; `before` is called before each step, also of the way back. */
  async function failing(world: FakeWorld, desired: DesiredSandbox, before: (step: Step) => void = () => undefined) {
    const begun: string[] = []
    const beforeStep = (step: Step): void => {
      begun.push(step.do)
      before(step)
      if (step.do === 'await-ready') throw refusal
    }
    const engine = new FakeEngine({ world, beforeStep })
    const plan = await planFor(world, desired)
    const applying = applyPlan(plan, engine, { signal: new AbortController().signal, onStep: () => undefined })
    const error = await applying.catch((thrown: unknown) => thrown)
    return { error: error as DiagnosticError, back: begun.slice(begun.indexOf('await-ready') + 1) }
  }
  const refusal = new DiagnosticError([{ severity: 'error', code: 'engine/refused', summary: 'The engine refused' }])

  test('is tried out, while a record still says that it is to be', async () => {
    const { world } = await limitedWorld()
    const { error, back } = await failing(world, { ...limited(), ...recreated() })
    expect(back.indexOf('verify-network')).toBeGreaterThan(back.indexOf('start'))
    expect(back.indexOf('verify-network')).toBeLessThan(back.indexOf('remove-record'))
    expect(back.filter((step) => step === 'verify-network')).toHaveLength(1)
    expect(ownContainer(world).state).toBe('running')
    expect(error.diagnostics[0]?.detail).toContain('runs again')
  })

  test('is tried out also where the file would open it, and where it was open not at all', async () => {
    const { world } = await limitedWorld()
    expect((await failing(world, file())).back).toContain('verify-network')
    const open = emptyWorld()
    await applyTo(open, file())
    expect((await failing(open, { ...file(), ...recreated() })).back).not.toContain('verify-network')
  })

  test('does not stay up where it reaches something, and says so', async () => {
    const { world } = await limitedWorld()
    const { error, back } = await failing(world, { ...limited(), ...recreated() }, ({ do: kind }) => {
      if (kind === 'await-ready') world.leaky.add(world.limitedNetwork(limited().id)?.id ?? '')
    })
    expect(back).toContain('verify-network')
    expect([...world.containers.values()].filter(isUp)).toEqual([])
    expect(error.diagnostics).toMatchObject([{ code: 'engine/refused' }])
    expect(error.diagnostics[0]?.detail).toBe('web does not run: it could reach more than its file says.')
  })

  test('does not stay up where nobody could try it out, and the next apply does', async () => {
    const { world } = await limitedWorld()
    const { error } = await failing(world, { ...limited(), ...recreated() }, ({ do: kind }) => {
      if (kind === 'verify-network') throw refusal
    })
    expect([...world.containers.values()].filter(isUp)).toEqual([])
    expect(error.diagnostics.map(({ code }) => code)).toEqual(['engine/refused', 'apply/not-undone'])
    const next = await applyTo(world, limited())
    expect(next.error).toBeNull()
    expect(next.plan.steps.map((step) => step.do)).toContain('verify-network')
    expect(ownContainer(world).state).toBe('running')
  })

  test('is tried out where only its way out was another for a while', async () => {
    const { world, proxy } = await limitedWorld()
    let isFirst = true
    const probes: boolean[] = []
    const beforeStep = (step: Step): void => {
      if (step.do !== 'verify-network') return
      probes.push(onProxies(world).includes(proxy.id))
      if (isFirst) {
        isFirst = false
        throw refusal
      }
    }
    const plan = await planFor(world, limited(two))
    const applying = applyPlan(plan, new FakeEngine({ world, beforeStep }), {
      ...{ signal: new AbortController().signal, onStep: () => undefined },
    })
    await expect(applying).rejects.toThrow('engine/refused')
    expect(probes).toEqual([false, true])
    expect(ownContainer(world).state).toBe('running')
  })

  const onProxies = (world: FakeWorld): readonly string[] =>
    [...world.proxies.values()].filter(isUp).map(({ id }) => id)
})

test('one that was started stays up where another apply is changing its way out, and the next apply ends it', async () => {
  const { world } = await limitedWorld()
  world.powerOff()
  const beforeStep = ({ do: kind }: Step): void => {
    if (kind === 'start-proxy') world.proxies.clear()
  }
  const plan = await planFor(world, limited())
  const applying = applyPlan(plan, new FakeEngine({ world, beforeStep }), {
    ...{ signal: new AbortController().signal, onStep: () => undefined },
  })
  await expect(applying).rejects.toBeInstanceOf(DiagnosticError)
  expect(ownContainer(world).state).toBe('running')
  // Nobody has tried out what it reaches.
  const next = await applyTo(world, limited())
  expect([next.error, shortfalls(world, limited())]).toEqual([null, []])
  expect(next.plan.steps.map((step) => step.do)).toContain('verify-network')
})

test('an interruption ends the verification, and what it was of', async () => {
  const world = emptyWorld()
  const interrupt = new AbortController()
  const beforeStep = (step: Step): void => {
    if (step.do === 'verify-network') interrupt.abort()
  }
  const engine = new FakeEngine({ world, beforeStep })
  const plan = await planFor(world, limited())
  const applying = applyPlan(plan, engine, { signal: interrupt.signal, onStep: () => undefined })
  await expect(applying).rejects.toMatchObject({ kind: 'interrupted', diagnostics: [{ code: 'apply/interrupted' }] })
  expect([...world.containers.values(), ...world.proxies.values()]).toEqual([])
})

describe('what ends things', () => {
  test('a stop stops the proxy after the agent', async () => {
    const { world } = await limitedWorld()
    const plan = planStop(await live(world))
    expect(plan.steps.map((step) => step.do)).toEqual(['stop', 'stop-proxy'])
    await perform(world, plan)
    const again = await planFor(world, limited())
    expect(again).toMatchObject({ action: 'start', changes: [] })
    expect(stepsText(again)).toEqual([
      ...['create-record', 'start the old', 'await-ready the old', 'settle the old'],
      ...['start-proxy another', 'verify-network the old', 'remove-record'],
    ])
  })

  test('a removal takes the proxy and then the network', async () => {
    const { world } = await limitedWorld()
    const leftovers = await new FakeEngine({ world }).listLeftovers()
    const plan = planRemoval(await live(world), { volumes: false, leftovers })
    expect(kinds(plan)).toEqual([...['stop', 'remove-container', 'remove-proxy', 'remove-network', 'remove-record']])
    expect((await perform(world, plan)).error).toBeNull()
    expect([world.proxies.size, world.limitedNetwork(limited().id)]).toEqual([0, undefined])
  })

  test('a prune takes what has no agent any more, and of nobody else', async () => {
    const { world } = await limitedWorld()
    const facts = async (missing: readonly string[]) => {
      const engine = new FakeEngine({ world })
      const [containers, leftovers] = [await engine.list(), await engine.listLeftovers()]
      return planPrune({ containers, leftovers, missingWorkspaces: missing, throwAways: new Set(), volumes: false })
    }
    expect(await facts([])).toEqual([])
    world.containers.delete(ownContainer(world).id)
    const [plan, ...others] = await facts([])
    expect(plan === undefined ? [] : kinds(plan)).toEqual(['remove-proxy', 'remove-network', 'remove-record'])
    for (const each of [plan, ...others]) if (each !== undefined) await perform(world, each)
    expect([world.proxies.size, world.limitedNetwork(limited().id)]).toEqual([0, undefined])
  })
})

function kinds({ steps }: SandboxPlan): string[] {
  return steps.map((step) => step.do)
}
