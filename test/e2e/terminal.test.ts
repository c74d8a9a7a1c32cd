// A person's terminal on a shell in a sandbox: every key reaches it, its size follows, and all is as before afterwards. An
// agent's goes on where its terminal goes.

import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ListDocument } from './support/documents.js'
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

/** Until the terminal has this size: an engine says it once the command runs. */
const sized = (size: string): string => `until test "$(stty size)" = "${size}"; do sleep 0.1; done`

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

test('a session must outlive its terminals, and end with its exit code in the one that shows it', async () => {
  await screen.enter('$SBX run')
  await screen.see(inside)
  await screen.enter('echo "it is $$"; kept=yes')
  const pid = /^it is (\d+)/m.exec(await screen.see(/^it is \d/m))?.[1]
  await screen.press('C-]')
  await screen.type('d')
  await screen.see(/^Detached; bash goes on\. Back to it: sbx attach project-/m)
  expect(await project.sbx(['rm'])).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('1 open session') as unknown,
  })

  const other = await Screen.open(project)
  try {
    await other.resize(70, 20)
    await other.enter("sh -c 'echo $$ >../sbx.pid; exec $SBX attach'")
    await other.see(/^it is \d+/m)
    await other.enter(`${sized('20 70')}; clear; echo "$(stty size) $kept $$"`)
    expect(await other.see(/^20 70 /m)).toContain(`20 70 yes ${pid ?? ''}`)
    process.kill(Number(await readFile(project.beside('sbx.pid'), 'utf8')), 'SIGKILL')
    await other.see(/Killed/)
  } finally {
    await other.close()
  }

  await screen.enter('$SBX attach')
  await screen.see(/^20 70 /m)
  await screen.enter(`${sized('30 100')}; clear; echo "$(stty size) $kept $$"; exit 5`)
  await screen.see(outside)
  await screen.enter('echo "code $?"')
  expect(await screen.see(/^code /m)).toMatch(new RegExp(`^30 100 yes ${pid ?? ''}\n(.*\n)*code 5`, 'm'))
  const [sandbox] = (await project.json<ListDocument>(['ls'])).sandboxes
  expect(sandbox?.sessions?.at(-1)).toMatchObject({ state: 'ended', exit_code: 5, attached: false })
})

test('a session that nobody looks at must be told of while it runs, in the list, and by the command of its user', async () => {
  await mkdir(join(project.home, '.config/sbx'), { recursive: true })
  const told = project.beside('told')
  const script = 'env | grep ^SBX_ | sort >"$0.new" && mv "$0.new" "$0"'
  const command = `command: [sh, -c, '${script}', '${told}']\n`
  await writeFile(join(project.home, '.config/sbx/notify.yaml'), command, { mode: 0o600 })
  const session =
    'printf "\\033[31mone\\033[0m\\n"; until test -e go; do sleep 0.1; done; echo 1 >.envrc; printf "1%%\\rtwo\\n"; exit 7'
  const id = (await project.ok(['run', '--quiet', '-d', '--notify', '--', '-c', session])).trim()
  const following = project.start(['logs', '-f'])
  await project.write('', 'go')
  // Who sees it end is told what it left.
  const seen = `since session ${id} began, which ended when nobody looked, and run or trusted on this machine:\n  .envrc `
  const stderr = expect.stringContaining(seen) as unknown
  expect(await following.ended).toEqual({ exitCode: 0, stdout: 'one\ntwo\n', stderr })
  await until(
    async () => existsSync(told),
    () => 'the command was not run',
  )
  const [sandbox] = (await project.json<ListDocument>(['ls'])).sandboxes
  expect(sandbox?.sessions?.at(-1)).toMatchObject({ id, state: 'ended', exit_code: 7, program: 'bash' })
  expect((await readFile(told, 'utf8')).split('\n')).toEqual([
    'SBX_EXIT_CODE=7',
    `SBX_ID=${sandbox?.id ?? ''}`,
    `SBX_SANDBOX=${sandbox?.name ?? ''}`,
    `SBX_SCOPE=${project.scope}`,
    `SBX_SESSION=${id}`,
    `SBX_WORKSPACE=${project.folder}`,
    '',
  ])
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
  const running = project.start(['run', '--', '-c', 'trap "echo asked to end; exit 3" TERM; sleep 4714 & wait'])
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
