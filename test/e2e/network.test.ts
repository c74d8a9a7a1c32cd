// The networks and ports of a sandbox, tried from inside and looked at from outside.

import { chown, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Project } from './support/project.js'

let project: Project
beforeEach(async () => {
  project = await Project.create()
})
afterEach(async () => {
  await project.remove()
})

async function apply(file: string, ...flags: readonly string[]): Promise<void> {
  await project.write(file)
  await project.ok(['apply', '--yes', '--discard', ...flags])
}

describe('the network', () => {
  test('open must reach out, but not from one sandbox to another', async () => {
    const other = await Project.create({ scope: project.scope })
    try {
      await apply('agent: shell\n')
      await other.write('agent: shell\nnetwork: open\n')
      await other.ok(['apply', '--yes'])
      const containers = await project.containers()
      const networks = containers.map(({ NetworkSettings }) => Object.values(NetworkSettings.Networks)[0])
      expect(new Set(networks.map((network) => network?.NetworkID)).size).toBe(1)
      const addressOf = async (each: Project) => each.inside('hostname -i')
      const [one, two] = [await addressOf(project), await addressOf(other)]
      expect(one).not.toBe(two)

      // A listener that this machine reaches and the neighbour does not.
      const listener = other.start(['exec', '--', 'perl', '-MSocket', '-e', listenerScript])
      try {
        await other.inside(
          `until ss -ltn 2>/dev/null | grep -q 4716 || grep -qi ':126C ' /proc/net/tcp; do sleep 0.1; done`,
        )
        expect(await other.inside(connect('127.0.0.1'))).toBe('connected')
        expect(await project.inside(connect(two))).not.toContain('connected')
      } finally {
        listener.kill('SIGTERM')
        await listener.ended
      }
      expect(await project.inside('ip route 2>/dev/null || tail -n +2 /proc/net/route')).not.toBe('')
    } finally {
      await other.remove()
    }
  })
})

const listenerScript = `socket(my $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
bind($s, sockaddr_in(4716, INADDR_ANY)) or die; listen($s, 5); while (accept(my $c, $s)) { close $c }`

function connect(address: string): string {
  return `timeout 2 bash -c 'exec 3<>/dev/tcp/${address}/4716' 2>/dev/null && echo connected || echo refused`
}

test('the database of another project must be reached by its name, and the ssh agent by its socket', async () => {
  const { docker, scope } = project
  const network = `sbx-test-${scope}_default`
  const Labels = { 'dev.sbx.scope': scope }
  await docker.createNetwork({ Name: network, Labels })
  const database = await docker.createContainer({
    ...{ Image: 'debian:bookworm-slim', Cmd: ['perl', '-MSocket', '-e', databaseScript], Labels },
    HostConfig: { NetworkMode: network },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: ['db'] } } },
  })
  await database.start()
  const socket = await emptySshAgent(project)
  await project.write(`agent: shell\nnetworks: [${network}]\nssh: agent\n`)
  const ask = 'until exec 3<>/dev/tcp/db/4716; do sleep 0.1; done 2>/dev/null; cat <&3; ssh-add -l; true'
  const allowed = ['--allow', `network:${network}`, '--allow', 'ssh']
  const env = { SSH_AUTH_SOCK: socket }
  const answer = await project.ok(['run', ...allowed, '--', '-c', `timeout 60 bash -c '${ask}'`], { env })
  expect(answer).toBe('one row\nThe agent has no identities.\n')
  const { Networks: joined } = (await project.container()).NetworkSettings
  expect(Object.keys(joined).sort()).toEqual([network, `sbx_${scope}-open`].sort())
})

/** Answers each question with a list of no keys. Gives its socket, which is the workspace's owner's, as a user's own is. */
async function emptySshAgent({ home, folder }: Project): Promise<string> {
  const socket = join(home, 'agent.sock')
  const server = createServer((connection) => {
    connection.on('data', () => connection.write(Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0])))
    // Whoever has an answer may go without a word.
    connection.on('error', () => connection.destroy())
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  onTestFinished(() => void server.close())
  const { uid, gid } = await stat(folder)
  if (process.getuid?.() === 0) await chown(socket, uid, gid)
  return socket
}

const databaseScript = `socket(my $s, PF_INET, SOCK_STREAM, 0); bind($s, sockaddr_in(4716, INADDR_ANY)) or die;
listen($s, 5); while (accept(my $c, $s)) { print $c "one row\\n"; close $c }`

describe('ports', () => {
  test('must be on loopback alone, and a lone port must take a free one', async () => {
    const free = await freePort()
    await apply(`agent: shell\nports: ["${String(free)}:3000", "5173"]\n`)
    const { Ports: ports } = (await project.container()).NetworkSettings
    expect(ports['3000/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: String(free) }])
    expect(ports['5173/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: expect.stringMatching(/^[1-9]\d+$/) }])
    const chosen = Number(ports['5173/tcp']?.[0]?.HostPort)
    expect(chosen).not.toBe(free)
    const { sandboxes } = await project.json<{ sandboxes: { ports: unknown }[] }>(['ls'])
    expect(sandboxes.map((each) => each.ports)).toEqual([
      [
        { container: 3000, protocol: 'tcp', address: '127.0.0.1', host: free },
        { container: 5173, protocol: 'tcp', address: '127.0.0.1', host: chosen },
      ],
    ])
  })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}
