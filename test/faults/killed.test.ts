// The program is killed after each of its engine calls: what it leaves is named by the next plan and ended by the next
// apply. Here it is a process of its own, so that nothing of it goes on.

import { expect, test } from 'vitest'
import { report } from './support/results.js'
import { see } from './support/sandbox.js'
import { scenarios, type Scenario } from './support/scenarios.js'
import { tryAll, type Stage } from './support/stage.js'
import { notNamed, problemsOfEnd, type Trial } from './support/trial.js'

test.each(scenarios)(
  '$name: killed after any call, it is named by the next plan and ended by the next apply',
  async (scenario) => {
    const { trials, problems } = await tryAll(
      scenario,
      (calls) => calls.map((at): Trial => ({ at, fault: 'killed' })),
      killed,
    )
    report('killed', scenario.name, trials)
    expect(problems.join('\n\n')).toBe('')
  },
)

async function killed(stage: Stage, scenario: Scenario, trial: Trial): Promise<readonly string[]> {
  await stage.prepare(scenario)
  let kill = (): void => undefined
  stage.proxy.arm(trial, () => kill())
  const started = stage.startThrough(scenario.args)
  kill = () => started.kill('SIGKILL')
  const { exitCode, stderr } = await started.ended
  const after = await see(stage.project)
  const problems = [
    ...(exitCode === null ? [] : [`it was not killed, but ended with ${exitCode}\n${stderr}`]),
    ...(await notNamed(stage, scenario)),
    ...(await problemsOfEnd(stage, scenario, after)),
  ]
  return problems.map((problem) => `${scenario.name}, killed at ${trial.at}: ${problem}`)
}
