// Doing a plan: its steps in their order, and back again where one fails.

import { describe, expect, test } from 'vitest'
import { DiagnosticError, fail } from '../../src/model/diagnostic.js'
import type { SandboxPlan, Step } from '../../src/model/plan.js'
import type { StepEvent } from '../../src/model/step-event.js'
import { applyPlan } from '../../src/plan/apply.js'
import { planRemoval } from '../../src/plan/removal.js'
import { applyTo, perform, planFor } from '../support/applying.js'
import { appliedWorld as exampleWorld, emptyWorld, file } from '../support/examples.js'
import { FakeEngine, type FakeEngineOptions } from '../support/fake-engine.js'
import type { FakeContainer, FakeWorld } from '../support/fake-world.js'
import { shortfalls } from '../support/goal.js'
import { isOwn } from '../support/strange-world.js'

const edited = file({ container: { mounts: {} }, record: { env: {} } })

async function appliedWorld(): Promise<FakeWorld> {
  const world = emptyWorld()
  await applyTo(world, file())
  return world
}

function ownIds(world: FakeWorld): string[] {
  return [...world.containers.values()].filter(isOwn).map(({ id }) => id)
}

function running(world: FakeWorld): FakeContainer[] {
  return [...world.containers.values()].filter(({ state }) => state === 'running')
}

function recordNames(world: FakeWorld): string[] {
  return [...world.volumes.values()].flatMap(({ name, record }) => (record === null ? [] : [name]))
}

/** Aborts when a step is reached, and gives what was thrown. */
async function abortedAt(
  world: FakeWorld,
  plan: SandboxPlan,
  at: Step['do'],
  options: Partial<FakeEngineOptions> = {},
): Promise<unknown> {
  const controller = new AbortController()
  const engine = new FakeEngine({ world, ...options })
  const onStep = ({ kind, step }: StepEvent): void => {
    if (kind === 'begun' && step.do === at) controller.abort()
  }
  return applyPlan(plan, engine, { signal: controller.signal, onStep }).then(
    () => null,
    (error: unknown) => error,
  )
}

test('an apply tells each step as it begins and as it is done, and names the container in the end', async () => {
  const world = await appliedWorld()
  const { applied, events, plan } = await applyTo(world, edited)
  expect(applied).toEqual({ action: 'recreate', containerId: ownIds(world)[0] })
  expect(events.map(({ kind, index, count }) => [kind, index, count])).toEqual(
    plan.steps.flatMap((_, index) => [
      ['begun', index, plan.steps.length],
      ['done', index, plan.steps.length],
    ]),
  )
})

test('a step on a container that the plan makes goes by its id', async () => {
  const { engine, plan } = await applyTo(emptyWorld(), file())
  expect(plan.steps.find((step) => step.do === 'start')).toMatchObject({ target: { made: expect.any(String) } })
  expect(engine.performed.find((step) => step.do === 'start')).toMatchObject({
    target: { id: ownIds(engine.world)[0] },
  })
})

test('progress of a step is passed on', async () => {
  const world = emptyWorld()
  const plan = await planFor(world, file())
  const engine = new FakeEngine({ world })
  const performStep = engine.perform.bind(engine)
  engine.perform = async (step, onProgress) => {
    if (step.do === 'pull-image') onProgress?.('layer 1')
    return performStep(step, onProgress)
  }
  const lines: string[] = []
  const onStep = (event: StepEvent): void => void (event.kind === 'progress' && lines.push(event.line))
  await applyPlan(plan, engine, { signal: new AbortController().signal, onStep })
  expect(lines).toEqual(['layer 1'])
})

test('a new container that does not get ready is taken back, and the old one runs again', async () => {
  const world = await appliedWorld()
  const [ids, records] = [ownIds(world), recordNames(world)]
  const plan = await planFor(world, edited)
  for (const step of plan.steps) if (step.do === 'create-container') world.neverReady.add(step.request.name)
  const { error, events } = await perform(world, plan)
  expect(error).toBeInstanceOf(DiagnosticError)
  expect(error).toMatchObject({
    kind: 'failed',
    diagnostics: [
      { code: 'engine/not-ready', detail: expect.stringContaining('The previous container of web runs again.') },
    ],
  })
  expect([ownIds(world), recordNames(world)]).toEqual([ids, records])
  expect(world.containers.get(ids[0] ?? '')?.state).toBe('running')
  expect(events.flatMap(({ kind, step }) => (kind === 'undone' ? [step.do] : []))).toEqual([
    'stop',
    'start',
    'remove-container',
    'remove-record',
  ])
})

