// Ctrl-C while an engine call is in flight, at every call that changes something. Once: the call ends, what was done is
// taken back, and sbx ends with 130. Twice: it ends at once, and says how to go on.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project } from '../e2e/support/project.js'
import { startFaultyProxy, type CallName, type FaultyProxy } from './support/faulty-proxy.js'
import { report } from './support/results.js'
import { running, see } from './support/sandbox.js'
import { scenarios, type Scenario } from './support/scenarios.js'
import { problemsOfEnd, record } from './support/trial.js'

describe.each(scenarios)('$name', (scenario) => {
  let project: Project
  let proxy: FaultyProxy
  let calls: readonly CallName[]
  let round = 0
  beforeAll(async () => {
    project = await Project.create()
    proxy = await startFaultyProxy(project.beside('faulty.sock'))
    const all = await record(project, proxy, scenario)
    calls = all.filter((at) => !/^(GET|HEAD) /.test(at))
  })
  afterAll(async () => {
    await proxy.close()
    await project.remove()
  })

  test.each(['once', 'twice'] as const)('%s, at every call', async (often) => {
    const problems: string[] = []
    for (const at of calls) {
      round += 1
      const found = await interruptedAt(project, proxy, scenario, { at, often, round })
      problems.push(...found.map((problem) => `${scenario.name}, Ctrl-C ${often} at ${at}: ${problem}`))
    }
    report(
      'interrupted',
      `${scenario.name} ${often}`,
      calls.map((at) => ({ at, fault: 'held' })),
    )
    expect(problems.join('\n\n')).toBe('')
  })
})

async function interruptedAt(
  project: Project,
  proxy: FaultyProxy,
  scenario: Scenario,
  { at, often, round }: { readonly at: CallName; readonly often: 'once' | 'twice'; readonly round: number },
): Promise<string[]> {
  await scenario.prepare(project, round)
  const before = await see(project)
  proxy.arm({ at, fault: 'held' })
  const started = project.start(scenario.args, { env: { DOCKER_HOST: proxy.endpoint } })
  await Promise.race([proxy.untilHeld(), started.ended])
  started.kill('SIGINT')
  if (often === 'once') proxy.release()
  // One that comes before the one before it was seen is the same one to the system.
  const again = often === 'twice' ? setInterval(() => started.kill('SIGINT'), 50) : undefined
  const ran = await started.ended
  clearInterval(again)
  proxy.release()
  const after = await see(project)
  const problems = often === 'once' ? leftByOne(scenario, ran.exitCode) : leftByTwo(ran.stderr, ran.exitCode)
  const isAsBefore =
    JSON.stringify([before.containers, before.records]) === JSON.stringify([after.containers, after.records])
  if (often === 'once' && ran.exitCode === 130 && !isAsBefore) problems.push(`it left ${JSON.stringify(after)}`)
  if (
    often === 'once' &&
    scenario.end === 'runs' &&
    before.containers.length > 0 &&
    running(after).length !== running(before).length
  ) {
    if (running(before).length > 0) problems.push('nothing runs')
  }
  const told = problems.map((problem) => `${problem}\n    exit ${String(ran.exitCode)}\n${ran.stderr}`)
  return [...told, ...(await problemsOfEnd(project, scenario, after))]
}

/** Where nothing is left to be taken back, it goes on to its end. */
function leftByOne(scenario: Scenario, exitCode: number | null): string[] {
  return exitCode === 130 || exitCode === 0 ? [] : [`${scenario.name} ended with ${String(exitCode)}`]
}

function leftByTwo(stderr: string, exitCode: number | null): string[] {
  const isTold = /Stopped in the middle[^]*step\s\d+\sof\s\d+[^]*^ +sbx (apply|rm|stop)/m.test(stderr)
  return exitCode === 130 && isTold ? [] : ['it does not say what it left, and how to go on']
}
