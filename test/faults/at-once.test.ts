// Eight applies at once, of two files that want two different sandboxes under one name, again and again: one sandbox is
// left, and whoever lost says who won.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from '../e2e/support/project.js'
import { call } from './support/call.js'
import { tell } from './support/results.js'
import { damage, mark, running, see } from './support/sandbox.js'

const rounds = Number(process.env['SBX_FAULTS_ROUNDS'] ?? 50)
const callers = 8

let project: Project
beforeAll(async () => {
  project = await Project.create()
})
afterAll(async () => {
  await project.remove()
})

const apply = ['apply', '--yes', '--discard', '--allow-widen', '--config']

test(`${callers} applies at once of two files, ${rounds} rounds, leave one sandbox each time`, async () => {
  const problems: string[] = []
  for (let round = 0; round < rounds; round++) {
    // Each round changes both, so that all of its callers have something to do; the first of all makes the sandbox.
    for (const [index, file] of ['one.yaml', 'other.yaml'].entries()) {
      const port = 3000 + 2 * (round % 2) + index
      await project.write(`agent: shell\nname: web\nports: ["${port}"]\nenv: { ROUND: "${round}" }\n`, file)
    }
    const started = Array.from({ length: callers }, (_, index) =>
      project.start([...apply, index % 2 === 0 ? 'one.yaml' : 'other.yaml']),
    )
    const ran = await Promise.all(started.map(({ ended }) => ended))
    if (round === 0) await mark(project)
    const seen = await see(project)
    const [winner] = await project.containers()
    const name = (winner?.Names[0] ?? '?').slice(1)
    const outputs = ran.map(({ exitCode, stderr }) => `exit ${String(exitCode)}\n${stderr}`)
    const isTold = ran.every(
      ({ exitCode, stderr }) => isDone(exitCode, stderr) || (exitCode === 1 && stderr.includes(name)),
    )
    const hasWinner = ran.some(({ exitCode, stderr }) => isDone(exitCode, stderr))
    const isOne = seen.containers.length === 1 && running(seen).length === 1
    const lost = await damage(project)
    // The record may be of the file that lost, which the next apply puts right.
    await call(project, [...apply, 'one.yaml'])
    const planned = await call(project, ['plan', '--detailed-exitcode', '--config', 'one.yaml'])
    if (isTold && hasWinner && isOne && lost === null && planned.exitCode === 0) continue
    problems.push(
      `round ${round}: ${JSON.stringify({ isTold, hasWinner, isOne, lost, planned: planned.exitCode, name, seen })}\n${outputs.join('\n')}`,
    )
  }
  tell('at once', 'applies', { callers, files: 2, rounds })
  expect(problems.join('\n\n')).toBe('')
})

/** One that won may be kept from removing what another is just taking back. */
function isDone(exitCode: number | null, stderr: string): boolean {
  return exitCode === 0 || (exitCode === 1 && stderr.includes('web is as it shall be'))
}