test('a failed create leaves nothing but images and volumes', async () => {
  const world = emptyWorld()
  const plan = await planFor(world, file())
  for (const step of plan.steps) if (step.do === 'create-container') world.neverReady.add(step.request.name)
  const { error } = await perform(world, plan)
  expect(error).toMatchObject({ diagnostics: [{ detail: expect.stringContaining('Nothing of it was left behind.') }] })
  expect([ownIds(world), recordNames(world)]).toEqual([[], []])
  expect([...world.volumes.keys()]).toEqual(['sbx-web-3f2a1c-home', 'docker-claude-sandbox-data'])
})

test('what another apply has made is not taken back', async () => {
  const world = await appliedWorld()
  const plan = await planFor(world, edited)
  // The other one has come as far as making both.
  await perform(world, plan, { kind: 'crash', at: 5, when: 'before' })
  const made = [ownIds(world), recordNames(world)]
  const { error } = await perform(world, plan, { kind: 'fail', at: 4, when: 'before' })
  expect(error).toBeInstanceOf(DiagnosticError)
  expect([ownIds(world), recordNames(world)]).toEqual(made)
})

test('what runs and stops already is neither stopped nor started to take a step back', async () => {
  const world = await appliedWorld()
  world.powerOff()
  const plan = await planFor(world, file())
  await perform(world, plan)
  const { error } = await perform(world, plan, { kind: 'fail', at: 1, when: 'before' })
  expect(error).not.toBeNull()
  expect(world.containers.get(ownIds(world)[0] ?? '')?.state).toBe('running')
})

test('a container that another apply overtook is removed, and the winner stays', async () => {
  const world = await appliedWorld()
  const [mine, other] = [await planFor(world, edited), await planFor(world, file({ container: { socket: 'host' } }))]
  await perform(world, other, { kind: 'crash', at: 6, when: 'after' })
  const before = ownIds(world)
  const { error } = await perform(world, mine)
  expect(error).toMatchObject({ diagnostics: [{ code: 'apply/overtaken' }] })
  expect(ownIds(world)).toEqual(before)
})

test('one who finds the old container gone before it stops that hears which apply was first', async () => {
  const world = await appliedWorld()
  const [mine, other] = [await planFor(world, edited), await planFor(world, file({ container: { socket: 'host' } }))]
  const beforeStop = async (): Promise<void> => {
    expect((await perform(world, other)).error).toBeNull()
    fail('engine/no-container', 'The container is gone')
  }
  const options = { signal: new AbortController().signal, onStep: () => undefined, beforeStop }
  const failure = applyPlan(mine, new FakeEngine({ world }), options)
  await expect(failure).rejects.toMatchObject({ diagnostics: [{ code: 'apply/overtaken' }] })
  expect(ownIds(world)).toHaveLength(1)
  expect(shortfalls(world, file({ container: { socket: 'host' } }))).toEqual([])
})

test('one who only waits for what runs, and finds that gone, hears which apply was first', async () => {
  const world = emptyWorld()
  const first = await planFor(world, file())
  const at = first.steps.findIndex((step) => step.do === 'await-ready')
  await perform(world, first, { kind: 'crash', at, when: 'before' })
  const mine = await planFor(world, file())
  expect(mine.steps.map((step) => step.do)).toEqual(['await-ready'])
  expect((await applyTo(world, edited)).error).toBeNull()
  const before = ownIds(world)
  const { error } = await perform(world, mine)
  expect(error).toMatchObject({ diagnostics: [{ code: 'apply/overtaken' }] })
  expect(ownIds(world)).toEqual(before)
})

