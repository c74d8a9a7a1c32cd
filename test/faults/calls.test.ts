// Every engine call of every change goes wrong in every way, one at a time. Changes that keep files are in a file of their
// own, as long as all the others, so that both go beside each other.

import { expect, test } from 'vitest'
import { report } from './support/results.js'
import { scenarios } from './support/scenarios.js'
import { tryAll } from './support/stage.js'
import { attempt, trialsOf } from './support/trial.js'

test.each(scenarios.filter(({ hasOwnFile }) => hasOwnFile !== true))(
  '$name: whatever goes wrong, the old or the new is whole, and one more ends it',
  async (scenario) => {
    const { trials, problems } = await tryAll(scenario, trialsOf, attempt)
    report('calls', scenario.name, trials)
    expect(problems.join('\n\n')).toBe('')
  },
)
