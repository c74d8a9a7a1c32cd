// A real Claude Code in a person's terminal: from its very first start it asks nothing and works.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { applyAgent, madeUpKey } from '../agents/support/stage.js'
import type { ModelStub } from '../support/model/stub.js'
import { Project } from './support/project.js'
import { Screen } from './support/screen.js'

let project: Project
let model: ModelStub
let screen: Screen

beforeAll(async () => {
  project = await Project.create()
  model = await applyAgent(project, 'claude', {
    command: 'echo done by tool >> worked',
    answer: 'All of it is written.',
  })
})
afterAll(async () => {
  await model.close()
  await project.remove()
})
beforeEach(async () => {
  screen = await Screen.open(project, { MADE_UP_KEY: madeUpKey })
})
afterEach(async () => {
  await screen.close()
})

const prompt = /^❯ /m
const outside = /^host> $/m

test('the first start must come to the prompt with no question asked, and a prompt must run the tool', async () => {
  await screen.enter('stty -a > before')
  await screen.enter('$SBX run')
  const text = await screen.see(prompt)
  expect(text).not.toMatch(/trust|theme|log ?in|API key\?|bypass permissions mode\?|accept/i)
  await screen.enter('Write it down.')
  await screen.see(/All of it is written\./)
  expect(await readFile(join(project.folder, 'worked'), 'utf8')).toBe('done by tool\n')

  // The first Ctrl-C is the agent's to answer, so sbx is still there for the second, which ends the agent.
  await screen.press('C-c')
  await screen.see(/Press Ctrl-C again to exit/)
  await screen.press('C-c')
  await screen.see(outside)
  await screen.clear()
  await screen.enter('code=$?; stty -a > after; echo "code $code"')
  await screen.see(/^code 0/m)
  expect(await readFile(join(project.folder, 'after'), 'utf8')).toBe(
    await readFile(join(project.folder, 'before'), 'utf8'),
  )
})

test('the agent must draw itself anew when the terminal changes its size', async () => {
  await screen.enter('$SBX run')
  await screen.see(prompt)
  await screen.see(/─{100}$/m)
  await screen.resize(70, 25)
  // The prompt between two rules of the new width; until then it is still drawing.
  await screen.see(/^─{70} ?\n❯ *\n─{70} ?$/m)
})
