import { expect, test } from 'vitest'
import { addressesOf, subnetAt } from '../../../src/engine/network/limited-network.js'
import { proxyConfig, proxyConfigVersion } from '../../../src/engine/egress/proxy-config.js'

const place = { address: '10.213.7.2', subnet: '10.213.7.0/28' }
const rules = (...hosts: readonly string[]): string[] =>
  proxyConfig({ ...place, hosts })
    .trimEnd()
    .split('\n')

test('what a proxy goes by, from the first line to the last', async () => {
  const hosts = ['api.example.com:443', '*.cdn.example.com:443', 'mirror.example:80', 'mirror.example:443']
  await expect(proxyConfig({ ...place, hosts })).toMatchFileSnapshot('golden/proxy.conf')
})

test('the order in which hosts are written, and one that is written twice, make no difference', () => {
  expect(rules('b.example:443', 'a.example:443', 'b.example:443')).toEqual(rules('a.example:443', 'b.example:443'))
})

test('port 443 takes tunnels alone, any other port what is asked of it', () => {
  expect(rules('a.example:443').at(-2)).toBe('http_access allow tunnel h0 p443')
  expect(rules('a.example:8080').at(-2)).toBe('http_access allow h0 p8080')
})

test('a wildcard means names below, and a dot is a dot', () => {
  const [line = ''] = rules('*.b-c.example:443').filter((each) => each.startsWith('acl h0'))
  const expression = new RegExp(line.replace('acl h0 dstdom_regex -n -i ', ''), 'i')
  for (const host of ['x.b-c.example', 'x.y.b-c.example', 'X.B-C.EXAMPLE']) expect(host).toMatch(expression)
  for (const host of ['b-c.example', 'xb-c.example', 'x.b-cXexample', 'x.b-c.example.org', '.b-c.example']) {
    expect(host).not.toMatch(expression)
  }
})

test('without a host nothing is let out', () => {
  expect(rules().filter((line) => line.startsWith('http_access'))).toEqual([
    'http_access deny !sandbox',
    'http_access deny all',
  ])
})

test('nothing is looked up backwards, and what is private is refused before anything is allowed', () => {
  const lines = rules('a.example:443', '*.b.example:443')
  const hosts = lines.filter((line) => /^acl h\d/.test(line))
  expect(hosts.every((line) => line.includes(' -n '))).toBe(true)
  const access = lines.filter((line) => line.startsWith('http_access'))
  expect(access.slice(0, 3)).toEqual([
    'http_access deny !sandbox',
    'http_access deny !listed',
    'http_access deny private',
  ])
})

test('no line is longer than Squid reads, with as many hosts as a file may have', () => {
  const hosts = Array.from({ length: 200 }, (_, index) => `*.${'a'.repeat(60)}.${'b'.repeat(60)}-${index}.example:443`)
  const lengths = rules(...hosts).map((line) => line.length)
  expect(Math.max(...lengths)).toBeLessThan(2048)
  // One argument of a command can have 128 KiB.
  expect(rules(...hosts).join('\n').length).toBeLessThan(128 * 1024)
})

test('another sbx that writes it otherwise has another version', () => {
  expect(proxyConfigVersion()).toMatch(/^[0-9a-f]{8}$/)
})

test('a subnet has 16 addresses, none of them in another', () => {
  expect([0, 1, 15, 16, 4095].map(subnetAt)).toEqual([
    ...['10.213.0.0/28', '10.213.0.16/28', '10.213.0.240/28', '10.213.1.0/28', '10.213.255.240/28'],
  ])
  expect(addressesOf('10.213.255.240/28')).toEqual({
    ...{ gateway: '10.213.255.241', proxy: '10.213.255.242', range: '10.213.255.248/29' },
  })
})
