// A person's terminal on a shell in a sandbox: every key reaches it, its size follows, and all is as before afterwards.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { processesInside } from './support/processes.js'
import { Project } from './support/project.js'
import { Screen } from './support/screen.js'
import { until } from './support/until.js'

let project: Project
let screen: Screen

beforeAll(async () => {
  project = await Project.create()
  await project.write('agent: shell\nnetwork: none\n')
  await project.ok(['apply', '--yes'])
})
afterAll(async () => {
  await project.remove()
})
beforeEach(async () => {
  screen = await Screen.open(project)
})
afterEach(async () => {
  await screen.close()
})

/** The prompt of the shell inside, on a line of its own. */
const inside = /^agent@.*\$ $/m
const outside = /^host> $/m

async function leave(): Promise<void> {
  await screen.clear()
  await screen.enter('exit')
  await screen.see(outside)
}

test('shell must be a terminal inside, and end with its exit code and this terminal as it was', async () => {
  await screen.enter('stty -a > before')
  await screen.enter('$SBX shell')
  await screen.see(inside)
  await screen.enter('test -t 0 && test -t 1 && test -t 2 && echo "[$USER $PWD]"')
  expect(await screen.see(/^\[/m)).toContain(`[agent ${project.folder}]`)
  await screen.enter('exit 7')
  await screen.see(outside)
  await screen.enter('code=$?; stty -a > after; echo "code $code"')
  await screen.see(/^code 7/m)
  expect(await readFile(join(project.folder, 'after'), 'utf8')).toBe(
    await readFile(join(project.folder, 'before'), 'utf8'),
  )
})

test('the size inside must be that of the terminal, at first and after every change', async () => {
  await screen.enter('$SBX shell')
  await screen.see(inside)
  await screen.enter('sh -c \'trap "stty size" WINCH; stty size; while :; do sleep 0.1; done\'')
  await screen.see(/^30 100/m)
  await screen.resize(70, 20)
  await screen.see(/^20 70/m)
  await screen.press('C-c')
  await screen.see(inside)
  await leave()
})

test('Ctrl-C must reach what runs inside and leave sbx and the shell alone', async () => {
  await screen.enter('$SBX shell')
  await screen.see(inside)
  await screen.enter('sleep 4711 || echo "code $?"')
  await until(
    async () => (await processesInside(project)).includes('sleep 4711'),
    () => 'sleep never ran',
  )
  await screen.press('C-c')
  await screen.see(/\^C/)
  await until(
    async () => !(await processesInside(project)).includes('sleep 4711'),
    () => 'sleep was not ended',
  )
  await screen.enter('echo "still $USER"')
  await screen.see(/^still agent/m)
  await leave()
})

test('Ctrl-P must reach the shell at the first press', async () => {
  await screen.enter('$SBX shell')
  await screen.see(inside)
  await screen.enter('echo "$((6 * 7))"')
  await screen.see(/^42/m)
  await screen.clear()
  await screen.see(/^agent@.*\$ $/)
  await screen.press('C-p')
  await screen.see(/\$ echo "\$\(\(6 \* 7\)\)" $/)
  await screen.press('Enter')
  await screen.see(/^42/m)
  await leave()
})

test('two terminals must be two sessions in one sandbox', async () => {
  const other = await Screen.open(project)
  try {
    for (const each of [screen, other]) {
      await each.enter('$SBX shell')
      await each.see(inside)
    }
    await screen.enter('echo "one $(tty)"; export WHICH=one')
    await other.enter('echo "two $(tty) [$WHICH]"')
    const one = /^one (\S+)/m.exec(await screen.see(/^one /m))?.[1]
    const two = /^two (\S+) \[\]/m.exec(await other.see(/^two /m))?.[1]
    expect(one).toMatch(/^\/dev\/pts\/\d+$/)
    expect(two).toMatch(/^\/dev\/pts\/\d+$/)
    expect(two).not.toBe(one)
    await other.enter('exit')
    await other.see(outside)
    await screen.enter('echo "here still"')
    await screen.see(/^here still/m)
  } finally {
    await other.close()
  }
  expect(await project.containers()).toHaveLength(1)
})

test('a terminal that is closed must end what ran in it', async () => {
  const closed = await Screen.open(project)
  await closed.enter("$SBX exec -- sh -c 'sleep 4712; sleep 4713'")
  await until(
    async () => (await processesInside(project)).includes('sleep 4712'),
    () => 'sleep never ran',
  )
  await closed.close()
  await until(
    async () => !/sleep 471[23]/.test(await processesInside(project)),
    async () => `it goes on: ${await processesInside(project)}`,
  )
})

test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('%s to sbx must end what runs inside', async (signal) => {
  const running = project.start([
    'run',
    '--',
    '-c',
    'trap "echo asked to end; exit 3" TERM; sleep 4714 & wait; while :; do :; done',
  ])
  await until(
    async () => (await processesInside(project)).includes('sleep 4714'),
    () => 'sleep never ran',
  )
  running.kill(signal)
  expect(await running.ended).toMatchObject({ stdout: 'asked to end\n', exitCode: 3 })
  expect(await processesInside(project)).not.toContain('sleep 4714')
})

test('a reader that goes away must end what runs inside', async () => {
  await screen.enter("$SBX run -- -c 'while echo 4715; do sleep 0.01; done' | head -n 1; echo over")
  expect(await screen.see(/^over/m)).toMatch(/^4715 ?\nover/m)
  await until(
    async () => !(await processesInside(project)).includes('4715'),
    async () => `it goes on: ${await processesInside(project)}`,
  )
})
