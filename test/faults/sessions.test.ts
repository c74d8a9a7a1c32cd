// Sessions that outlive their terminals: what ends them all the same, who has one when two want it, and what of theirs can be
// seen from outside.

import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Project } from '../e2e/support/project.js'
import { Screen } from '../e2e/support/screen.js'
import { until } from '../e2e/support/until.js'

let project: Project
let screen: Screen
let other: Screen

const inside = /^agent@.*\$ $/m
const outside = /^host> $/m

beforeAll(async () => {
  project = await Project.create()
  await project.write('agent: shell\nnetwork: none\n')
})
beforeEach(async () => {
  await project.ok(['apply', '--yes'])
  screen = await Screen.open(project)
  other = await Screen.open(project)
})
afterEach(async () => {
  await Promise.all([screen.close(), other.close()])
  await project.ok(['rm', '--force', '--volumes'])
})
afterAll(async () => {
  await project.remove()
})

async function detached(...args: readonly string[]): Promise<string> {
  return (await project.ok(['run', '-d', '--', ...args])).trim()
}

test('a container that is stopped under a session takes it with it, and nobody claims to know how it ended', async () => {
  const id = await detached('-c', 'echo here; sleep 4811; :')
  await screen.enter('$SBX attach; echo "code $?"')
  await screen.see(/^here/m)
  const container = project.docker.getContainer((await project.container()).Id)
  await container.stop()
  // Its end comes before that of the container.
  await screen.see(/^note: (?:the sandbox was stopped|bash was ended from outside)/m)
  await screen.see(/^code 125/m)
  await project.ok(['apply', '--yes'])
  expect(await project.sbx(['attach'])).toMatchObject({
    exitCode: 125,
    stderr: expect.stringMatching(/ended from outside/),
  })
  const ended = await project.sbx(['attach', 'project', id])
  expect(ended).toMatchObject({ exitCode: 125, stderr: expect.stringMatching(/its exit code is not known/) })
})

test('of two who attach at once one has it, and the other is told', async () => {
  await detached()
  for (const each of [screen, other]) await each.type('$SBX attach; echo "code $?"')
  await Promise.all([screen.press('Enter'), other.press('Enter')])
  const taken = /^Another terminal has taken bash over\.(?:.*\n)+code 0/m
  const loser = await until(
    async () => {
      for (const each of [screen, other]) if (taken.test(await each.text())) return each
      return null
    },
    () => 'nobody was thrown out',
  )
  const winner = loser === screen ? other : screen
  await winner.see(inside)
  await winner.enter('exit 6')
  await winner.see(/^code 6/m)
})

test('a terminal that is closed leaves the agent where it is', async () => {
  await screen.enter('$SBX run')
  await screen.see(inside)
  await screen.enter('echo "it is $$"')
  const [, pid] = /^it is (\d+)/m.exec(await screen.see(/^it is \d/m)) ?? []
  await screen.close()
  await other.enter('$SBX attach')
  await other.see(new RegExp(`^it is ${pid ?? ''}`, 'm'))
  await other.enter('exit 3')
  await other.see(outside)
  screen = await Screen.open(project)
})

test('what one that nobody looked at has changed is told once, by the next session or by its removal', async () => {
  const told = (id: string): RegExp => new RegExp(`since session ${id} began, which ended when nobody looked`)
  const ended = async (): Promise<string> => {
    const id = await detached('-c', 'echo 1 >> .envrc')
    const listed = await until(
      async () => {
        const { stderr } = await project.sbx(['ls'])
        return stderr.includes(`Session ${id} of`) ? stderr : null
      },
      () => 'the list does not tell of it',
    )
    expect(listed).toMatch(/What changed here that this machine would run: sbx logs project-/)
    return id
  }
  const first = await ended()
  const next = await project.sbx(['run', '--', '-c', 'true'])
  expect(next.stderr).toMatch(told(first))
  expect(next.stderr).toMatch(/^ {2}\.envrc /m)
  expect((await project.sbx(['run', '--', '-c', 'true'])).stderr).not.toContain('.envrc')
  expect((await project.sbx(['ls'])).stderr).toBe('')
  const second = await ended()
  expect((await project.sbx(['rm'])).stderr).toMatch(told(second))
  await project.ok(['apply', '--yes'])
})

test('what a session is given is in no list of processes, nothing that an engine shows, and no file of it', async () => {
  const secret = `planted-${randomBytes(8).toString('hex')}`
  const id = (
    await project.ok(['run', '-d', '-e', `KEY=${secret}`, '--', '-c', 'echo "${#KEY} long"; sleep 4812'])
  ).trim()
  const { Id } = await project.container()
  const container = project.docker.getContainer(Id)
  const log = `cat ~/.local/state/sbx/sessions/${id}/*`
  const seen = await until(
    async () => {
      const text = await project.inside(log)
      return text.includes(`${secret.length} long`) ? text : null
    },
    () => 'the session printed nothing',
  )
  const { ExecIDs, ...rest } = await container.inspect()
  const execs = await Promise.all((ExecIDs ?? []).map((each) => project.docker.getExec(each).inspect()))
  const processes = (await container.top({ ps_args: '-eo pid,args' })) as { readonly Processes: unknown }
  expect(
    JSON.stringify([seen, rest, execs, processes, await project.inside('cat /run/sbx/sessions/*/conf')]),
  ).not.toContain(secret)
  expect(JSON.stringify(processes)).toContain('sleep 4812')
})

test('an agent whose arguments are longer than tmux takes has all of them', async () => {
  const id = await detached('-c', 'echo "${#1} $2 $# [$3]"; exit 4', 'sh', 'x'.repeat(100_000), 'a;', '')
  const ended = await until(
    async () => {
      const ran = await project.sbx(['attach', 'project', id])
      return ran.exitCode === 4 ? ran : null
    },
    () => 'it never ended',
  )
  expect(ended.stdout).toContain('100000 a; 3 []')
})

test('an image without tmux is told of, and begins no session that would not last', async () => {
  await project.ok(['rm', '--force', '--volumes'])
  await project.write('agent: shell\ntemplate: debian:bookworm-slim\nnetwork: none\n')
  await project.ok(['apply', '--yes', '--allow-widen'])
  expect(await project.sbx(['run', '-d'])).toMatchObject({
    exitCode: 125,
    stderr: expect.stringMatching(/session\/not-kept[^]*there is no tmux in this image/),
  })
  await screen.enter('$SBX run')
  await screen.see(/^note: there is no tmux in this image, so this session ends with its terminal\./m)
  await screen.enter('exit 8')
  await screen.see(outside)
  await screen.enter('echo "code $?"')
  await screen.see(/^code 8/m)
  await project.write('agent: shell\nnetwork: none\n')
})
