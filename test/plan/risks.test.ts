import { describe, expect, test } from 'vitest'
import type { SandboxPlan } from '../../src/model/plan.js'
import { risks } from '../../src/plan/risks.js'

const recreate: SandboxPlan = {
  id: 'web-3f2a1c',
  name: 'web',
  action: 'recreate',
  reason: 'requested',
  changes: [],
  unchanged: 0,
  notes: [],
  grants: [],
  current: { containerId: 'c'.repeat(64), name: 'web', state: 'running', startedAt: null, imageId: 'i'.repeat(64) },
  steps: [{ do: 'remove-container', target: { id: 'c'.repeat(64) } }],
}

function discarded(...changedPaths: readonly string[]): readonly string[] {
  return risks(recreate, { sessions: 0, changedPaths, mountPoints: ['/home/me/src/web', '/data'] }).discarded
}

/** As an engine lists it for a container in which nobody did anything. */
const untouched = [
  '/data',
  '/etc',
  '/etc/passwd',
  '/home',
  '/home/me',
  '/home/me/src',
  '/home/me/src/web',
  '/usr',
  '/usr/sbin',
  '/usr/sbin/docker-init',
  '/usr/local',
  '/usr/local/share',
  '/usr/local/share/ca-certificates',
  '/usr/local/share/ca-certificates/sbx-host.crt',
  '/var',
  '/var/lib',
  '/var/lib/sbx',
  '/var/lib/sbx/ready',
]

describe('what a recreate would lose', () => {
  test('is nothing where nobody did anything', () => {
    expect(discarded(...untouched)).toEqual([])
  })

  test('is what somebody put there, with the folders that lead to it', () => {
    expect(discarded(...untouched, '/usr/local/bin', '/usr/local/bin/rg')).toEqual([
      '/usr',
      '/usr/local',
      '/usr/local/bin',
      '/usr/local/bin/rg',
    ])
  })
})
