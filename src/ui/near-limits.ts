// Where a sandbox has little left of what it may use: a program that is refused memory or a process ends in strange ways.

import type { Usage } from '../model/watching.js'

export type Limit = 'memory' | 'pids'

/** From this share on. */
const near = 0.9

export function nearLimits({ memory, memoryLimit, pids, pidsLimit }: Usage): readonly Limit[] {
  const isNear = (used: number, limit: number | null): boolean => limit !== null && limit > 0 && used >= near * limit
  return [
    ...(isNear(memory, memoryLimit) ? (['memory'] as const) : []),
    ...(isNear(pids, pidsLimit) ? (['pids'] as const) : []),
  ]
}
