// What was tried, for the table of results: counts that are the same in each run. Written where `npm run test:faults` says.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Trial } from './trial.js'

const folder = process.env['SBX_FAULTS_RESULTS']

/** Counts by kind of fault, and how many calls they struck. */
export function report(group: string, name: string, trials: readonly Trial[]): void {
  const faults: Record<string, number> = {}
  for (const { fault } of trials) faults[fault] = (faults[fault] ?? 0) + 1
  tell(group, name, { calls: new Set(trials.map(({ at }) => at)).size, faults: trials.length, kinds: faults })
}

/** At once: the test runner says what failed when all has ended, an hour later. */
export function tellProblems(problems: readonly string[]): void {
  for (const problem of problems) process.stdout.write(`PROBLEM: ${problem}\n`)
}

export function tell(group: string, name: string, result: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${group}: ${name}: ${JSON.stringify(result)}\n`)
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${group}.${name.replaceAll(' ', '-')}.json`), JSON.stringify({ group, name, ...result }))
}
