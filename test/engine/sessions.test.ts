// What an engine says of a container's processes while the container is ending, and under a runtime that is not its own.

import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectDocker } from '../../src/engine/docker.js'
import { labels } from '../../src/model/names.js'
import type { OpenSession } from '../../src/model/risks.js'
import type { ContainerSpec } from '../../src/model/spec.js'

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
    State: { Status: 'running', Running: true, ExitCode: 0, StartedAt: never, FinishedAt: never },
  }
  const all: Readonly<Record<string, unknown>> = { [`/containers/${id}/json`]: container, ...answers }
  const server = createServer((request, answer) => {
    const [url = ''] = (request.url ?? '').split('?')
    asked.push(url)
    answer.writeHead(url in all ? 200 : 404, { 'content-type': 'application/json' })
    answer.end(JSON.stringify(all[url] ?? { message: 'no such thing' }))
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
