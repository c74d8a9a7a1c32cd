import { expect, test } from 'vitest'
import type { Egress } from '../../src/model/engine.js'
import { countEgress, entryFor, type HostEgress, inOrder } from '../../src/ui/net-log-hosts.js'
import { egressJson, netLogJson } from '../../src/ui/net-log-json.js'
import { egressLine, netLogText } from '../../src/ui/net-log-text.js'
import { plainStyle } from '../../src/ui/style.js'

const spec = { allow: { 'api.example.com:443': true, '*.cdn.example:443': true } } as const
const now = new Date('2026-01-01T12:00:00Z')

function asked(host: string, port: number | null, verdict: Egress['verdict'], secondsAgo = 60): Egress {
  return { at: now.getTime() / 1000 - secondsAgo, verdict, method: 'CONNECT', host, port, bytes: 1 }
}

function hostsOf(...all: readonly Egress[]): readonly HostEgress[] {
  const counted = new Map<string, HostEgress>()
  for (const each of all) countEgress(counted, each)
  return inOrder(counted)
}

const usual = [
  asked('api.example.com', 443, 'allowed', 300),
  asked('api.example.com', 443, 'allowed', 4),
  asked('ads.test', 443, 'refused', 200),
  asked('ads.test', 443, 'refused', 120),
  asked('mirror.example', 80, 'refused', 130),
  asked('x.cdn.example', 443, 'failed', 10),
]

test('a host a line, and what to add for those that were refused', async () => {
  const lines = netLogText(hostsOf(...usual), { spec, style: plainStyle, now })
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/net-log.txt')
})

test('nothing asked for is said', () => {
  expect(netLogText([], { spec, style: plainStyle, now })).toHaveLength(1)
})

test('what would help is told, and nothing that would not', () => {
  const entry = (host: string, port: number | null = 443) => entryFor({ host, port }, spec)
  expect([entry('ads.test'), entry('mirror.example', 80)]).toEqual(['ads.test', 'mirror.example:80'])
  for (const host of ['192.0.2.1', '[::1]', 'localhost', '-', 'a..b', 'x\u001b[31m.example', 'a b.example']) {
    expect(entry(host), host).toBeNull()
  }
  expect([entry('api.example.com'), entry('a.b.cdn.example')]).toEqual([null, null])
  expect(entry('cdn.example')).toBe('cdn.example')
  expect([entry('ads.test', null), entry('ads.test', 0), entry('ads.test', 70_000)]).toEqual([null, null, null])
})

test('a listed host that was refused leads to a private address, which is said', () => {
  const lines = netLogText(hostsOf(asked('api.example.com', 443, 'refused')), { spec, style: plainStyle, now })
  expect(lines.at(-1)).toContain('private address')
  expect(lines.join('\n')).not.toContain('network.allow')
})

test('whatever an agent asks for, no control character of it reaches a screen', () => {
  const host = 'a\u001b[2J\u202e\nb'
  const hostile = asked(host, 443, 'refused')
  const text = [...netLogText(hostsOf(hostile), { spec, style: plainStyle, now }), egressLine(hostile)].join('\n')
  expect(text).not.toMatch(/[\u001b\u202e]/)
  expect(egressLine(hostile).split('\n')).toHaveLength(1)
})

test('a thousand names are not a thousand lines, but are all in the document', () => {
  const many = hostsOf(...Array.from({ length: 1000 }, (_, index) => asked(`h${index}.example`, 443, 'refused')))
  expect(netLogText(many, { spec, style: plainStyle, now }).length).toBeLessThan(210)
  expect(netLogJson('web', many, spec)['hosts']).toHaveLength(1000)
})

test('one request is a document', () => {
  expect(egressJson(asked('ads.test', 443, 'refused'), spec)).toEqual({
    ...{ format_version: '1.0', at: '2026-01-01T11:59:00.000Z', verdict: 'refused', method: 'CONNECT' },
    ...{ host: 'ads.test', port: 443, bytes: 1, add: 'ads.test' },
  })
})
