// Every engine call of every change goes wrong in every way, one at a time.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project } from '../e2e/support/project.js'
import { startFaultyProxy, type FaultyProxy } from './support/faulty-proxy.js'
import { report } from './support/results.js'
import { scenarios } from './support/scenarios.js'
import { attempt, record, trialsOf } from './support/trial.js'

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

  test('whatever goes wrong, the old or the new is whole, and one more ends it', async () => {
    const trials = trialsOf(await record(project, proxy, scenario))
    const problems: string[] = []
    for (const [index, trial] of trials.entries()) {
      problems.push(...(await attempt(project, proxy, scenario, trial, index + 1)))
    }
    report('calls', scenario.name, trials)
    expect(problems.join('\n\n')).toBe('')
  })
})
