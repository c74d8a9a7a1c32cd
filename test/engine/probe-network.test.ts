// The script that looks for what answers, on this machine's own loopback, where both kinds of an answer can be had.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import probe from '../../src/engine/egress/probe-network.sh'

const run = promisify(execFile)
const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
})

async function listen(address: string, port: number, said: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => socket.end(said))
  })
  servers.push(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const port = await listen('127.0.0.1', 0, '')
  const [server] = servers.splice(-1)
  await new Promise((resolve) => server?.close(resolve))
  return port
}

async function probed(...argv: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('bash', ['-c', probe, 'sbx', ...argv])
  // Whether this machine has names and IPv6 is not what is tried here.
  return stdout.split('\n').filter((line) => line !== '' && !/^answers (name|ipv6)$/.test(line))
}

test('whoever takes a connection and whoever refuses one answers; what the proxy says is told', async () => {
  await listen('127.0.0.97', 3128, 'HTTP/1.1 403 Forbidden\r\n\r\n')
  const [open, closed] = [String(await listen('127.0.0.1', 0, '')), String(await freePort())]
  const lines = await probed('127.0.0.97', '127.0.0.1', open, '127.0.0.1', closed)
  expect([...lines].sort()).toEqual(
    [`answers 127.0.0.1 ${open}`, `answers 127.0.0.1 ${closed}`, 'proxy 403', 'end'].sort(),
  )
  expect(lines.at(-1)).toBe('end')
})

test('a proxy that lets anything through is told by its status', async () => {
  await listen('127.0.0.98', 3128, 'HTTP/1.1 200 Connection established\r\n\r\n')
  expect(await probed('127.0.0.98')).toEqual(['proxy 200', 'end'])
})

const loopback = '00000000000000000000000000000001 01 80 10 80       lo\n'
const linkLocal = 'fe80000000000000004242fffe000002 06 40 20 80     eth0\n'

test.each([
  ['an address of its own', loopback + linkLocal, true],
  ['that of the loopback alone', loopback, false],
  ['none', '', false],
  ['no IPv6 in the kernel', null, false],
])('it has IPv6 where it has %s: %s', async (_, addresses, isTold) => {
  const folder = await mkdtemp(join(tmpdir(), 'sbx-probe-'))
  const file = join(folder, 'if_inet6')
  if (addresses !== null) await writeFile(file, addresses)
  await listen('127.0.0.99', 3128, 'HTTP/1.1 403 Forbidden\r\n\r\n')
  try {
    const { stdout, stderr } = await run('bash', [
      ...['-c', probe.replaceAll('/proc/net/if_inet6', file), 'sbx', '127.0.0.99'],
    ])
    expect(stdout.split('\n').includes('answers ipv6')).toBe(isTold)
    expect(stderr).toBe('')
  } finally {
    await rm(folder, { recursive: true })
  }
})
