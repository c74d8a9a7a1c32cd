// Every engine call of every change goes wrong in every way, one at a time.

import { expect, test } from 'vitest'
import { report } from './support/results.js'
import { scenarios } from './support/scenarios.js'
import { tryAll } from './support/stage.js'
import { attempt, trialsOf } from './support/trial.js'

test.each(scenarios)(
  '$name: whatever goes wrong, the old or the new is whole, and one more ends it',
  async (scenario) => {
    const { trials, problems } = await tryAll(scenario, trialsOf, attempt)
    report('calls', scenario.name, trials)
    expect(problems.join('\n\n')).toBe('')
  },
)
