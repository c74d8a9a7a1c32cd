// Answers of an engine that is none, is broken, or tells of what others have put there: each is refused or shown, escaped.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonValue } from '../../src/model/json.js'
import { edited, jsonEdit } from './support/json.js'
import { machineWith } from './support/machine.js'
import { Count, patience, seed, share } from './support/runs.js'
import { SpoilingEngine, type Answer, type Spoil } from './support/spoiling-engine.js'
import { mutations } from './support/text.js'
import { tryCall } from './support/trial.js'

const whole = 5_000

const file = 'agent: shell\nenv: { A: b }\nports: ["3000:3000"]\nmounts: ["~/data:/data:ro"]\n'

const calls: readonly (readonly string[])[] = [
  ['plan'],
  ['plan', '--json'],
  ['plan', '--all'],
  ['ls'],
  ['ls', '--json'],
  ['ls', '--kept'],
  ['inspect'],
  ['login', '--status'],
  ['prune'],
]

type Way = (answer: Answer) => Answer | 'cut'

const way: fc.Arbitrary<Way> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .array(jsonEdit, { minLength: 1, maxLength: 3 })
      .map((edits): Way => (answer) => ({ ...answer, body: editedText(answer.body, edits) })),
  },
  {
    weight: 3,
    arbitrary: fc.gen().map((gen): Way => (answer) => ({
      ...answer,
      body: gen(() => mutations([answer.body === '' ? '{}' : answer.body])),
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(200, 201, 204, 304, 400, 401, 404, 409, 418, 500, 503), mutations(['{"message":"no"}']))
      .map(([status, body]): Way => (answer) => ({ ...answer, status, body })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '!', 'bnVsbA==', 'e30=', 'eyJtdGltZSI6e319').map((stat): Way => (answer) => ({
      ...answer,
      headers: { ...answer.headers, 'X-Docker-Container-Path-Stat': stat },
    })),
  },
  { weight: 1, arbitrary: fc.constant((): 'cut' => 'cut') },
)

function editedText(body: string, edits: Parameters<typeof edited>[1]): string {
  let document: JsonValue
  try {
    document = JSON.parse(body) as JsonValue
  } catch {
    return body
  }
  return JSON.stringify(edited(document, edits))
}

/** One of the answers of a call, or all of them. */
const spoil: fc.Arbitrary<Spoil> = fc.tuple(way, fc.option(fc.nat(4), { freq: 6 })).map(
  ([spoiled, which]): Spoil =>
    (answer, index) =>
      which === null || which === index ? spoiled(answer) : null,
)

test(
  'mutated answers of an engine: a diagnostic or success, soon, and nothing raw on the screen',
  async () => {
    const machine = await machineWith({ 'work/sandbox.yaml': file, 'data/in': 'd' })
    const engine = new SpoilingEngine(machine.socket)
    await engine.listen()
    try {
      const base = { env: machine.env, folder: machine.folder }
      const applied = await tryCall({ ...base, args: ['apply', '--yes', '--allow-widen'], isFirst: true })
      expect(applied.exitCode, applied.screen).toBe(0)
      for (const args of calls) await tryCall({ ...base, args, isFirst: true })
      const count = new Count('mutated answers of an engine')
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...calls), spoil, async (args, how) => {
          engine.asked = 0
          engine.spent = 0
          engine.spoil = how
          await count.of(() => tryCall({ ...base, args, besides: () => engine.spent }))
        }),
        { numRuns: share(whole), seed, endOnFailure: true },
      )
      count.say()
      expect(count.total).toBe(share(whole))
      for (const exitCode of [0, 1, 69]) expect(count.with(exitCode), `exit ${String(exitCode)}`).toBeGreaterThan(0)
    } finally {
      engine.close()
    }
  },
  patience(whole),
)
