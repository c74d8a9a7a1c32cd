// The same as calls.test.ts, of changes that bring the container's own files into the next.

import { expect, test } from 'vitest'
import { report } from './support/results.js'
import { scenarios } from './support/scenarios.js'
import { tryAll } from './support/stage.js'
import { attempt, trialsOf } from './support/trial.js'

test.each(scenarios.filter(({ hasOwnFile }) => hasOwnFile === true))(
  '$name: whatever goes wrong, the old or the new is whole, its files are kept, and one more ends it',
  async (scenario) => {
    const { trials, problems } = await tryAll(scenario, trialsOf, attempt)
    report('calls', scenario.name, trials)
    expect(problems.join('\n\n')).toBe('')
  },
)
