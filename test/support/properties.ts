// Properties over lives of a sandbox.

import fc from 'fast-check'
import { test } from 'vitest'
import type { FakeWorld } from './fake-world.js'
import { live, type Life } from './history.js'
import { strangeWorld } from './strange-world.js'

/** Few in every run of the tests; `SBX_PROPERTY_RUNS=10000` to be sure. */
const numRuns = Number(process.env['SBX_PROPERTY_RUNS'] ?? 30)

/** In milliseconds, for as many runs as are asked for. */
const timeout = Math.max(60_000, numRuns * 600)

export function holds<Values extends [unknown, ...unknown[]]>(
  name: string,
  arbitraries: { [Key in keyof Values]: fc.Arbitrary<Values[Key]> },
  predicate: (...values: Values) => Promise<void>,
  /** Of the few in every run, where their number is what makes them rare: more than that start anywhere. */
  seed?: number,
): void {
  test(name, { timeout }, async () => {
    const start = seed === undefined || process.env['SBX_PROPERTY_RUNS'] !== undefined ? {} : { seed }
    await fc.assert(fc.asyncProperty(...arbitraries, predicate), { numRuns, ...start })
  })
}

export async function worldAfter({ history }: Pick<Life, 'history'>): Promise<FakeWorld> {
  const world = await strangeWorld()
  await live(history, world)
  return world
}
