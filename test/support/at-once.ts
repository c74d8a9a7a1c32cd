// Applies at once over one fake engine: every call that one of them makes is a turn, and a schedule says whose it is.

import type { DesiredSandbox } from '../../src/model/desired.js'
import type { Applied } from '../../src/model/step-event.js'
import { applyPlan } from '../../src/plan/apply.js'
import { planFor } from './applying.js'
import { FakeEngine } from './fake-engine.js'
import { decoded, type FakeWorld } from './fake-world.js'

export type Ended = { readonly file: DesiredSandbox; readonly applied: Applied | null; readonly error: unknown }

/** A container that there was at any time. */
export type Known = { readonly id: string; readonly name: string; readonly replaces: string | null; isStarted: boolean }

type Turn = { readonly isWait: boolean; readonly take: (isPatient: boolean) => void }

/** One turn after the other: of those who want one that whose number comes next, and the first where there is none. */
export async function applyAtOnce(
  world: FakeWorld,
  files: readonly DesiredSandbox[],
  schedule: readonly number[],
): Promise<{
  readonly ended: readonly Ended[]
  readonly known: ReadonlyMap<string, Known>
  /** Ids of those that ran when their apply had seen that they stay. */
  readonly settled: ReadonlySet<string>
  readonly trace: readonly string[]
}> {
  const turns = new Map<number, Turn>()
  const trace: string[] = []
  const known = new Map<string, Known>()
  const settled = new Set<string>()
  const onSettled = (id: string): void => {
    if (world.containers.get(id)?.state === 'running') settled.add(id)
  }
  const ended = new Map<number, Ended>()
  files.forEach((file, index) => {
    const turn = (isWait = false): Promise<boolean> =>
      new Promise<boolean>((resolve) => turns.set(index, { isWait, take: resolve }))
    void applied(world, file, turn, (said) => trace.push(`${index}: ${said}`), onSettled).then((end) =>
      ended.set(index, end),
    )
  })
  for (const next of endless(schedule)) {
    // All that goes on between two calls is of one tick.
    await new Promise((resolve) => setImmediate(resolve))
    note(world, known)
    if (ended.size === files.length) break
    const waiting = [...turns].sort(([one], [other]) => one - other)
    const busy = waiting.filter(([, { isWait }]) => !isWait)
    // Who waits may look again at any time, and gives up only when nobody does anything any more.
    const among = next === null && busy.length > 0 ? busy : waiting
    const [index, turn] = among[(next ?? 0) % among.length] ?? fail()
    turns.delete(index)
    turn.take(busy.length > 0)
  }
  return { ended: files.map((_, index) => ended.get(index) ?? fail()), known, settled, trace }
}

async function applied(
  world: FakeWorld,
  file: DesiredSandbox,
  turn: (isWait?: boolean) => Promise<boolean>,
  tell: (said: string) => void,
  settled: (id: string) => void,
): Promise<Ended> {
  const engine = new FakeEngine({
    world,
    beforeStep: async (step) => {
      await turn()
      tell(
        `${step.do} ${'target' in step && 'id' in step.target ? (world.containers.get(step.target.id)?.name.slice(-8) ?? 'gone') : ''}`,
      )
    },
    afterStep: (step) => {
      if (step.do === 'settle' && 'id' in step.target) settled(step.target.id)
    },
    onWait: () => turn(true),
  })
  const list = engine.list.bind(engine)
  engine.list = async () => {
    await turn()
    return list()
  }
  await turn()
  const plan = await planFor(world, file)
  tell(`plan ${plan.action} ${plan.steps.map((step) => step.do).join(' ')}`)
  try {
    const result = await applyPlan(plan, engine, { signal: new AbortController().signal, onStep: () => undefined })
    tell('ends well')
    return { file, applied: result, error: null }
  } catch (error) {
    tell(`ends: ${String(error)}`)
    return { file, applied: null, error }
  }
}

function note(world: FakeWorld, known: Map<string, Known>): void {
  for (const { id, name, request, state } of world.containers.values()) {
    const before = known.get(id)
    const replaces = request === null ? null : decoded(request).replaces
    known.set(id, { id, name, replaces, isStarted: before?.isStarted === true || state === 'running' })
  }
}

function* endless(schedule: readonly number[]): Generator<number | null> {
  yield* schedule
  for (;;) yield null
}

function fail(): never {
  throw new Error('nobody wants a turn')
}
