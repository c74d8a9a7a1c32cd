// Ctrl-C while an engine call is in flight, at every call that changes something. Once: the call ends, what was done is
// taken back, and sbx ends with 130. Twice: it ends at once, and says how to go on.

import { expect, test } from 'vitest'
import type { Ran } from '../e2e/support/project.js'
import { report } from './support/results.js'
import { running, see, type Seen } from './support/sandbox.js'
import { scenarios, type Scenario } from './support/scenarios.js'
import { tryAll, type Stage } from './support/stage.js'
import { isPutBack, problemsOfEnd, type Trial } from './support/trial.js'

type Interruption = Trial & { readonly often: 'once' | 'twice' }

test.each(scenarios)('$name: Ctrl-C once and twice, at every call', async (scenario) => {
  const { trials, problems } = await tryAll(
    scenario,
    (calls) =>
      calls
        .filter((at) => !/^(GET|HEAD) /.test(at))
        .flatMap((at) => (['once', 'twice'] as const).map((often): Interruption => ({ at, fault: 'held', often }))),
    interrupted,
  )
  report('interrupted', scenario.name, trials)
  expect(problems.join('\n\n')).toBe('')
})

async function interrupted(stage: Stage, scenario: Scenario, trial: Interruption): Promise<readonly string[]> {
  const { project, proxy } = stage
  const isOnce = trial.often === 'once'
  await stage.prepare(scenario)
  const before = await see(project)
  proxy.arm(trial)
  const started = stage.startThrough(scenario.args)
  await Promise.race([proxy.untilHeld(), started.ended])
  started.kill('SIGINT')
  if (isOnce) proxy.release()
  // One that comes before the one before it was seen is the same one to the system.
  const again = isOnce ? undefined : setInterval(() => started.kill('SIGINT'), 50)
  const { exitCode, stderr } = await started.ended
  clearInterval(again)
  const hasStruck = proxy.hasStruck()
  proxy.release()
  const after = await see(project)
  const left = isOnce ? leftByOne(scenario, { exitCode, stderr }, before, after) : leftByTwo(stderr, exitCode)
  const problems = [
    ...(hasStruck ? [] : ['the call was never made']),
    ...left.map((problem) => `${problem}\n    exit ${String(exitCode)}\n${stderr}`),
    ...(await problemsOfEnd(stage, scenario, after)),
  ]
  return problems.map((problem) => `${scenario.name}, Ctrl-C ${trial.often} at ${trial.at}: ${problem}`)
}

/** Where nothing is left to be taken back, it goes on to its end. */
function leftByOne(
  { end }: Scenario,
  { exitCode, stderr }: Pick<Ran, 'exitCode' | 'stderr'>,
  before: Seen,
  after: Seen,
): string[] {
  if (exitCode !== 130 && exitCode !== 0) return ['it ended neither interrupted nor well']
  if (exitCode === 130 && !isPutBack(stderr, before, after)) {
    return [`before ${JSON.stringify(before)}\n    after ${JSON.stringify(after)}`]
  }
  return end === 'runs' && running(before).length > 0 && running(after).length !== 1 ? ['nothing runs'] : []
}

function leftByTwo(stderr: string, exitCode: number | null): string[] {
  const isTold = /Stopped in the middle[^]*step\s\d+\sof\s\d+[^]*^ +sbx (apply|rm|stop)/m.test(stderr)
  return exitCode === 130 && isTold ? [] : ['it does not say what it left, and how to go on']
}
