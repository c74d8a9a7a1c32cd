// Applies of two files at once: whatever the order of their calls, one sandbox is left, and each says what came of it.

import fc from 'fast-check'
import { expect } from 'vitest'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import type { DesiredSandbox } from '../../src/model/desired.js'
import type { ContainerSpec } from '../../src/model/spec.js'
import { applyTo, planFor } from '../support/applying.js'
import { withHosts } from '../support/arbitraries.js'
import { applyAtOnce, type Ended, type Known } from '../support/at-once.js'
import { emptyWorld, file } from '../support/examples.js'
import type { FakeWorld } from '../support/fake-world.js'
import { shortfalls } from '../support/goal.js'
import { holds } from '../support/properties.js'
import { isOwn } from '../support/strange-world.js'

type Pair = readonly [DesiredSandbox, DesiredSandbox]

/** Two files of one sandbox; a limited network has one way out, which two cannot change at the same time. */
const pairs: Readonly<Record<string, Pair>> = {
  'two containers': [file({ container: { mounts: {} } }), file({ container: { socket: 'host' } })],
  'two containers, two ways out': [
    limited({ mounts: {} }, 'a.example:443'),
    limited({ socket: 'host' }, 'b.example:443'),
  ],
  'two ways out': [limited({}, 'a.example:443'), limited({}, 'b.example:443')],
  'an open one and a limited one': [file({ container: { mounts: {} } }), limited({}, 'a.example:443')],
}

const worlds: Readonly<Record<string, (pair: Pair) => Promise<FakeWorld>>> = {
  'nothing is there': async () => emptyWorld(),
  'one of neither file runs': async () => applied(file()),
  'one of neither file has stopped': async () => stopped(await applied(file())),
  'one of the first file runs': async ([first]) => applied(first),
  'one of the first file has stopped': async ([first]) => stopped(await applied(first)),
  'an apply of the first file died': async ([first]) => died(first),
}

function limited(container: Partial<ContainerSpec>, host: string): DesiredSandbox {
  return withHosts(file({ container: { ...container, network: 'limited' } }), { [host]: true })
}

async function applied(desired: DesiredSandbox): Promise<FakeWorld> {
  const world = emptyWorld()
  const { error } = await applyTo(world, desired)
  expect(error).toBeNull()
  return world
}

function stopped(world: FakeWorld): FakeWorld {
  world.powerOff()
  return world
}

/** Before it came to stop the old one. */
async function died(desired: DesiredSandbox): Promise<FakeWorld> {
  const world = await applied(file())
  const at = (await planFor(world, desired)).steps.findIndex(({ do: kind }) => kind === 'create-container')
  await applyTo(world, desired, {}, { kind: 'crash', at, when: 'after' })
  return world
}

const callers = fc.array(fc.constantFrom<0 | 1>(0, 1), { minLength: 2, maxLength: 4 })
const schedules = fc.array(fc.nat(11), { maxLength: 80, size: 'max' })

for (const [name, make] of Object.entries(worlds)) {
  holds(
    `${name}: applies at once end in one sandbox`,
    [fc.constantFrom(...Object.keys(pairs)), callers, schedules],
    async (of, wanted, schedule) => {
      const pair = pairs[of] ?? fail()
      const world = await make(pair)
      const { ended, known, settled, trace } = await applyAtOnce(
        world,
        wanted.map((index) => pair[index]),
        schedule,
      )
      const own = [...world.containers.values()].filter(isOwn)
      const running = own.filter(({ state }) => state === 'running')
      const story = `${own.map((each) => `${each.name} ${each.state}`).join()}\n${trace.join('\n')}`
      expect(running.length, story).toBe(1)
      const last = running[0]?.id ?? ''
      // What stayed may since have made way for one that was there before.
      const line = [...lineOf(last, known), ...[...settled].flatMap((id) => known.get(id) ?? [])]
      expect(
        ended.flatMap((each) => lieOf(each, line, known, pair[1].egress !== undefined)),
        story,
      ).toEqual([])
      const { error } = await applyTo(world, pair[0])
      expect([error, shortfalls(world, pair[0])], story).toEqual([null, []])
    },
    // Orders of calls are without number.
    1,
  )
}

/** The one that is left, and those that it took over from. */
function lineOf(id: string, known: ReadonlyMap<string, Known>): readonly Known[] {
  const last = known.get(id)
  if (last === undefined || !last.isStarted) return []
  return [last, ...(last.replaces === null ? [] : lineOf(last.replaces, known))]
}

function lieOf(
  { applied: done, error }: Ended,
  line: readonly Known[],
  known: ReadonlyMap<string, Known>,
  hasWayOut: boolean,
): string[] {
  if (done !== null) {
    return line.some(({ id }) => id === done.containerId)
      ? []
      : [`${known.get(done.containerId ?? '')?.name ?? ''} did not last`]
  }
  if (!(error instanceof DiagnosticError)) return [String(error)]
  const [{ code, detail = '' } = { code: '' }, ...more] = error.diagnostics
  const told = [JSON.stringify(error.diagnostics)]
  // A way out that another has changed in between fails as it would by any other hand, and that is what is told.
  if (hasWayOut && /^(engine|apply)\//.test(code)) return []
  if (more.length > 0) return told
  if (/web is as it shall be/.test(detail)) return []
  // It was stopped by one that then did not come to its own start.
  if (code === 'engine/start-failed' && /web is as it was|runs again/.test(detail)) return []
  const isStopped = code === 'engine/start-failed' && /Another apply has brought web up meanwhile/.test(detail)
  if (code !== 'apply/overtaken' && !isStopped) return told
  // One that took it for what an apply has left behind, while nothing ran.
  if (/It removed the container that this one had made/.test(detail)) return []
  // Whoever is named was brought up; an apply that planned after that may have replaced it since.
  const isNamed = ({ name, isStarted }: Known): boolean =>
    isStarted &&
    [`The container ${name} stays`, `meanwhile: ${name} stays`, `${name} runs again`].some((each) =>
      detail.includes(each),
    )
  return [...known.values()].some(isNamed) ? [] : told
}

function fail(): never {
  throw new Error('there is none of that name')
}
