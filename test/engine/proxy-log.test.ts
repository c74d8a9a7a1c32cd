import { expect, test } from 'vitest'
import { parseEgress } from '../../src/engine/proxy-log.js'

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
