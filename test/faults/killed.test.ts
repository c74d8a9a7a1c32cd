// The program is killed after each of its engine calls: what it leaves is named by the next plan and ended by the next
// apply. Here it is a process of its own, so that nothing of it goes on.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project } from '../e2e/support/project.js'
import { call } from './support/call.js'
import { startFaultyProxy, type CallName, type FaultyProxy } from './support/faulty-proxy.js'
import { report } from './support/results.js'
import { running, see } from './support/sandbox.js'
import { scenarios, type Scenario } from './support/scenarios.js'
import { problemsOfEnd, record } from './support/trial.js'

describe.each(scenarios)('$name', (scenario) => {
  let project: Project
  let proxy: FaultyProxy
  beforeAll(async () => {
    project = await Project.create()
    proxy = await startFaultyProxy(project.beside('faulty.sock'))
  })
  afterAll(async () => {
    await proxy.close()
    await project.remove()
  })

  test('killed after any call, it is named by the next plan and ended by the next apply', async () => {
    const calls = await record(project, proxy, scenario)
    const problems: string[] = []
    for (const [index, at] of calls.entries()) {
      const found = await killedAt(project, proxy, scenario, at, index + 1)
      problems.push(...found.map((problem) => `${scenario.name}, killed at ${at}: ${problem}`))
    }
    report(
      'killed',
      scenario.name,
      calls.map((at) => ({ at, fault: 'killed' })),
    )
    expect(problems.join('\n\n')).toBe('')
  })
})

async function killedAt(
  project: Project,
  proxy: FaultyProxy,
  scenario: Scenario,
  at: CallName,
  round: number,
): Promise<string[]> {
  await scenario.prepare(project, round)
  let kill = (): void => undefined
  proxy.arm({ at, fault: 'killed' }, () => kill())
  const started = project.start(scenario.args, { env: { DOCKER_HOST: proxy.endpoint } })
  kill = () => started.kill('SIGKILL')
  const { exitCode, stderr } = await started.ended
  if (exitCode !== null) return [`it was not killed, but ended with ${exitCode}\n${stderr}`]
  const after = await see(project)
  return [...(await notNamed(project, scenario)), ...(await problemsOfEnd(project, scenario, after))]
}

/** Where it left a container that is not in use, the plan says so, with both ways out. */
async function notNamed(project: Project, { end }: Scenario): Promise<string[]> {
  const seen = await see(project)
  if (end !== 'runs' || seen.containers.length === 0) return []
  const { stdout, stderr, exitCode } = await call(project, ['plan'])
  if (exitCode !== 0) return [`the plan fails\n${stderr}`]
  const isHalf = seen.containers.length > 1 || (running(seen).length === 0 && seen.containers[0]?.state === 'created')
  const isNamed = /unfinished apply/.test(stdout)
  const isExplained = seen.containers.length === 1 || /finish it: sbx apply +undo it: sbx prune/.test(stdout)
  return isHalf && !(isNamed && isExplained) ? [`the plan names nothing unfinished\n${stdout}`] : []
}
