// The command line that these tests call in their own process does what the built one does, or what they see proves nothing.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { call } from './support/call.js'
import { Stage } from './support/stage.js'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.create()
  const { project, images } = stage
  await project.write(`agent: shell\ntemplate: ${images[0]}\nname: web\nnetwork: none\n`)
  await project.write('agent: shell\nnetwrok: none\n', 'wrong.yaml')
  await project.ok(['apply', '--yes', '--allow-widen'])
  await project.write(`agent: shell\ntemplate: ${images[0]}\nname: web\nnetwork: open\nenv: { COLOUR: blue }\n`)
})
afterAll(async () => {
  await stage.remove()
})

test.each([
  [['plan', '--detailed-exitcode'], 2],
  [['plan', '--config', 'wrong.yaml'], 1],
  [['apply'], 3],
  // Without words for how long ago that was: between the two a second can pass.
  [['ls', '--json'], 0],
  [['nothing'], 64],
] as const)('%j', async (args, exitCode) => {
  const { project } = stage
  const [here, built] = [await call(project, args), await project.sbx(args)]
  expect(here).toEqual(built)
  expect(built.exitCode).toBe(exitCode)
})
