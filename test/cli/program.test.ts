// What is wrong with a command line is read in the terminal it was typed into.

import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { runCommandLine } from '../../src/cli/program.js'

/** What was written to standard error, as lines. */
async function errorsOf(argv: readonly string[], terminal: { isTTY?: boolean; columns?: number }): Promise<string[]> {
  const errors = new PassThrough()
  const streams = { input: new PassThrough(), output: new PassThrough(), errors: Object.assign(errors, terminal) }
  expect(await runCommandLine(argv, { env: {}, workingFolder: '/', ...streams })).toBe(64)
  return (errors.read() as Buffer).toString().split('\n')
}

const wrong = ['apply', '--wrok\u001b[2J']

test('a usage error is broken at words on a narrow terminal, and says the same', async () => {
  const whole = await errorsOf(wrong, {})
  expect(whole[0]).toBe("error: unknown option '--wrok\\e[2J'")
  expect(Math.max(...whole.map(({ length }) => length))).toBeGreaterThan(80)
  for (const columns of [80, 44]) {
    const lines = await errorsOf(wrong, { isTTY: true, columns })
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns)
    expect(lines.join(' ').trimEnd()).toBe(whole.join(' ').trimEnd())
    expect(lines.at(-1)).toBe('')
  }
})
