// How many inputs are tried, from which seed, and the counting of what came of them. `npm run test:fuzz` tries all and takes
// another seed each time; among the other tests it is a fortieth, always the same.

import { appendFileSync } from 'node:fs'
import type { Tried } from './trial.js'

const isWhole = process.env['SBX_FUZZ'] !== undefined

export const seed = Number(process.env['SBX_FUZZ_SEED'] ?? 20_000)

/** Of so many in the whole. */
export function share(whole: number): number {
  return isWhole ? whole : Math.ceil(whole / 40)
}

/** For a test of so many in the whole, in milliseconds. */
export function patience(whole: number): number {
  return 60_000 + share(whole) * 300
}

/** Counts by exit code; says them once all are tried. */
export class Count {
  readonly #what: string
  readonly #byExitCode = new Map<number, number>()
  #slowest = 0

  constructor(what: string) {
    this.#what = what
  }

  async of(call: () => Promise<Tried>): Promise<Tried> {
    const begun = performance.now()
    const tried = await call()
    this.#slowest = Math.max(this.#slowest, performance.now() - begun)
    this.#byExitCode.set(tried.exitCode, (this.#byExitCode.get(tried.exitCode) ?? 0) + 1)
    return tried
  }

  get total(): number {
    return [...this.#byExitCode.values()].reduce((sum, count) => sum + count, 0)
  }

  with(exitCode: number): number {
    return this.#byExitCode.get(exitCode) ?? 0
  }

  say(): void {
    const codes = [...this.#byExitCode].sort(([one], [other]) => one - other)
    const counts = codes.map(([exitCode, count]) => `${String(count)} exit ${String(exitCode)}`).join(', ')
    const line = `fuzz: ${String(this.total)} ${this.#what}, seed ${String(seed)}: ${counts}; slowest ${this.#slowest.toFixed(0)} ms`
    const file = process.env['SBX_FUZZ']
    if (file === undefined || file === '') process.stdout.write(`${line}\n`)
    else appendFileSync(file, `${line}\n`)
  }
}
