// A sample of what `npm run test:faults` tries at every call: calls that fail, get lost or come twice in a recreate, and an
// apply that is killed or interrupted in the middle.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { call } from '../faults/support/call.js'
import { scenarios, type Scenario } from '../faults/support/scenarios.js'
import { Stage } from '../faults/support/stage.js'
import { attempt, problemsOfEnd, type Trial } from '../faults/support/trial.js'
import { see } from '../faults/support/sandbox.js'
import { Screen } from './support/screen.js'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.create()
})
afterAll(async () => {
  await stage.remove()
})

const recreate = scenarios.find(({ name }) => name === 'recreate') as Scenario

const sample: readonly Trial[] = [
  { at: 'POST /containers/create #1', fault: 'cut-after' },
  { at: 'POST /containers/ID/stop #1', fault: 'failed' },
  { at: 'POST /containers/ID/start #1', fault: 'cut-after' },
  { at: 'DELETE /containers/ID #1', fault: 'conflict' },
]

test.each(sample)('a recreate that meets $fault at $at must leave one that is whole', async (trial) => {
  expect(await attempt(stage, recreate, trial)).toEqual([])
})

test('an apply that was killed between stop and start must be named by the next plan and ended by the next apply', async () => {
  await stage.prepare(recreate)
  let kill = (): void => undefined
  stage.proxy.arm({ at: 'POST /containers/ID/stop #1', fault: 'killed' }, () => kill())
  const started = stage.startThrough(recreate.args)
  kill = () => started.kill('SIGKILL')
  expect((await started.ended).exitCode).toBeNull()
  const { stdout } = await call(stage.project, ['plan'])
  expect(stdout).toMatch(/\? web has an unfinished apply \([^)]*\d\d:\d\d[^)]*\)/)
  expect(stdout).toMatch(/finish it: sbx apply +undo it: sbx prune/)
  expect(await problemsOfEnd(stage, recreate, await see(stage.project))).toEqual([])
})

test('a second Ctrl-C must stop at once and say how to go on, and the terminal must be as it was', async () => {
  await stage.prepare(recreate)
  stage.proxy.arm({ at: 'POST /containers/ID/start #1', fault: 'held' })
  const screen = await Screen.open(stage.project, { DOCKER_HOST: stage.proxy.endpoint })
  try {
    await screen.enter(`$SBX ${recreate.args.join(' ')}; echo "code $?"`)
    await stage.proxy.untilHeld()
    await screen.press('C-c')
    await screen.see(/interrupted; this step ends first/)
    await screen.press('C-c')
    const text = await screen.see(/^code \d+/m)
    expect(text).toMatch(/Stopped in the middle[^]*step\s+\d+\s+of\s+\d+[^]*^ +sbx apply --discard$/m)
    expect(text).toMatch(/^code 130/m)
    await screen.enter('stty -a | grep -o " echo "')
    await screen.see(/^ ?echo/m)
  } finally {
    stage.proxy.release()
    await screen.close()
  }
  expect(await problemsOfEnd(stage, recreate, await see(stage.project))).toEqual([])
})
