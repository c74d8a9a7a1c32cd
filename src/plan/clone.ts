// A clone is filled once, in the first container that has its volume.

import type { DesiredSandbox } from '../model/desired.js'
import type { LiveSandbox } from '../model/live.js'
import type { ContainerTarget, SeedStep } from '../model/plan.js'
import type { RecordSpec } from '../model/spec.js'

/** Whether what was once filled can still be there. */
export function isSeeded(
  { clone, workspaceVolume }: DesiredSandbox,
  { volumes = [] }: Pick<LiveSandbox, 'volumes'>,
): boolean {
  return clone !== undefined && workspaceVolume !== undefined && volumes.includes(workspaceVolume)
}

/** Null where there is no clone, or `record` says that it was filled. */
export function seedStep(
  { clone, workspace }: Pick<DesiredSandbox, 'clone' | 'workspace'>,
  record: Pick<RecordSpec, 'clone'>,
  target: ContainerTarget,
): SeedStep | null {
  if (clone === undefined || record.clone !== undefined) return null
  return { do: 'seed-workspace', target, path: workspace, branch: clone.branch, head: clone.head }
}

export function afterSeed(record: RecordSpec, { branch }: Pick<SeedStep, 'branch'>): RecordSpec {
  return { ...record, clone: { branch } }
}
