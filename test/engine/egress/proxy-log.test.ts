import { expect, test } from 'vitest'
import { proxyLabels } from '../../../src/engine/labels/proxy-labels.js'
import { parseEgress, proxyLog } from '../../../src/engine/egress/proxy-log.js'
import { proxyName } from '../../../src/model/names.js'
import { scriptedEngine } from '../support/scripted-engine.js'

test('a line of the proxy is a request', () => {
  expect(parseEgress('1795331575.910 TCP_TUNNEL 200 CONNECT API.Example.com. 443 192.0.2.7 5120')).toEqual({
    ...{ at: 1795331575.91, verdict: 'allowed', method: 'CONNECT', host: 'api.example.com', port: 443, bytes: 5120 },
  })
  expect(parseEgress('1795331575.910 TCP_DENIED 403 CONNECT ads.test 443 - 3420')?.verdict).toBe('refused')
  expect(parseEgress('1795331575.910 NONE_NONE 503 CONNECT gone.example 443 - 0')?.verdict).toBe('failed')
  expect(parseEgress('1795331575.910 TCP_MISS 404 GET mirror.example 80 192.0.2.7 12')?.verdict).toBe('allowed')
  expect(parseEgress('1795331575.910 TCP_DENIED 403 GET x - - 12')?.port).toBeNull()
})

test('what is none of it is passed over, and what sbx itself asked for', () => {
  const others = ['', 'x', '2026/11/22 07:12:55| WARNING: BCP 177 violation.', '1795331575.892 NONE_NONE 0 - - - - 0']
  const long = `1795331575.910 TCP_DENIED 403 GET ${'a'.repeat(1000)} 80 - 12`
  const own = '1795331575.910 TCP_DENIED 403 CONNECT sbx-probe.invalid 443 - 3420'
  for (const line of [...others, long, own]) expect(parseEgress(line)).toBeNull()
})

const sandbox = { id: 'log-000001', displayName: 'log', workspace: '/w', inode: '1:2:3', agent: 'shell', profile: null }

function listed(id: string, replaces: string | null, state: string, createdAt: number) {
  const spec = { allow: {} }
  const name = proxyName('', sandbox.id, spec, replaces)
  const labels = proxyLabels('', { name, sandbox, spec, agentHosts: [], image: 'debian', recipe: '', replaces })
  const common = { Image: 'debian', ImageID: 'sha256:1', Mounts: [], Ports: [] }
  return { ...common, Id: id, Names: [`/${name}`], Labels: labels, State: state, Created: createdAt }
}

function framed(line: string): Buffer {
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(line.length, 4)
  return Buffer.concat([head, Buffer.from(line)])
}

const asking = (host: string) => framed(`1795331575.910 TCP_DENIED 403 CONNECT ${host} 443 - 3420\n`)

test('what is followed goes on with the proxy that takes over, which is made before the other one ends', async () => {
  const lists = [
    [listed('one', null, 'running', 1)],
    [listed('one', null, 'exited', 1), listed('two', 'one', 'created', 2)],
    [listed('one', null, 'exited', 1), listed('two', 'one', 'created', 2)],
    [listed('one', null, 'exited', 1), listed('two', 'one', 'running', 2)],
    [listed('one', null, 'exited', 1), listed('two', 'one', 'exited', 2)],
  ]
  let shown = lists[0]
  const engine = await scriptedEngine((asked, response) => {
    if (asked === 'GET /containers/json') return (shown = lists.shift() ?? shown)
    const [, , id] = asked.split('/')
    const hasStarted = shown?.some(({ Id, State }) => Id === id && State !== 'created') === true
    response.end(hasStarted ? asking(`${id}.example`) : '')
    return undefined
  })
  try {
    const hosts: string[] = []
    const options = { follow: true, signal: new AbortController().signal }
    for await (const { host } of proxyLog(engine.client, '', sandbox.id, options)) hosts.push(host)
    expect(hosts).toEqual(['one.example', 'two.example'])
  } finally {
    await engine.close()
  }
})

test('one that never starts is waited for until whoever follows has enough', async () => {
  const enough = new AbortController()
  let looks = 0
  const engine = await scriptedEngine(() => {
    looks += 1
    if (looks === 2) enough.abort()
    return [listed('one', null, 'created', 1)]
  })
  try {
    const options = { follow: true, signal: enough.signal }
    for await (const egress of proxyLog(engine.client, '', sandbox.id, options)) expect(egress).toBeUndefined()
    expect(looks).toBe(2)
  } finally {
    await engine.close()
  }
})
