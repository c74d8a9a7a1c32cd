// Command lines: every command with every option that its table has, with values that nobody would type.

import type { Command } from 'commander'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandTable } from '../../src/cli/command-table.js'
import { machineWith } from './support/machine.js'
import { Count, patience, seed, share } from './support/runs.js'
import { mutations } from './support/text.js'
import { tryCall } from './support/trial.js'

const whole = 5_000

const file = 'agent: shell\nnetwork: none\nprofiles: { review: { workspace: { readonly: true } } }\n'

/** No argument of a process can have it. */
const withoutNul = (text: string): string => text.replaceAll('\u0000', '')

/** What options and arguments are said with, each of some option or other. */
const sensible = [
  ...[':/tmp', ':', 'web:/tmp/', ':~/x', './data', 'data/in', 'data/'],
  ...['A=b', 'A', 'HOME', './data:/data', '~/data:/data:ro', './agent', 'base', 'ghcr.io/acme/agent:1', 'shell', 'web'],
  ...[
    'review',
    'sandbox.yaml',
    'plan.json',
    'missing',
    'mount:/data',
    'host:api.example.com:443',
    'HEAD',
    'HEAD~1',
    '.',
  ],
  ...[
    'unix:///run/no.sock',
    'tcp://127.0.0.1:1',
    'https://127.0.0.1:1',
    'none',
    'host',
    'git+https://example.com/a.git#v1',
  ],
]

const value: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(...sensible),
    mutations(sensible).map(withoutNul),
    fc.string({ unit: 'grapheme', maxLength: 40 }).map(withoutNul),
    fc.constantFrom(
      '',
      '-',
      '--',
      '-x',
      '--json=1',
      '=',
      'x'.repeat(20_000),
      '\ud800',
      '\u001b[31m',
      '%s%n',
      "'; true #",
    ),
    // From the working folder and no higher: what lies there is not the test's.
  )
  .map((text) => (text.startsWith('/') || text.includes('../') ? `x${text.replaceAll('../', '..')}` : text))

type Verb = { readonly words: readonly string[]; readonly options: readonly string[] }

function verbsOf(command: Command, words: readonly string[] = []): Verb[] {
  const below = command.commands.flatMap((each) => verbsOf(each, [...words, each.name()]))
  const options = command.options.flatMap(({ long, short }) => [long, short].filter((name) => typeof name === 'string'))
  return words.length === 0 ? below : [{ words, options }, ...below]
}

/** A group of commands alone has none. */
const verbs = verbsOf(commandTable([], () => undefined)).filter(({ options }) => options.length > 0)

function lineOf({ words, options }: Verb): fc.Arbitrary<readonly string[]> {
  const name = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...options) },
    { weight: 1, arbitrary: mutations(options).map(withoutNul) },
  )
  const part = fc.oneof(
    fc.tuple(name),
    fc.tuple(name, value),
    fc.tuple(name, value).map(([option, said]) => [`${option}=${said}`]),
    fc.tuple(value),
  )
  return fc
    .tuple(fc.array(part, { maxLength: 5 }), fc.option(fc.array(value, { maxLength: 3 })))
    .map(([parts, handedOn]) => [...words, ...parts.flat(), ...(handedOn === null ? [] : ['--', ...handedOn])])
}

const lines = fc.constantFrom(...verbs).chain(lineOf)

test(
  'flag sets: a diagnostic or success, soon, and nothing raw on the screen',
  async () => {
    expect(verbs.length).toBeGreaterThan(15)
    const machine = await machineWith({ 'work/sandbox.yaml': file, 'work/data/in': 'd' })
    const base = { env: machine.env, folder: machine.folder }
    for (const { words } of verbs) await tryCall({ ...base, args: words, isFirst: true })
    const count = new Count('flag sets')
    await fc.assert(
      fc.asyncProperty(lines, async (args) => {
        await machine.write('work/sandbox.yaml', file)
        await count.of(() => tryCall({ ...base, args }))
      }),
      { numRuns: share(whole), seed, endOnFailure: true },
    )
    count.say()
    expect(count.total).toBe(share(whole))
    for (const exitCode of [0, 1, 64, 69]) expect(count.with(exitCode), `exit ${String(exitCode)}`).toBeGreaterThan(0)
  },
  patience(whole),
)
