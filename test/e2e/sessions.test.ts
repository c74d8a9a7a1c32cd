// An agent's session goes on where its terminal goes, and can be looked at from another, also under a kernel that is not
// Linux: `npm run test:gvisor`.

import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isGvisor } from '../attempts/table.js'
import type { ListDocument } from './support/documents.js'
import { Project } from './support/project.js'
import { Screen } from './support/screen.js'
import { until } from './support/until.js'

let project: Project
let screen: Screen

beforeAll(async () => {
  project = await Project.create()
  await project.write(`agent: shell\nnetwork: none\n${isGvisor ? 'isolation: gvisor\n' : ''}`)
  await project.ok(['apply', '--yes'])
  screen = await Screen.open(project)
})
afterAll(async () => {
  await screen.close()
  await project.remove()
})

/** The prompt of the shell inside, on a line of its own. */
const inside = /^agent@.*\$ $/m
const outside = /^host> $/m

/** Until the terminal has this size: an engine says it once the command runs. */
const sized = (size: string): string => `until test "$(stty size)" = "${size}"; do sleep 0.1; done`

test('a session must outlive its terminals, and end with its exit code in the one that shows it', async () => {
  await screen.enter('$SBX run')
  // In sight for as long as what runs there leaves it.
  expect(await screen.see(inside)).toMatch(/^bash goes on when this terminal goes\. To leave it: Ctrl-\] d\nagent@/)
  await screen.enter('echo "it is $$ [$SBX_HINT]"; kept=yes')
  const pid = /^it is (\d+) \[\]/m.exec(await screen.see(/^it is \d/m))?.[1]
  await screen.press('C-]')
  await screen.type('d')
  const detached = await screen.see(/^Detached; bash goes on\. Back to it: sbx attach project-/m)
  // And nothing but that.
  expect(detached).toMatch(/run\nDetached;/)
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
