// The same as calls.test.ts, of a network that is limited, most of which is to wait for what must not answer, and of a home
// that is refreshed. Each trial takes seconds, so that there are fewer of questions.

import { expect, test } from 'vitest'
import { refreshScenario } from './support/refresh-scenario.js'
import { report } from './support/results.js'
import { limitedScenarios } from './support/limited-scenarios.js'
import { tryAll } from './support/stage.js'
import { attempt, fewerTrialsOf } from './support/trial.js'

test.each([...limitedScenarios, refreshScenario])(
  '$name: whatever goes wrong, it reaches no more than its file says, and one more ends it',
  async (scenario) => {
    const { trials, problems } = await tryAll(scenario, fewerTrialsOf, attempt, 5)
    report('calls', scenario.name, trials)
    expect(problems.join('\n\n')).toBe('')
  },
)
