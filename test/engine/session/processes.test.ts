// What runs in a container, by a list that anybody inside has a part in.

import { expect, test } from 'vitest'
import { pack } from 'tar-stream'
import { listProcesses } from '../../../src/engine/session/processes.js'
import { Refusal, scriptedEngine } from '../support/scripted-engine.js'

const id = '1'.repeat(64)
const never = '0001-01-01T00:00:00Z'
const container = {
  ...{ Id: id, Name: '/web', HostConfig: { Runtime: 'runc' }, NetworkSettings: {}, Config: { Labels: {} } },
  State: { Status: 'running', Running: true, ExitCode: 0, StartedAt: never, FinishedAt: never },
}

async function processesOf(Processes: readonly (readonly string[])[] | null | Refusal, passwd: string) {
  const archive = pack()
  archive.entry({ name: 'passwd' }, passwd)
  archive.finalize()
  const pieces: Buffer[] = []
  for await (const piece of archive) pieces.push(piece as Buffer)
  const engine = await scriptedEngine((asked, response) => {
    if (asked.endsWith('/archive')) return void response.end(Buffer.concat(pieces))
    if (asked.endsWith('/top')) return Processes instanceof Refusal ? Processes : { Titles: [], Processes }
    return container
  })
  try {
    return { processes: await listProcesses(engine.client, id), asked: engine.asked }
  } finally {
    await engine.close()
  }
}

const keeping = [
  ['10', '1', '0', '0.0', '700', '90', '/sbin/docker-init -- sh'],
  ['11', '10', '0', '0.1', '800', '90', '/bin/sh -c # What runs'],
  ['12', '11', '0', '0.0', '600', '90', 'sleep 86400'],
]

test('what keeps a sandbox up is left out, and users are called as they are inside', async () => {
  const { processes } = await processesOf(
    [
      ...keeping,
      ['31', '30', '1000', '12.5', '2048', '5', 'node', '-e', 'x'],
      ['30', '1', '1000', '0.0', '1024', '20', 'claude'],
      ['40', '10', '7', '0.0', '1', '10', 'tmux: server'],
    ],
    'root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000::/home/agent:/bin/sh\nother:x:1000:1:::\n',
  )
  const one = { cpu: 0, seconds: 20, memory: 2 ** 20 }
  expect(processes).toEqual([
    { ...one, pid: 30, parent: 1, user: 'agent', command: 'claude' },
    { ...one, pid: 40, parent: 10, user: '7', seconds: 10, memory: 1024, command: 'tmux: server' },
    { pid: 31, parent: 30, user: 'agent', cpu: 0.125, memory: 2 ** 21, seconds: 5, command: 'node -e x' },
  ])
})

test('what keeps a session is marked, and its program is not', async () => {
  const kept = '/run/sbx/sessions/kept-6b031a34ca'
  const history = '/home/agent/.local/state/sbx/sessions/6b031a34ca'
  const row = (pid: string, parent: string, command: string) => [pid, parent, '1000', '0.0', '1', '9', command]
  const { processes } = await processesOf(
    [
      ...keeping,
      row('20', '10', `tmux -u -S ${kept}/socket -f ${kept}/conf new-session -d -s agent /bin/sh -c eval`),
      row('21', '20', `/bin/sh -c eval "$SBX_WRAPPER" sbx ${kept} ${history}`),
      row('22', '20', `sh -c cd '${history}' && had=0 && while dd bs=4096`),
      row('23', '22', 'dd bs=4096 count=256'),
      row('24', '21', 'bash -l'),
      row('25', '24', `/bin/sh -c eval "$SBX_WRAPPER" sbx ${kept} ${history}`),
      row('26', '24', 'tmux -u -S /tmp/mine/socket attach'),
    ],
    '',
  )
  const keepers = processes.filter(({ keepsSession }) => keepsSession === true)
  expect(keepers.map(({ pid }) => pid)).toEqual([20, 21, 22, 23])
  expect(processes).toHaveLength(7)
})

test('a list of users with anything in it names nobody what is no name', async () => {
  const rows = [...keeping, ['30', '1', '1000', '0.0', '1', '2', 'sh']]
  for (const passwd of ['', '\u001b[31mroot:x:1000:', 'a b:x:1000:', `${'n'.repeat(40)}:x:1000:`, ':::::']) {
    expect((await processesOf(rows, passwd)).processes).toMatchObject([{ user: '1000' }])
  }
})

test('of a container that ends there is none, and lines that are none are passed over', async () => {
  expect(await processesOf(null, '')).toMatchObject({ processes: [] })
  const odd = [['x', '1', '0', '0', '0', '0', 'y'], [], ['30', '1', '0', '0.0', '1', '-3', 'negative']]
  expect(await processesOf([...keeping, ...odd], '')).toMatchObject({ processes: [] })
})

test('what the engine refuses is told as it says it', async () => {
  await expect(processesOf(new Refusal(409, 'Container is restarting'), '')).rejects.toMatchObject({
    diagnostics: [{ code: 'engine/conflict', detail: expect.stringContaining('restarting') as string }],
  })
})
