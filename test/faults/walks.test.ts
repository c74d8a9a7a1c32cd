// Random walks on the real engine: edits, hands, crashes, power cuts, folders that are moved, copied, deleted and made anew,
// objects that are deleted, and applies between them. After each apply that nothing disturbs there is nothing left to be done.

import { afterAll, describe, test } from 'vitest'
import { tell } from './support/results.js'
import { Stage } from './support/stage.js'
import { Walk } from './support/walk.js'

/** The dice of a seed fall the same each time. */
const seeds = (process.env['SBX_FAULTS_SEEDS'] ?? '1,2,3').split(',').map(Number)
const recreations = Math.ceil(Number(process.env['SBX_FAULTS_RECREATIONS'] ?? 300) / seeds.length)

// Each waits for the engine most of the time.
describe.concurrent('what befalls a sandbox in whatever order', () => {
  const ended: Walk[] = []

  test.each(seeds)('walk %i', async (seed) => {
    const stage = await Stage.create()
    try {
      const walk = new Walk(stage, seed)
      await walk.begin()
      while (walk.recreations < recreations) await walk.go()
      ended.push(walk)
      process.stdout.write(`walk ${seed}: ${JSON.stringify(walk.counts())}\n`)
      tell('walks', `walk ${seed}`, { seed, recreations })
    } finally {
      await stage.remove()
    }
  })

  afterAll(() => {
    const count = (what: 'recreations' | 'emptyPlans'): number => ended.reduce((sum, walk) => sum + walk[what], 0)
    process.stdout.write(
      `walks: seeds ${seeds.join(', ')}: ${count('recreations')} recreations, ${count('emptyPlans')} second plans, all empty\n`,
    )
  })
})
