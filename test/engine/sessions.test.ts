// What an engine says of a container's processes while the container is ending.

import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectDocker } from '../../src/engine/docker.js'

test('of a container that ends just now, which has no list of processes any more, no session is open', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sbx-sessions-'))
  const path = join(folder, 'engine.sock')
  const server = createServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'application/json' })
    answer.end(JSON.stringify({ Titles: ['PID'], Processes: null }))
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const engine = connectDocker({ endpoint: { kind: 'unix', url: `unix://${path}`, path }, scope: 'none' })
  try {
    expect(await engine.sessions('1'.repeat(64))).toEqual([])
  } finally {
    engine.close()
    server.close()
    await rm(folder, { recursive: true })
  }
})
