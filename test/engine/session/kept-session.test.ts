// What a kept session is started with, and what is made of what the sandbox says of those that it has. What they do is seen
// end to end.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  attachedSession,
  keptIdOf,
  keptSession,
  listKept,
  lookAtKept,
  newSessionId,
  parseState,
  waitForKept,
} from '../../../src/engine/session/kept-session.js'
import statesScript from '../../../src/engine/session/kept-states.sh'
import type { Engine } from '../../../src/model/engine.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const session = { argv: ['agent', 'fix this;', ''], workingFolder: '/src/web', env: { TERM: 'xterm', KEY: 'secret-1' } }
const how = { id: '65a0b1c2d3', holder: 'h1', size: { columns: 100, rows: 30 }, hint: 'Ctrl-] d' }
const running = '65a0b1c2d3\trunning\t-\t1700000000\t-\t1\t1700000100\twaiting\tclaude'
const ended = '65a0b1c2d4\tended\t5\t1700000001\t1700000009\t-\t-\tworking\tcodex'

/** An engine in which every command prints this. */
function printing(stdout: string): Pick<Engine, 'run'> {
  return { run: async () => Promise.resolve({ exitCode: 0, stdout, stderr: '' }) }
}

test('its command and what it is given are in the environment alone', () => {
  const kept = keptSession(session, how)
  expect(kept.argv.slice(3)).toEqual(['sbx', '65a0b1c2d3', 'h1', '100', '30', 'Ctrl-] d'])
  expect(kept).toMatchObject({ workingFolder: '/src/web', env: { ...session.env, SBX_ARGUMENTS: '3' } })
  expect([0, 1, 2].map((at) => kept.env[`SBX_ARGUMENT_${at}`])).toEqual(session.argv)
  expect(JSON.stringify(kept.argv)).not.toMatch(/secret-1|fix this/)
})

test('the id is known by the arguments of the commands that lead to it, and of no other', () => {
  expect(keptIdOf(keptSession(session, how).argv)).toBe('65a0b1c2d3')
  expect(keptIdOf(attachedSession(how, session).argv)).toBe('65a0b1c2d3')
  expect(keptIdOf(waitForKept('65a0b1c2d3').argv)).toBe('65a0b1c2d3')
  expect(keptIdOf(['tmux', 'new-session', '-s', 'mine'])).toBeNull()
  expect(keptIdOf(['/bin/sh', '-c', 'true', 'sbx', '65a0b1c2d3'])).toBeNull()
  expect(keptIdOf([])).toBeNull()
})

test('ids sort by age', () => {
  const [early, late] = [newSessionId(1_000_000), newSessionId(1_700_000_000_000)]
  expect(early).toMatch(/^000003e8[0-9a-f]{2}$/)
  expect([late, early].sort()).toEqual([early, late])
})

test('of those that it has all is told', async () => {
  expect(await listKept(printing(`${running}\n${ended}\n`), 'id')).toEqual([
    {
      ...{ id: '65a0b1c2d3', state: 'running', exitCode: null, startedAt: 1700000000, endedAt: null },
      ...{ program: 'claude', isAttached: true, quietSince: 1700000100, mood: 'waiting' },
    },
    {
      ...{ id: '65a0b1c2d4', state: 'ended', exitCode: 5, startedAt: 1700000001, endedAt: 1700000009 },
      // What it said before it ended is no news.
      ...{ program: 'codex', isAttached: false, quietSince: null, mood: null },
    },
  ])
  expect(await listKept(printing(''), 'id')).toEqual([])
})

test('of one, who looked at it last and what it left on its terminal', async () => {
  const look = await lookAtKept(printing(`${ended}\nh2\nlast\n  \u001b[1mlines\u001b[m\n`), 'id', '65a0b1c2d4')
  expect(look).toMatchObject({ holder: 'h2', screen: 'last\n  \u001b[1mlines\u001b[m\n', session: { exitCode: 5 } })
  expect(await lookAtKept(printing(''), 'id', '65a0b1c2d4')).toBeNull()
})

test('what nobody writes to is not waited for', () => {
  const folder = temporaryFolder('kept-states')
  mkdirSync(join(folder, '65a0b1c2d3'))
  execFileSync(
    'mkfifo',
    ['code', 'started', 'program', 'screen'].map((name) => join(folder, '65a0b1c2d3', name)),
  )
  const script = statesScript.replace('/home/agent/.local/state/sbx/sessions', folder)
  for (const ids of [[], ['65a0b1c2d3']]) {
    const look = spawnSync('/bin/sh', ['-c', script, 'sbx', ...ids], { timeout: 10_000, encoding: 'utf8' })
    expect(look).toMatchObject({ status: 0, stderr: '' })
    expect(parseState(look.stdout.split('\n')[0] ?? '')).toMatchObject({ state: 'lost', program: '-' })
  }
})

