import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { PortSpec } from '../../src/model/spec.js'
import { checkPorts } from '../../src/resolve/ports.js'
import { complaints, fromLine } from './fixture.js'

/** A port that a server of this test listens on. */
async function heldPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function ports(hostPort: number | null, address = '127.0.0.1'): { ports: Record<string, PortSpec> } {
  return { ports: { '3000/tcp': { address, hostPort } } }
}

test('a port that another program holds names the line', async () => {
  const held = await heldPort()
  const origins = { '/ports/3000~1tcp': fromLine(6) }
  expect(await complaints(checkPorts({ spec: ports(held), current: [], origins }))).toMatchObject([
    { code: 'resolve/port-in-use', at: { line: 6 }, detail: expect.stringContaining(`${held} is in use`) as string },
  ])
})

test('a port of the same sandbox is its own to hand over, and a free one is free', async () => {
  const held = await heldPort()
  await checkPorts({ spec: ports(held), current: [ports(held)] })
  await checkPorts({ spec: ports(null), current: [] })
})

test('an address of another machine is told as such', async () => {
  // The end-to-end tests beside this one take addresses of the other two ranges that are there for documentation.
  const call = checkPorts({ spec: ports(3000, '203.0.113.1'), current: [] })
  expect((await complaints(call))[0]?.detail).toContain('is no address of this machine')
})
