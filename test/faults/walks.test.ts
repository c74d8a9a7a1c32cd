// Random walks on the real engine: edits, hands, crashes, power cuts, folders that are moved, copied, deleted and made anew,
// objects that are deleted, and applies between them. After each apply that nothing disturbs there is nothing left to be done.

import { describe, test } from 'vitest'
import { dice } from './support/dice.js'
import { tell } from './support/results.js'
import { Stage } from './support/stage.js'
import { Walk } from './support/walk.js'

const seeds = [1, 2, 3]
const recreations = Number(process.env['SBX_FAULTS_RECREATIONS'] ?? 300)

// Each waits for the engine most of the time.
describe.concurrent('what befalls a sandbox in whatever order', () => {
  test.each(seeds)('walk %i', async (seed) => {
    const stage = await Stage.create()
    try {
      const walk = new Walk(stage, dice(seed))
      await walk.begin()
      while (walk.recreations < Math.ceil(recreations / seeds.length)) await walk.go()
      process.stdout.write(`walk ${seed}: ${JSON.stringify(walk.counts())}\n`)
      tell('walks', `walk ${seed}`, { seed, recreations: Math.ceil(recreations / seeds.length) })
    } finally {
      await stage.remove()
    }
  })
})
