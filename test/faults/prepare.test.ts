// A command of prepare whose call is killed goes on, and a second call can want the same one: it runs once, and both say how
// it ended.

import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Begun } from '../e2e/support/begun.js'
import type { PlanDocument } from '../e2e/support/documents.js'
import { Project } from '../e2e/support/project.js'
import { until } from '../e2e/support/until.js'

let project: Project

const command = 'echo begin >> log; until test -e gate; do sleep 0.1; done; echo end >> log; exit $(cat gate)'

beforeAll(async () => {
  project = await Project.create()
  await project.write(`agent: shell\nnetwork: none\nprepare:\n  - '${command}'\n  - echo last >> log\n`)
})
beforeEach(async () => {
  for (const file of ['log', 'gate']) await rm(join(project.folder, file), { force: true })
})
afterEach(async () => {
  await project.ok(['rm', '--force', '--volumes'])
})
afterAll(async () => {
  await project.remove()
})

async function log(): Promise<string> {
  return readFile(join(project.folder, 'log'), 'utf8').catch(() => '')
}

async function whenItRuns(): Promise<void> {
  await until(
    async () => (await log()) !== '',
    () => 'the command has not begun',
  )
}

const runsAlready = /sbx: this command runs already, begun by another call/

test.each([
  ['well', '0', 'begin\nend\nlast\n', /it has ended well there, and does not run again/],
  ['not well', '3', 'begin\nend\nbegin\nend\n', /it has not ended well there, and runs again/],
])('a call that is killed leaves a command that the next one waits for: it ends %s', async (_, code, ran, told) => {
  const killed = project.start(['apply', '--yes'])
  await whenItRuns()
  killed.kill('SIGKILL')
  await killed.ended
  const next = new Begun(project, ['apply', '--yes'])
  await next.prints(runsAlready)
  await project.write(code, 'gate')
  const { exitCode, stderr } = await next.ended
  expect([exitCode, stderr]).toEqual([code === '0' ? 0 : 1, expect.stringMatching(told)])
  expect(await log()).toBe(ran)
  const { sandboxes } = await project.json<PlanDocument>(['plan'])
  expect(sandboxes.flatMap(({ changes }) => changes)).toHaveLength(code === '0' ? 0 : 2)
})

test('of two sbx prepare at once each command is run by one', async () => {
  await project.write('0', 'gate')
  await project.ok(['apply', '--yes'])
  for (const file of ['log', 'gate']) await rm(join(project.folder, file))
  const first = project.start(['prepare'])
  await whenItRuns()
  const second = new Begun(project, ['prepare'])
  await second.prints(runsAlready)
  await project.write('0', 'gate')
  expect(await first.ended).toMatchObject({ exitCode: 0 })
  expect(await second.ended).toMatchObject({ exitCode: 0 })
  expect((await log()).replaceAll('last\n', '')).toBe('begin\nend\n')
  const { sandboxes } = await project.json<PlanDocument>(['plan'])
  expect(sandboxes).toMatchObject([{ changes: [] }])
})
