// Eight applies at once, of two files that want two different sandboxes under one name, again and again: one sandbox is
// left, and each of them says truly what came of it.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ran } from '../e2e/support/project.js'
import { call } from './support/call.js'
import { tell, tellProblems } from './support/results.js'
import { damage, mark, running, see } from './support/sandbox.js'
import { Stage } from './support/stage.js'
import { startWitness, type Witnessed } from './support/witness.js'

const rounds = Number(process.env['SBX_FAULTS_ROUNDS'] ?? 50)
const callers = 8

let stage: Stage
beforeAll(async () => {
  stage = await Stage.create()
})
afterAll(async () => {
  await stage.remove()
})

const apply = ['apply', '--yes', '--discard', '--allow-widen', '--config']
const files = ['one.yaml', 'other.yaml'] as const

test(`${callers} applies at once of two files, ${rounds} rounds, leave one sandbox each time`, async () => {
  const { project, images } = stage
  const problems: string[] = []
  const words = new Map<string, number>()
  let beside = 0
  for (let round = 0; round < rounds; round++) {
    // Each round changes both, so that all of its callers have something to do; the first of all makes the sandbox.
    const ports = files.map((_, index) => 3000 + 2 * (round % 2) + index)
    for (const [index, file] of files.entries()) {
      const text = `agent: shell\ntemplate: ${images[0]}\nname: web\nports: ["${ports[index]}"]\nenv: { ROUND: "${round}" }\n`
      await project.write(text, file)
    }
    const witness = await startWitness(project.docker, project.scope)
    const started = Array.from({ length: callers }, async (_, index) => {
      const ran = await project.start([...apply, files[index % 2] ?? '']).ended
      return { ran, port: ports[index % 2] ?? 0 }
    })
    const ended = await Promise.all(started)
    if (round === 0) await mark(project)
    const seen = await see(project)
    // One that was made in vain may be left beside it, and goes with the next apply.
    const [left = ''] = running(seen)
    const made = await witness.madeUpTo(left)
    witness.close()
    const lies = ended.flatMap(({ ran, port }) => {
      const said = sayingOf(ran)
      words.set(said, (words.get(said) ?? 0) + 1)
      const lie = lieOf(said, ran, port, left, made)
      return lie === null ? [] : [`${lie}\n    exit ${String(ran.exitCode)}\n${ran.stdout.slice(-300)}\n${ran.stderr}`]
    })
    const isOne = running(seen).length === 1
    const lost = await damage(project)
    // The record may be of the file that lost, which the next apply puts right.
    const again = await call(project, [...apply, files[0]])
    const planned = await call(project, ['plan', '--detailed-exitcode', '--config', files[0]])
    const after = await see(project)
    beside += seen.containers.length - 1
    const found = [
      ...lies,
      ...(isOne ? [] : [`left is ${JSON.stringify(seen)}`]),
      ...(lost === null ? [] : [lost]),
      ...(again.exitCode === 0 && planned.exitCode === 0 && after.containers.length === 1 && running(after).length === 1
        ? []
        : [`one more does not end it\n${again.stderr}${planned.stdout}\nleft is ${JSON.stringify(after)}`]),
    ]
    const inRound = found.map((problem) => `round ${round}: ${problem}`)
    tellProblems(inRound)
    problems.push(...inRound)
  }
  const said = Object.fromEntries([...words].sort(([one], [other]) => (one < other ? -1 : 1)))
  process.stdout.write(`at once: ${JSON.stringify(said)}, left beside until the next apply: ${beside}\n`)
  tell('at once', 'applies', { callers, files: files.length, rounds })
  expect(problems.join('\n\n')).toBe('')
})

type Saying =
  'it did it' | 'it had been done' | 'it did it but for what is left' | 'another was first' | 'something else'

function sayingOf({ exitCode, stdout, stderr }: Ran): Saying {
  if (exitCode === 0) return /^Applied: web /m.test(stdout) ? 'it did it' : 'it had been done'
  if (exitCode !== 1) return 'something else'
  if (/web is as it shall be/.test(stderr)) return 'it did it but for what is left'
  return winnerIn(stderr) === null ? 'something else' : 'another was first'
}

/** The container of which the error says that it stays, or runs again. */
function winnerIn(stderr: string): string | null {
  const [, error = ''] = /^(error: [^]*)/m.exec(stderr) ?? []
  return /(sbx_\w+-web-\w+-agent-\w{8})\s+(?:stays|runs\s+again)/.exec(error)?.[1] ?? null
}

/** Why it is none; null where what it said is true. */
function lieOf(
  said: Saying,
  { stderr }: Ran,
  port: number,
  left: string,
  made: ReadonlyMap<string, Witnessed>,
): string | null {
  const lasting = lineOf(left, made)
  if (said === 'something else') return 'it does not say what came of it'
  if (said === 'another was first') {
    const winner = winnerIn(stderr)
    return lasting.some(({ name }) => name === winner) ? null : `${String(winner)} did not stay`
  }
  return lasting.some((each) => each.port === port) ? null : `${said}, it says; yet no sandbox of its file ever lasted`
}

/** The one that is left, and those that it took over from, one after the other. */
function lineOf(left: string, made: ReadonlyMap<string, Witnessed>): readonly Witnessed[] {
  const last = made.get(left)
  if (last === undefined || !last.isStarted) return []
  return [last, ...(last.replaces === undefined ? [] : lineOf(last.replaces, made))]
}