test('what another apply has started again since is not stopped to take a start back', async () => {
  const world = await appliedWorld()
  world.powerOff()
  const plan = await planFor(world, file())
  const engine = new FakeEngine({ world })
  const onStep = ({ kind, step }: StepEvent): void => {
    // Somebody stops it while it is waited for, and the other apply starts it once that was noticed.
    if (kind === 'begun' && step.do === 'await-ready') world.powerOff()
    if (kind === 'failed') for (const container of world.containers.values()) container.state = 'running'
  }
  const failure = applyPlan(plan, engine, { signal: new AbortController().signal, onStep })
  await expect(failure).rejects.toMatchObject({ diagnostics: [{ code: 'engine/start-failed' }] })
  expect(world.containers.get(ownIds(world)[0] ?? '')?.state).toBe('running')
})

test.each([
  ['has started', 'await-ready'],
  ['has put in its place', 'remove-record'],
] as const)('the old container is not started beside one that another apply %s', async (_, at) => {
  const { world, container } = await exampleWorld()
  container.changedPaths = ['/opt/tool']
  const other = await planFor(world, file({ container: { socket: 'host' } }))
  // A snapshot is of a stopped container: this one stops it before it makes anything that the other would meet.
  const mine = await planFor(world, edited, { keep: 'files' })
  const controller = new AbortController()
  const afterStep = async (step: Step): Promise<void> => {
    if (step.do !== 'stop') return
    const index = other.steps.findIndex((each) => each.do === at)
    await perform(world, other, index < 0 ? null : { kind: 'crash', at: index, when: 'after' })
    controller.abort()
  }
  const engine = new FakeEngine({ world, afterStep })
  await expect(applyPlan(mine, engine, { signal: controller.signal, onStep: () => undefined })).rejects.toMatchObject({
    diagnostics: [{ code: 'apply/interrupted', detail: expect.stringContaining('Another apply has brought web up') }],
  })
  expect(running(world)).toHaveLength(1)
  expect(running(world)).not.toContain(container)
})

test('of several that other applies have started the one that stays is named, and none where none does', async () => {
  for (const isLasting of [true, false]) {
    const { world, container } = await exampleWorld()
    container.changedPaths = ['/opt/tool']
    const mine = await planFor(world, edited, { keep: 'files' })
    const others = [
      await planFor(world, file({ container: { socket: 'host' } })),
      await planFor(world, file({ container: { mounts: {} } })),
    ]
    const controller = new AbortController()
    const afterStep = async (step: Step): Promise<void> => {
      if (step.do === 'stop') {
        for (const other of others) {
          const at = other.steps.findIndex((each) => each.do === 'create-container')
          await perform(world, other, { kind: 'crash', at, when: 'after' })
        }
        const [met, stays] = [...world.containers.values()].filter((each) => isOwn(each) && each !== container)
        for (const [index, started] of [stays, met].entries()) {
          const startedAt = `2026-01-01T00:00:0${String(index)}Z`
          if (started !== undefined) Object.assign(started, { state: 'running', startedAt })
        }
        controller.abort()
      }
      if (step.do === 'remove-record' && !isLasting) world.powerOff()
    }
    const applying = applyPlan(mine, new FakeEngine({ world, afterStep }), {
      ...{ signal: controller.signal, onStep: () => undefined },
    })
    const error = await applying.catch((thrown: unknown) => thrown as DiagnosticError)
    const [, stays] = running(world)
    expect(error).toMatchObject({
      diagnostics: [
        {
          code: 'apply/interrupted',
          detail: isLasting
            ? `Another apply has brought web up meanwhile: ${stays?.name ?? ''} stays.`
            : 'Another apply is at work on web, and this one has left it to that.',
        },
      ],
    })
  }
})

test('one that is paused and whose stop did not come to pass stays paused, and nothing else is told', async () => {
  const world = await appliedWorld()
  const [id = ''] = ownIds(world)
  const container = world.containers.get(id)
  if (container !== undefined) container.state = 'paused'
  const plan = await planFor(world, edited)
  const at = plan.steps.findIndex((step) => step.do === 'stop')
  const { error } = await perform(world, plan, { kind: 'fail', at, when: 'before' })
  expect(error).toBeInstanceOf(DiagnosticError)
  expect((error as DiagnosticError).diagnostics.map(({ detail }) => detail)).toEqual([
    expect.stringContaining('web is as it was: paused.'),
  ])
  expect(container?.state).toBe('paused')
  expect(ownIds(world)).toEqual([id])
})

