// Answers of an engine that is none, is broken, or tells of what others have put there: each is refused or shown, escaped.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonValue } from '../../src/model/json.js'
import { edited, jsonEdit } from './support/json.js'
import { machineWith } from './support/machine.js'
import { withProxy } from './support/proxy.js'
import { Count, patience, seed, share } from './support/runs.js'
import { SpoilingEngine, type Answer, type Spoil } from './support/spoiling-engine.js'
import { mutations } from './support/text.js'
import { tryCall } from './support/trial.js'
import { outArchive, whileItRuns } from './support/watched.js'

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

const logCalls: readonly (readonly string[])[] = [
  ['net', 'log'],
  ['net', 'log', '--json'],
  ['net', 'log', '-f'],
  ['net', 'log', '-f', '--json'],
]

const watchCalls: readonly (readonly string[])[] = [
  ['stats', '--no-stream'],
  ['stats', '--no-stream', '--json'],
  ['top'],
  ['top', '--json'],
  ['cp', ':/tmp/out', 'taken'],
  ['cp', '--json', ':/tmp/out', 'taken'],
  ['cp', 'sandbox.yaml', ':/tmp/out'],
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
  const text = JSON.stringify(edited(document, edits))
  // What is repeated twice and long is some hundred megabytes, and what takes its time is to carry them.
  return text.length > 2 ** 20 ? body : text
}

/** One of the answers of a call, or all of them. */
const spoil: fc.Arbitrary<Spoil> = fc.tuple(way, fc.option(fc.nat(4), { freq: 6 })).map(
  ([spoiled, which]): Spoil =>
    (answer, index) =>
      which === null || which === index ? spoiled(answer) : null,
)

type Tries = { readonly args: readonly string[]; readonly how: Spoil; readonly text?: string }

/** One engine with a sandbox on it; `before` each try makes of it what is wanted. */
async function tryAll(
  tries: fc.Arbitrary<Tries>,
  what: string,
  number: number,
  before: (engine: SpoilingEngine, text: string) => Promise<void>,
): Promise<Count> {
  const machine = await machineWith({ 'work/sandbox.yaml': file, 'data/in': 'd' })
  const engine = new SpoilingEngine(machine.socket)
  await engine.listen()
  try {
    const base = { env: machine.env, folder: machine.folder }
    const applied = await tryCall({ ...base, args: ['apply', '--yes', '--allow-widen'], isFirst: true })
    expect(applied.exitCode, applied.screen).toBe(0)
    for (const args of [...calls, ...logCalls, ...watchCalls]) await tryCall({ ...base, args, isFirst: true })
    const count = new Count(what)
    await fc.assert(
      fc.asyncProperty(tries, async ({ args, how, text = '' }) => {
        await before(engine, text)
        engine.asked = 0
        engine.spent = 0
        engine.spoil = how
        await count.of(() => tryCall({ ...base, args, besides: () => engine.spent }))
      }),
      { numRuns: number, seed, endOnFailure: true },
    )
    count.say()
    expect(count.total).toBe(number)
    return count
  } finally {
    engine.close()
  }
}

test(
  'mutated answers of an engine: a diagnostic or success, soon, and nothing raw on the screen',
  async () => {
    const tries = fc.record({ args: fc.constantFrom(...calls), how: spoil })
    const count = await tryAll(tries, 'mutated answers of an engine', share(3_600), async () => undefined)
    for (const exitCode of [0, 1, 69]) expect(count.with(exitCode), `exit ${String(exitCode)}`).toBeGreaterThan(0)
  },
  patience(3_600),
)

test(
  'mutated answers while a sandbox is made: the same',
  async () => {
    const oneOfThem = fc.tuple(way, fc.nat(14)).map(
      ([spoiled, which]): Spoil =>
        (answer, index) =>
          index === which ? spoiled(answer) : null,
    )
    const tries = fc.record({ args: fc.constant(['apply', '--yes', '--allow-widen']), how: oneOfThem })
    const count = await tryAll(tries, 'mutated answers to an apply', share(400), (engine) => engine.forget())
    for (const exitCode of [0, 1]) expect(count.with(exitCode), `exit ${String(exitCode)}`).toBeGreaterThan(0)
  },
  patience(400),
)

const lines = [
  '1795331575.910 TCP_TUNNEL 200 CONNECT api.example.com 443 192.0.2.7 5120\n',
  '1795331575.910 TCP_DENIED 403 CONNECT ads.test 443 - 3420\n1795331576.001 NONE_NONE 503 GET gone.example 80 - 0\n',
  '2026/11/22 07:12:55| WARNING: none of it\n1795331577.910 TCP_DENIED 403 GET x - - 12\n',
  `1795331575.910 TCP_DENIED 403 CONNECT ${'a'.repeat(20_000)}.test 443 - 3420\n`,
]

test(
  'what a proxy wrote, mutated: the same',
  async () => {
    const tries = fc.record({
      args: fc.constantFrom(...logCalls),
      how: fc.oneof({ weight: 5, arbitrary: fc.constant<Spoil>(() => null) }, { weight: 1, arbitrary: spoil }),
      text: fc.array(mutations(lines), { maxLength: 8 }).map((written) => written.join('')),
    })
    const count = await tryAll(tries, 'mutated logs of a proxy', share(1_000), async (engine, text) => {
      engine.beside = withProxy(text)
    })
    expect(count.with(0)).toBeGreaterThan(share(500))
  },
  patience(1_000),
)

test(
  'what a sandbox uses, runs and hands over, mutated: the same',
  async () => {
    const handedOver = await outArchive()
    const tries = fc.record({
      args: fc.constantFrom(...watchCalls),
      how: fc.oneof({ weight: 1, arbitrary: fc.constant<Spoil>(() => null) }, { weight: 3, arbitrary: spoil }),
      text: fc.oneof(
        { weight: 1, arbitrary: fc.constant(handedOver) },
        { weight: 2, arbitrary: mutations([handedOver]) },
      ),
    })
    const count = await tryAll(tries, 'mutated looks at a sandbox', share(1_000), async (engine, text) => {
      engine.beside = whileItRuns(text)
    })
    for (const exitCode of [0, 1]) expect(count.with(exitCode), `exit ${String(exitCode)}`).toBeGreaterThan(0)
  },
  patience(1_000),
)
