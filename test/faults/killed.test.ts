// The program is killed after each of its engine calls: what it leaves is named by the next plan and ended by the next
// apply. Here it is a process of its own, so that nothing of it goes on.

import { expect, test } from 'vitest'
import type { CallName } from './support/faulty-proxy.js'
import { limitedScenarios } from './support/limited-scenarios.js'
import { openness, reachBefore } from './support/reach.js'
import { refreshScenario } from './support/refresh-scenario.js'
import { report } from './support/results.js'
import { see } from './support/sandbox.js'
import { scenarios, type Scenario } from './support/scenarios.js'
import { tryAll, type Stage } from './support/stage.js'
import { notNamed, problemsOfEnd, type Trial } from './support/trial.js'

const all = (calls: readonly CallName[]): readonly CallName[] => calls
/** After a question there is what the change before it left. */
const changes = (calls: readonly CallName[]): readonly CallName[] => calls.filter((at) => !/^(GET|HEAD) /.test(at))

test.each([
  ...scenarios.map((scenario) => ({ scenario, name: scenario.name, struck: all })),
  ...[...limitedScenarios, refreshScenario].map((scenario) => ({ scenario, name: scenario.name, struck: changes })),
])(
  '$name: killed after any call, it is named by the next plan and ended by the next apply',
  async ({ scenario, struck }) => {
    const { trials, problems } = await tryAll(
      scenario,
      (calls) => struck(calls).map((at): Trial => ({ at, fault: 'killed' })),
      killed,
    )
    report('killed', scenario.name, trials)
    expect(problems.join('\n\n')).toBe('')
  },
)

async function killed(stage: Stage, scenario: Scenario, trial: Trial): Promise<readonly string[]> {
  await stage.prepare(scenario)
  const allowed = await reachBefore(stage.project)
  let kill = (): void => undefined
  stage.proxy.arm(trial, () => kill())
  const started = stage.startThrough(scenario.args)
  kill = () => started.kill('SIGKILL')
  const { exitCode, stderr } = await started.ended
  const after = await see(stage.project)
  const problems = [
    ...(exitCode === null ? [] : [`it was not killed, but ended with ${exitCode}\n${stderr}`]),
    ...(await openness(stage.project, [...allowed, stage.allowed])),
    ...(await notNamed(stage, scenario)),
    ...(await problemsOfEnd(stage, scenario, after)),
  ]
  return problems.map((problem) => `${scenario.name}, killed at ${trial.at}: ${problem}`)
}
