// After a session: what it changed in the workspace that this machine would run or trust. To standard error, and nothing
// where there is nothing.

import { homedir } from 'node:os'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { ContainerSpec } from '../../model/spec.js'
import type { Host } from '../../resolve/host.js'
import { errorCode } from '../../resolve/read.js'
import type { WorkspaceBefore } from '../../resolve/workspace-report.js'
import { type Invocation, tell } from '../call/invocation.js'
import { styleOf } from '../call/style.js'

/**
 * Looks at the workspace now, and gives what tells the difference at the end. `isWhole`: the whole workspace is looked
 * through then, which can take a second. `look` gives what to compare with, where that is not how it is now.
 */
export async function watchWorkspace(
  invocation: Invocation,
  host: Pick<Host, 'programEnv'>,
  spec: Pick<ContainerSpec, 'workspace' | 'hide' | 'mounts'>,
  isWhole: boolean,
  look?: () => Promise<WorkspaceBefore>,
): Promise<() => Promise<void>> {
  if (invocation.options.quiet === true || isApart(spec)) return async () => undefined
  const { lookBefore } = await import('../../resolve/workspace-report.js')
  const before = await (look ?? (() => lookBefore(spec)))()
  return async () => tellSince(invocation, host, before, { isWhole, since: 'this session began' })
}

/** `since` as the words for when it was so. */
export async function tellSince(
  invocation: Invocation,
  host: Pick<Host, 'programEnv'>,
  before: WorkspaceBefore,
  { isWhole, since }: { readonly isWhole: boolean; readonly since: string },
): Promise<void> {
  const { reportSince } = await import('../../resolve/workspace-report.js')
  const report = await orNote(invocation, () => {
    // One that has ended the session ends nothing after it.
    const signal = invocation.signal.aborted ? undefined : invocation.signal
    return reportSince(before, { env: host.programEnv(), isWhole, signal })
  })
  if (report === null || report.changes.length === 0) return
  const { workspaceReportLines } = await import('../../ui/workspace-report-text.js')
  const { columns, hasUnicode } = styleOf(invocation, invocation.errors)
  const workspace = before.spec.workspace.path
  tell(invocation, workspaceReportLines(report, { workspace, home: homedir(), since, columns, hasUnicode }))
}

/** Whether no session changes the workspace on this machine: where it is a clone, nothing of it is here. */
export function isApart({ workspace }: Pick<ContainerSpec, 'workspace'>): boolean {
  return workspace.readonly || workspace.mode === 'clone'
}

/** The session is over, and how it ended is not for its report to say. */
async function orNote<T>(invocation: Invocation, look: () => Promise<T>): Promise<T | null> {
  try {
    return await look()
  } catch (error) {
    const why = error instanceof DiagnosticError ? error.diagnostics[0]?.detail : errorCode(error)
    if (why === undefined) throw error
    tell(invocation, [`note: What this session changed in the workspace cannot be told (${why}).`])
    return null
  }
}