test('what cannot be taken back is told beside what failed', async () => {
  const world = await appliedWorld()
  const plan = await planFor(world, edited)
  for (const step of plan.steps) if (step.do === 'create-container') world.neverReady.add(step.request.name)
  let isLost = false
  const beforeStep = (step: Step): void => {
    if (isLost) throw new DiagnosticError([{ severity: 'error', code: 'engine/unreachable', summary: 'gone' }])
    isLost = step.do === 'await-ready'
  }
  const engine = new FakeEngine({ world, beforeStep })
  const options = { signal: new AbortController().signal, onStep: () => undefined }
  await expect(applyPlan(plan, engine, options)).rejects.toMatchObject({
    diagnostics: [
      { code: 'engine/not-ready' },
      {
        code: 'apply/not-undone',
        detail: expect.stringMatching(/^stop, start, remove-container, remove-record: .*gone/),
        command: 'sbx apply',
      },
    ],
  })
  world.neverReady.clear()
  await applyTo(world, edited)
  expect(shortfalls(world, edited)).toEqual([])
})

test('an engine that cannot be asked while a step is taken back is told beside what failed', async () => {
  const world = await appliedWorld()
  const [mine, other] = [await planFor(world, edited), await planFor(world, file({ container: { socket: 'host' } }))]
  await perform(world, other, { kind: 'crash', at: 6, when: 'after' })
  const engine = new FakeEngine({ world })
  engine.observe = async () => Promise.reject(new Error('no answer'))
  const options = { signal: new AbortController().signal, onStep: () => undefined }
  await expect(applyPlan(mine, engine, options)).rejects.toMatchObject({
    diagnostics: [{ code: 'apply/overtaken' }, { code: 'apply/not-undone' }],
  })
})

test('a failure past the change-over keeps the new one', async () => {
  const world = await appliedWorld()
  const plan = await planFor(world, edited)
  const at = plan.steps.findIndex((step) => step.do === 'remove-container')
  const { error, events } = await perform(world, plan, { kind: 'fail', at, when: 'before' })
  expect(error).toBeInstanceOf(DiagnosticError)
  expect(events.filter(({ kind }) => kind === 'undone')).toEqual([])
  expect(ownIds(world)).toHaveLength(2)
  await applyTo(world, edited)
  expect(shortfalls(world, edited)).toEqual([])
})

test('an error that is a bug is thrown as it is, after all was taken back', async () => {
  const world = await appliedWorld()
  const ids = ownIds(world)
  const bug = new TypeError('a bug')
  const beforeStep = (step: Step): void => {
    if (step.do === 'await-ready') throw bug
  }
  const engine = new FakeEngine({ world, beforeStep })
  const plan = await planFor(world, edited)
  const options = { signal: new AbortController().signal, onStep: () => undefined }
  await expect(applyPlan(plan, engine, options)).rejects.toBe(bug)
  expect(ownIds(world)).toEqual(ids)
})

test.each(['pull-image', 'create-container', 'start', 'await-ready'] as const)(
  'an interruption at %s leaves nothing half done',
  async (at) => {
    const world = await appliedWorld()
    const ids = ownIds(world)
    const other = file({ container: { template: { kind: 'image', reference: 'acme/agent:2' } } })
    const error = await abortedAt(world, await planFor(world, other), at)
    expect(error).toMatchObject({ kind: 'interrupted', diagnostics: [{ code: 'apply/interrupted' }] })
    expect(ownIds(world)).toEqual(ids)
    expect(world.containers.get(ids[0] ?? '')?.state).toBe('running')
  },
)

test('a pull that does not end is not waited for once it is interrupted', async () => {
  const world = emptyWorld()
  const error = await abortedAt(world, await planFor(world, file()), 'pull-image', {
    beforeStep: () => new Promise<never>(() => undefined),
  })
  expect(error).toMatchObject({ kind: 'interrupted' })
})

