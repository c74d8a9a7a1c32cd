import { expect, test } from 'vitest'
import type { Losses, Risks } from '../../src/model/risks.js'
import { movedLosses } from '../../src/plan/moved-losses.js'

function risksOf(bytes: number, count = 3): Risks {
  const folders = [{ path: '/opt/log', count, size: { bytes } }]
  const losses: Losses = { files: { count, folders, elsewhere: 0 }, deleted: 0, packages: [], volumes: [], bytes }
  return { sessions: [], clone: null, losses, kept: null, widening: [] }
}

test('a yes to what would be lost holds while it grows, and not where there is more of it', () => {
  const approved = { call: { discard: true }, risks: risksOf(10) } as const
  expect(movedLosses(approved, risksOf(20))).toEqual([])
  expect(movedLosses(approved, risksOf(10, 4))).toEqual([{ what: 'files', before: 3, after: 4 }])
})
