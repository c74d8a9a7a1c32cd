// What an engine says of a container's processes while the container is ending, and under a runtime that is not its own.

import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { headerBytes } from '../../../src/engine/archive/copied-tree.js'
import { connectDocker } from '../../../src/engine/docker.js'
import { attachedSession, waitForKept } from '../../../src/engine/session/kept-session.js'
import { execOptions } from '../../../src/engine/session/session.js'
import { labels } from '../../../src/model/names.js'
import type { OpenSession } from '../../../src/model/risks.js'
import type { ContainerSpec } from '../../../src/model/spec.js'

const id = '1'.repeat(64)
const spec: ContainerSpec = {
  template: { kind: 'built-in', name: 'shell' },
  setup: [],
  workspace: { path: '/src/web', readonly: false },
  volumes: {},
  mounts: {},
  socket: 'none',
  credentials: 'none',
  network: 'open',
  ports: {},
}

const never = '0001-01-01T00:00:00Z'
const started = '2026-01-02T03:04:05.6Z'

/** What is open by what an engine answers; and what it was asked, in order. */
async function sessionsOf(
  made: ContainerSpec,
  answers: Readonly<Record<string, unknown>>,
  runtime = 'runc',
): Promise<{ readonly sessions: readonly OpenSession[]; readonly asked: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'sbx-sessions-'))
  const path = join(folder, 'engine.sock')
  const asked: string[] = []
  const container = {
    ...{ Id: id, Name: '/web', HostConfig: { Runtime: runtime }, NetworkSettings: {}, ExecIDs: ['e1', 'e2'] },
    Config: { Labels: { [labels.spec]: JSON.stringify(made) } },
    State: { Status: 'running', Running: true, ExitCode: 0, StartedAt: started, FinishedAt: never },
  }
  const all: Readonly<Record<string, unknown>> = { [`/containers/${id}/json`]: container, ...answers }
  const server = createServer((request, answer) => {
    const [url = '', query = ''] = (request.url ?? '').split('?')
    asked.push(url)
    const wanted = `${url} ${new URLSearchParams(query).get('ps_args') ?? ''}`
    const found = all[wanted] ?? all[url]
    answer.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
    answer.end(found instanceof Buffer ? found : JSON.stringify(found ?? { message: 'no such thing' }))
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const engine = connectDocker({ endpoint: { kind: 'unix', url: `unix://${path}`, path }, scope: 'none' })
  try {
    return { sessions: await engine.sessions(id), asked }
  } finally {
    engine.close()
    server.close()
    await rm(folder, { recursive: true })
  }
}

test('of a container that ends just now, which has no list of processes any more, no session is open', async () => {
  const { sessions } = await sessionsOf(spec, { [`/containers/${id}/top`]: { Titles: ['PID'], Processes: null } })
  expect(sessions).toEqual([])
})

test.each([
  ['a named runtime', { ...spec, isolation: 'other' }, 'other'],
  ['an engine whose own choice is one with a kernel of its own', spec, 'runsc'],
])(
  "under %s the processes that the engine lists are not asked for: they are the machine's own",
  async (_, made, runtime) => {
    const exec = (Running: boolean) => ({
      ...{ Running, ProcessConfig: { entrypoint: '/usr/bin/claude', arguments: [] } },
    })
    const { sessions, asked } = await sessionsOf(
      made,
      {
        [`/containers/${id}/top`]: { Titles: [], Processes: [['1', '0', '?', '-1', '99', 'systemd']] },
        '/exec/e1/json': exec(true),
        '/exec/e2/json': exec(false),
      },
      runtime,
    )
    expect(sessions).toEqual([{ command: 'claude', terminal: null, seconds: null }])
    expect(asked.filter((url) => url.endsWith('/top'))).toEqual([])
  },
)

const socket = '/run/sbx/sessions/kept-65a0b1c2d3/socket'
const [processes, commandLines] = ['-eo pid,ppid,tty,tpgid,etimes,comm', '-eo pid,args']

/** As an engine lists them: an init, what the entrypoint is, a kept session with its log, and one beside it. */
const detached = [
  ['5328', '5308', '?', '-1', '200', 'docker-init'],
  ['5355', '5328', '?', '-1', '200', 'sh'],
  ['5393', '5328', '?', '-1', '90', 'tmux: server'],
  ['5405', '5393', '?', '-1', '90', 'sh'],
  ['5394', '5393', '?', '5394', '90', 'sh'],
  ['5406', '5394', '?', '5394', '90', 'claude'],
  ['5407', '5405', '?', '-1', '90', 'dd'],
  ['5408', '5406', '?', '5394', '3', 'bash'],
]
const waiting = waitForKept('65a0b1c2d3').argv.join(' ')
const [serverLine, clientLine] = [`tmux -u -S ${socket} -f x new-session`, `tmux -u -S ${socket} attach-session -d`]

async function openOf(rows: readonly (readonly string[])[], lines: Readonly<Record<string, string>>) {
  const { sessions, asked } = await sessionsOf(spec, {
    [`/containers/${id}/top ${processes}`]: { Titles: [], Processes: rows },
    [`/containers/${id}/top ${commandLines}`]: { Titles: [], Processes: Object.entries(lines) },
  })
  return { sessions, looks: asked.filter((url) => url.endsWith('/top')).length }
}

test('a kept session that nobody looks at is open', async () => {
  expect(await openOf(detached, { 5393: serverLine })).toEqual({
    sessions: [{ command: 'claude', terminal: null, seconds: 90, id: '65a0b1c2d3' }],
    looks: 2,
  })
})

test('with those that show it or wait for its end, one killed over it among them, it is one session; a command beside it is another', async () => {
  const rows = [
    ...detached,
    ['5410', '5308', '?', '-1', '80', 'tmux: client'],
    ['5420', '5308', '?', '5420', '60', 'tmux: client'],
    ['5444', '5308', 'pts/3', '5444', '10', 'tmux: client'],
    ['5450', '5308', '?', '-1', '5', 'make'],
  ]
  const { sessions } = await openOf(rows, { 5393: serverLine, 5410: waiting, 5420: clientLine, 5444: clientLine })
  expect(sessions).toEqual([
    { command: 'make', terminal: null, seconds: 5 },
    { command: 'claude', terminal: 'a terminal', seconds: 90, id: '65a0b1c2d3' },
  ])
})

test.each([
  ['the agent’s own tmux', 'tmux new-session -d make watch'],
  ['one whose command speaks of ours', `tmux new-session -d echo -S ${socket}x `],
  ['one that ended between two looks', ''],
])('%s is no session: it goes on beside whoever began it', async (_, line) => {
  const { sessions } = await openOf(detached, line === '' ? {} : { 5393: line })
  expect(sessions).toEqual([])
})

test('without a tmux there is one look', async () => {
  const rows = detached.filter(([, , , , , command]) => command !== 'tmux: server')
  expect((await openOf(rows, {})).looks).toBe(1)
})

const since = Math.floor(Date.parse(started) / 1000)

/** What sessions leave in the home, as the engine hands it over. */
async function marks(entries: readonly { readonly name: string; readonly at: number }[]): Promise<Buffer> {
  const archive = pack()
  for (const { name, at } of entries) archive.entry({ name: `open/${name}`, mtime: new Date(at * 1000) }, '')
  archive.finalize()
  const pieces: Buffer[] = []
  for await (const piece of archive) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

test('where processes cannot be listed, what a session leaves in the home until it ends tells that it is open', async () => {
  const archive = await marks([
    { name: '65a0b1c2d3', at: since + 10 },
    { name: '65a0b1c2d4', at: since - 1 },
    { name: 'whatever', at: since + 10 },
    { name: '65a0b1c2d5', at: since },
  ])
  const { argv } = attachedSession({ id: '65a0b1c2d3', holder: 'h' }, { env: {}, workingFolder: '/' })
  const [entrypoint, ...rest] = execOptions({
    ...{ argv, user: 'agent', sessionId: 'x', env: {}, workingFolder: null },
    ...{ isTerminal: true, takesInput: true, size: null },
  }).Cmd as string[]
  const { sessions, asked } = await sessionsOf(
    { ...spec, isolation: 'other' },
    {
      '/exec/e1/json': { Running: true, ProcessConfig: { entrypoint, arguments: rest } },
      '/exec/e2/json': { Running: true, ProcessConfig: { entrypoint: '/usr/bin/make', arguments: [] } },
      [`/containers/${id}/archive`]: archive,
    },
  )
  expect(sessions).toEqual([
    { command: 'make', terminal: null, seconds: null },
    { command: null, terminal: null, seconds: expect.any(Number) as number, id: '65a0b1c2d3' },
    { command: null, terminal: null, seconds: expect.any(Number) as number, id: '65a0b1c2d5' },
  ])
  expect(asked.filter((url) => url.endsWith('/top'))).toEqual([])
})

test('whatever an agent puts beside what sessions leave in the home, little of it is read', async () => {
  const mark = { name: '65a0b1c2d3', at: since }
  const openBy = async (archive: Buffer) =>
    (await sessionsOf({ ...spec, isolation: 'other' }, { [`/containers/${id}/archive`]: archive })).sessions
  // Its content never comes.
  const huge = await headerBytes({ name: 'open/huge', mode: 0o644, mtime: new Date(0), size: 2 ** 40 })
  const first = (await marks([mark])).subarray(0, 512)
  const open = [expect.objectContaining({ id: mark.name }) as OpenSession]
  expect(await openBy(Buffer.concat([first, huge]))).toEqual(open)
  const many = Array.from({ length: 1_000 }, (_, at) => ({ name: `f${at}`, at: since }))
  expect(await openBy(await marks([mark, ...many]))).toEqual(open)
  expect(await openBy(await marks([...many, mark]))).toEqual([])
})