test('an apply that is aborted before it begins does nothing', async () => {
  const world = emptyWorld()
  const engine = new FakeEngine({ world })
  const options = { signal: AbortSignal.abort(), onStep: () => undefined }
  await expect(applyPlan(await planFor(world, file()), engine, options)).rejects.toMatchObject({ kind: 'interrupted' })
  expect(engine.performed).toEqual([])
})

test('an interruption past the change-over lets the removals end', async () => {
  const world = await appliedWorld()
  const error = await abortedAt(world, await planFor(world, edited), 'remove-container')
  expect(error).toBeNull()
  expect(shortfalls(world, edited)).toEqual([])
})

test.each(['create-record', 'create-container', 'stop', 'start', 'await-ready'] as const)(
  'what %s did although its answer got lost is taken back too',
  async (at) => {
    const world = await appliedWorld()
    const before = [ownIds(world), recordNames(world)]
    const plan = await planFor(world, edited)
    const index = plan.steps.findIndex((step) => step.do === at)
    const { error } = await perform(world, plan, { kind: 'fail', at: index, when: 'after' })
    expect(error).toMatchObject({ diagnostics: [{ code: 'engine/failed' }] })
    expect([ownIds(world), recordNames(world)]).toEqual(before)
    expect(world.containers.get(ownIds(world)[0] ?? '')?.state).toBe('running')
  },
)

test('a container that another made under the name is not taken back when the answer to its making got lost', async () => {
  const world = await appliedWorld()
  const plan = await planFor(world, edited)
  const at = plan.steps.findIndex((step) => step.do === 'create-container')
  await perform(world, plan, { kind: 'crash', at, when: 'after' })
  const made = ownIds(world)
  await perform(world, plan, { kind: 'fail', at, when: 'after' })
  expect(ownIds(world)).toEqual(made)
})

test('an engine that is gone when a container was made is told, and the next apply ends it', async () => {
  const world = await appliedWorld()
  const plan = await planFor(world, edited)
  const gone = new DiagnosticError([{ severity: 'error', code: 'engine/unreachable', summary: 'gone' }])
  let isGone = false
  const strike = (step: Step): void => {
    isGone ||= step.do === 'create-container'
    if (isGone) throw gone
  }
  const beforeStep = (step: Step): void => {
    if (isGone) strike(step)
  }
  const engine = new FakeEngine({ world, afterStep: strike, beforeStep })
  engine.madeBy = async () => Promise.reject(gone)
  const options = { signal: new AbortController().signal, onStep: () => undefined }
  await expect(applyPlan(plan, engine, options)).rejects.toMatchObject({
    diagnostics: [{ code: 'engine/unreachable' }, { code: 'apply/not-undone' }],
  })
  await applyTo(world, edited)
  expect(shortfalls(world, edited)).toEqual([])
})

describe('a removal', () => {
  async function removalOf(world: FakeWorld): Promise<SandboxPlan> {
    const engine = new FakeEngine({ world })
    return planRemoval(await engine.observe('web-3f2a1c', []), {
      volumes: false,
      leftovers: await engine.listLeftovers(),
    })
  }

  test('that the engine refuses leaves what ran running', async () => {
    const world = await appliedWorld()
    const [ids, plan] = [ownIds(world), await removalOf(world)]
    expect(plan.steps.map((step) => step.do)).toEqual(['stop', 'remove-container', 'remove-record'])
    const { error } = await perform(world, plan, { kind: 'fail', at: 1, when: 'before' })
    expect(error).toMatchObject({ diagnostics: [{ detail: expect.stringContaining('runs again') }] })
    expect(ownIds(world)).toEqual(ids)
    expect(world.containers.get(ids[0] ?? '')?.state).toBe('running')
  })

  test.each([
    ['whose answer got lost', { at: 1, when: 'after' }],
    ['that leaves the record', { at: 2, when: 'before' }],
  ] as const)('%s says how the rest goes', async (_, fault) => {
    const world = await appliedWorld()
    const { error } = await perform(world, await removalOf(world), { kind: 'fail', ...fault })
    expect(error).toMatchObject({ diagnostics: [{ detail: expect.stringContaining('sbx prune') }] })
    expect(ownIds(world)).toEqual([])
  })
})
