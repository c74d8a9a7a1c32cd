import { expect, test } from 'vitest'
import { newsOf } from '../../../src/cli/session/exec.js'
import type { FieldChange } from '../../../src/model/plan.js'

const told = (...changes: readonly FieldChange[]) => newsOf({ name: 'web', changes, notes: [] })

test('a command in a sandbox tells an edit, and what was done by hand where that recreates', () => {
  const drift = { path: '/entrypoint', op: 'change', effect: 'recreate', origin: 'drift' } as const
  const edit = { path: '/network', op: 'change', effect: 'recreate', origin: 'config' } as const
  const limit = { path: '/resources/pids', op: 'change', effect: 'live', origin: 'drift' } as const
  expect(told(drift)).toEqual(['web was changed outside sbx, and the next apply recreates it'])
  expect(told(edit)).toEqual(['sandbox.yaml has changed since the last apply; this is what was last applied'])
  expect(told(limit)).toEqual([])
  expect(told(edit, drift)).toHaveLength(2)
})
