// A plan to be approved, and somebody who is asked about it.

import { PassThrough } from 'node:stream'
import type { Invocation } from '../../src/cli/call/invocation.js'
import type { Planned } from '../../src/cli/planning/planning.js'
import { riskFacts } from '../../src/cli/planning/risk-facts.js'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { planSandbox } from '../../src/plan/plan.js'
import { risks } from '../../src/plan/risks.js'
import { imageReferences } from '../../src/plan/steps.js'
import { here, options } from './applying.js'
import { FakeEngine } from './fake-engine.js'
import type { FakeWorld } from './fake-world.js'

export async function planOf(world: FakeWorld, desired: DesiredSandbox, keep = false): Promise<Planned> {
  const engine = new FakeEngine({ world })
  const now = here(world, desired)
  const live = await engine.observe(now.id, imageReferences(now))
  const planOptions = { ...options, ...(keep ? { keep: 'files' as const } : {}) }
  const plan = planSandbox(now, live, planOptions)
  const facts = await riskFacts(plan, live, engine)
  const declared = {} as unknown as Planned['declared']
  return {
    declared,
    desired: now,
    live,
    plan,
    facts,
    risks: risks(plan, facts),
    options: planOptions,
    lookedAt: performance.now(),
  }
}

export type Person = {
  readonly invocation: Invocation
  readonly heard: () => string
  readonly interrupt: () => void
}

/** Gives each answer when its question is there; null is somebody who is not at a terminal. */
export function person(answers: readonly (readonly [question: RegExp, answer: string])[] | null): Person {
  const [input, errors] = [new PassThrough(), new PassThrough()]
  let heard = ''
  let unanswered = ''
  const left = [...(answers ?? [])]
  errors.on('data', (chunk: Buffer) => {
    heard += chunk.toString()
    unanswered += chunk.toString()
    const [next] = left
    if (next === undefined || !next[0].test(unanswered)) return
    left.shift()
    unanswered = ''
    input.write(`${next[1]}\n`)
  })
  const isTTY = answers !== null
  const controller = new AbortController()
  const invocation: Invocation = {
    env: {},
    workingFolder: '/src/web',
    input: Object.assign(input, { isTTY }),
    output: new PassThrough(),
    errors: Object.assign(errors, { isTTY, columns: 400, rows: 12 }),
    options: { color: false },
    signal: controller.signal,
  }
  return { invocation, heard: () => heard, interrupt: () => controller.abort() }
}
