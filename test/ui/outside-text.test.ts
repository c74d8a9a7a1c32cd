// Names, values, labels and paths come from files, images and other people's sandboxes. None may steer the terminal.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StepEvent } from '../../src/model/step-event.js'
import { diagnosticText } from '../../src/ui/diagnostic-text.js'
import { listText } from '../../src/ui/list-text.js'
import { planText } from '../../src/ui/plan-text.js'
import { openProgress } from '../../src/ui/progress.js'
import {
  changeQuestion,
  lossText,
  lostLines,
  refusal,
  sessionQuestion,
  waitingText,
  widenQuestion,
} from '../../src/ui/prompt-text.js'
import { pruneText } from '../../src/ui/prune-text.js'
import { context, liveContainer, situations } from './situations.js'
import { recordedStream } from './recorded-stream.js'

const control = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('\u001b[2J', '\u001b]0;title\u0007', '\n', '\r', '\t', '\u009b31m', '\u202e', '\u2066', '\u200f'),
      fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code)),
      fc.constantFrom('a', ' ', '日', '\ud800', '\u{e0041}', '\u2028'),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(''))

/** What the program itself says: the tags that its own switches go by, and the engine's clock. */
const own = new Set(
  'kind do action reason op effect origin from state sensitive credentials socket network autonomy holds access startedAt manager keeps'.split(
    ' ',
  ),
)

/** Every text from outside, keys of mappings among them, with something hostile put into its middle. */
function poisoned<Value>(value: Value, poison: string): Value {
  return poison_(value, poison, '') as Value
}

function poison_(value: unknown, poison: string, key: string): unknown {
  if (typeof value === 'string') return own.has(key) ? value : inserted(value, poison, key)
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => poison_(item, poison, ''))
  if (typeof value !== 'object' || value === null) return value
  const isMapping = ['env', 'mounts', 'volumes', 'ports', 'secrets', 'envFile'].includes(key)
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      isMapping ? inserted(name, poison, '') : name,
      poison_(member, poison, isMapping ? '' : name),
    ]),
  )
}

function inserted(text: string, poison: string, key: string): string {
  if (key === 'path' && text.startsWith('/')) return `${text}${poison}`
  const middle = Math.floor(text.length / 2)
  return text.slice(0, middle) + poison + text.slice(middle)
}

function expectSafe(lines: readonly string[]): void {
  expect(lines.filter((line) => control.test(line))).toEqual([])
}

describe('no control character of a text from outside reaches the output', () => {
  test.each(Object.entries(situations))('in a plan: %s', (_, planned) => {
    fc.assert(
      fc.property(hostile, (poison) => {
        const texts = { ...context, engine: `docker${poison}`, endpoint: `unix://${poison}`, configFile: `/${poison}` }
        expectSafe(planText(poisoned(planned, poison), texts))
      }),
      { numRuns: 30 },
    )
  })

  test('in colour, nothing but colours is added', () => {
    fc.assert(
      fc.property(hostile, (poison) => {
        const style = { ...context.style, hasColour: true }
        const lines = planText(poisoned(situations['recreate'] ?? [], poison), { ...context, style })
        expectSafe(lines.map((line) => line.replaceAll(/\u001b\[\d+m/g, '')))
      }),
      { numRuns: 30 },
    )
  })

  test('in a question, a refusal, a list and a removal', () => {
    const planned = situations['recreate'] ?? []
    fc.assert(
      fc.property(hostile, (poison) => {
        const bad = poisoned(planned, poison)
        const grants = bad.flatMap(({ plan }) => plan.grants)
        expectSafe([changeQuestion(bad), sessionQuestion(bad), ...widenQuestion(bad, grants, context)])
        const { losses, sessions } = bad[0]?.risks ?? {}
        expectSafe([waitingText(`web${poison}`, sessions ?? []), ...bad.flatMap((each) => lossText(each, context))])
        const { packages = [], volumes = [] } = losses ?? {}
        expectSafe(lostLines({ files: volumes, deleted: volumes, packages, volumes }))
        const needed = { yes: true, discard: true, sessions: true, widening: grants }
        expectSafe(diagnosticText([refusal('sbx apply', bad, needed)], context).slice(0, 1))
        expectSafe(listText([poisoned(liveContainer, poison)], new Map(), context))
        expectSafe(pruneText(poisoned(situations['remove'] ?? [], poison).map(({ plan }) => plan)))
      }),
      { numRuns: 50 },
    )
  })

  test('in a diagnostic', () => {
    fc.assert(
      fc.property(hostile, fc.nat(12), (poison, column) => {
        const at = { file: `/f${poison}`, line: 1, column, length: 3, sourceLine: `agent: ${poison}x` }
        const diagnostic = {
          severity: 'error',
          code: `a/${poison}`,
          summary: poison,
          detail: poison,
          command: poison,
        } as const
        expectSafe(diagnosticText([{ ...diagnostic, at }], context))
      }),
    )
  })

  test('in progress', async () => {
    const plan = situations['recreate']?.[0]?.plan
    if (plan === undefined) throw new Error('no such situation')
    await fc.assert(
      fc.asyncProperty(hostile, async (poison) => {
        const bad = poisoned(plan, poison)
        const stream = recordedStream()
        const progress = await openProgress(bad, { stream, style: context.style })
        for (const [index, step] of bad.steps.entries()) {
          const event = { index, step, count: bad.steps.length }
          const events: StepEvent[] = [
            { ...event, kind: 'begun' },
            { ...event, kind: 'progress', line: poison },
            { ...event, kind: index === 1 ? 'failed' : 'done' },
            { ...event, kind: 'undone' },
          ]
          for (const each of events) progress.onStep(each)
        }
        await progress.close()
        expectSafe(stream.text().split('\n'))
      }),
      { numRuns: 30 },
    )
  })
})
