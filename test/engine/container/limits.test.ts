import { expect, test } from 'vitest'
import { unheld } from '../../../src/engine/container/limits.js'

const all = { cpus: 1, memory: 2 ** 30, pids: 100 }

test.each([
  ['all of them', all, { CpuCfsQuota: true, MemoryLimit: true }, []],
  ['none of them', all, { CpuCfsQuota: false, MemoryLimit: false }, ['cpus', 'memory']],
  ['memory alone, as systemd delegates it', all, { CpuCfsQuota: false, MemoryLimit: true }, ['cpus']],
  [
    'none of them, where CPUs are not limited',
    { memory: 5, pids: 1 },
    { CpuCfsQuota: false, MemoryLimit: false },
    ['memory'],
  ],
  ['nothing that it would say', all, {}, []],
] as const)('an engine that controls %s', (_, limits, controls, missing) => {
  expect(unheld(limits, controls)).toEqual(missing)
})