test('what somebody has made very large is not read', () => {
  const folder = temporaryFolder('kept-states')
  const ids = ['65a0b1c2d3', '65a0b1c2d4']
  for (const id of ids) mkdirSync(join(folder, id))
  // Nothing of it is on the disk, and a shell would read it a byte at a time.
  for (const name of ['code', 'started', 'program']) {
    writeFileSync(join(folder, '65a0b1c2d3', name), '')
    truncateSync(join(folder, '65a0b1c2d3', name), 1024 ** 3)
    writeFileSync(join(folder, '65a0b1c2d4', name), '5\n')
  }
  const script = statesScript.replace('/home/agent/.local/state/sbx/sessions', folder)
  const look = (...named: string[]) => {
    const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script, 'sbx', ...named], { timeout: 10_000 })
    expect([status, String(stderr)]).toEqual([0, ''])
    return parseState(String(stdout).split('\n')[0] ?? '')
  }
  expect(look()).toMatchObject({ id: '65a0b1c2d3', state: 'lost', program: '-' })
  expect(look('65a0b1c2d3')).toMatchObject({ state: 'lost', program: '-' })
  expect(look('65a0b1c2d4')).toMatchObject({ state: 'ended', exitCode: 5, program: '5' })
})

test('one that did not end by itself where there was no memory left is told as that', () => {
  const folder = temporaryFolder('kept-states')
  const [lost, killed, done, before] = ['65a0b1c2d3', '65a0b1c2d4', '65a0b1c2d5', '65a0b1c2d6']
  for (const id of [lost, killed, done, before]) mkdirSync(join(folder, id))
  writeFileSync(join(folder, killed, 'code'), '137\n')
  writeFileSync(join(folder, done, 'code'), '0\n')
  // Of the last one it is gone: the sandbox was started since.
  for (const id of [lost, killed, done]) mkdirSync(join(folder, 'run', `kept-${id}`), { recursive: true })
  const starvedAfter = (counts: string) => {
    writeFileSync(join(folder, 'events'), counts)
    const script = statesScript
      .replace('/home/agent/.local/state/sbx/sessions', folder)
      .replace('run=/run/sbx/sessions', `run=${join(folder, 'run')}`)
      .replace('/sys/fs/cgroup/memory.events', join(folder, 'events'))
      .replace('/sys/fs/cgroup/memory/memory.oom_control', join(folder, 'none'))
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' })
    expect(stderr).toBe('')
    const sessions = stdout.split('\n').flatMap((line) => parseState(line) ?? [])
    expect(sessions).toHaveLength(4)
    return sessions.filter(({ isStarved }) => isStarved).map(({ id }) => id)
  }
  // As the second version of control groups counts, and as the first does.
  expect(starvedAfter('low 0\noom 3\noom_kill 2\noom_group_kill 0\n')).toEqual([lost, killed])
  expect(starvedAfter('oom_kill_disable 0\nunder_oom 0\noom_kill 1\n')).toEqual([lost, killed])
  expect(starvedAfter('oom 3\noom_kill 0\n')).toEqual([])
})

test('a look that is ended with the sandbox is no look', async () => {
  const run: Engine['run'] = async () => Promise.resolve({ exitCode: 143, stdout: '', stderr: '' })
  for (const look of [listKept({ run }, 'id'), lookAtKept({ run }, 'id', '65a0b1c2d4')]) {
    await expect(look).rejects.toMatchObject({ diagnostics: [{ code: 'session/not-told' }] })
  }
})

test.each([
  ['', null],
  ['../../etc\tended\t0', null],
  ['65a0b1c2d3\tsomething\t0', null],
  ['65a0b1c2d3\tended\tmany\t-1\t1e9', { exitCode: 1, startedAt: 0x65a0b1c2, endedAt: null }],
  ['65a0b1c2d3\tended\t4711', { exitCode: 255 }],
  [
    '65a0b1c2d3\trunning\t-\t99999999999999\t-\t-\t-\thappy\ta\tb',
    { startedAt: 0x65a0b1c2, mood: null, program: 'a\tb' },
  ],
])('whoever runs inside can have written %j', (line, expected) => {
  const parsed = parseState(line)
  if (expected === null) expect(parsed).toBeNull()
  else expect(parsed).toMatchObject(expected)
})
