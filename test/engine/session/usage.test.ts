// What an engine says that a container uses, in the words of its versions.

import { expect, test } from 'vitest'
import { usage, usageOf } from '../../../src/engine/session/usage.js'
import type { Stats } from '../../../src/engine/connection/answers.js'
import { scriptedEngine } from '../support/scripted-engine.js'

const mebibyte = 1024 * 1024

const stats: Stats = {
  read: '2026-11-22T12:00:00.5Z',
  cpu_stats: { cpu_usage: { total_usage: 2_500 }, system_cpu_usage: 20_000, online_cpus: 4 },
  precpu_stats: { cpu_usage: { total_usage: 1_000 }, system_cpu_usage: 16_000 },
  memory_stats: { usage: 100 * mebibyte, limit: 128 * mebibyte, stats: { inactive_file: 30 * mebibyte } },
  pids_stats: { current: 7, limit: 100 },
  networks: { eth0: { rx_bytes: 5, tx_bytes: 1 }, eth1: { rx_bytes: 2, tx_bytes: 3 } },
}
const whole = {
  at: Date.UTC(2026, 10, 22, 12, 0, 0, 500) / 1000,
  ...{ cpu: 1.5, memory: 70 * mebibyte, memoryLimit: 128 * mebibyte, pids: 7, pidsLimit: 100, received: 7, sent: 4 },
}

test.each<[string, Partial<Stats>, object]>([
  ['all there is', {}, {}],
  ['no look before', { precpu_stats: { cpu_usage: { total_usage: 0 } } }, { cpu: null }],
  ['no time passed', { precpu_stats: { cpu_usage: { total_usage: 1 }, system_cpu_usage: 20_000 } }, { cpu: null }],
  [
    'processors one by one',
    { cpu_stats: { cpu_usage: { total_usage: 2_500, percpu_usage: [1, 2] }, system_cpu_usage: 20_000 } },
    { cpu: 0.75 },
  ],
  [
    'the first version of control groups',
    { memory_stats: { usage: 100, limit: 200, stats: { total_inactive_file: 40, inactive_file: 10 } } },
    { memory: 60, memoryLimit: 200 },
  ],
  [
    'files that are more than all',
    { memory_stats: { usage: 10, limit: 20, stats: { inactive_file: 40 } } },
    { memory: 10, memoryLimit: 20 },
  ],
  [
    'all of the machine for a limit',
    { memory_stats: { usage: 10, limit: 1_000 * mebibyte } },
    { memory: 10, memoryLimit: null },
  ],
  ['no end for a limit', { pids_stats: { current: 3, limit: 18446744073709551615 } }, { pids: 3, pidsLimit: null }],
  [
    'no limit and no network',
    { pids_stats: { current: 3 }, networks: null },
    { pids: 3, pidsLimit: null, received: 0, sent: 0 },
  ],
])('of %s it is what is used', (_, change, expected) => {
  expect(usageOf({ ...stats, ...change }, 1_000 * mebibyte)).toEqual({ ...whole, ...expected })
})

test('a container that does not run uses nothing', () => {
  expect(usageOf({ read: '0001-01-01T00:00:00Z', memory_stats: {}, pids_stats: {} }, null)).toBeNull()
  expect(usageOf({}, null)).toBeNull()
})

async function looks(said: string, follow: boolean, signal = new AbortController().signal) {
  const engine = await scriptedEngine((asked) => (asked === 'GET /info' ? { MemTotal: 1_000 * mebibyte } : said))
  const found = []
  try {
    for await (const each of usage(engine.client, 'x', { follow, signal })) found.push(each)
    return found
  } finally {
    await engine.close()
  }
}

test('followed, it is told again and again, and what is no such thing ends it', async () => {
  const line = `${JSON.stringify(stats)}\n`
  expect(await looks(line + line, true)).toEqual([whole, whole])
  expect(await looks(line, false)).toEqual([whole])
  const wrong = { diagnostics: [{ code: 'engine/no-engine' }] }
  for (const said of ['{"memory_stats":[]}\n', 'none\n', '{"networks":{"eth0":7}}\n', 'x'.repeat(2 ** 21)]) {
    await expect(looks(line + said, true)).rejects.toMatchObject(wrong)
  }
  await expect(looks('{"pids_stats":"many"}', false)).rejects.toMatchObject(wrong)
  expect(await looks(line, true, AbortSignal.abort())).toEqual([])
  await expect(looks(line, false, AbortSignal.abort())).rejects.toMatchObject({ kind: 'interrupted' })
})
