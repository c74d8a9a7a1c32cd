// What this machine remembers of approvals, beside what the engine says that sandboxes have.

import { realpath } from 'node:fs/promises'
import type { ApprovedGrant, ApprovedSandbox, FolderState } from '../../model/approval.js'
import type { SandboxLabels } from '../../model/desired.js'
import { DiagnosticError, fail } from '../../model/diagnostic.js'
import type { Survey } from '../../model/live.js'
import { newestRecord } from '../../plan/live-spec.js'
import { type Approvals, isOfItsFolder, listApprovals } from '../../resolve/approvals.js'
import { folderState } from '../../resolve/gone-folder.js'
import type { Host } from '../../resolve/host.js'
import { isAtOrBeneath } from '../../resolve/paths.js'
import { callLike } from '../call/call.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, tell } from '../call/invocation.js'

/** `labels` are null where the engine has none of its containers, `approvals` where this machine remembers nothing of it. */
export type Remembered = ApprovedSandbox & {
  readonly approvals: Approvals | null
  readonly labels: SandboxLabels | null
}

/**
 * Sorted by id. One look at the engine, however many there are. Where it cannot be reached, what this machine remembers is
 * known all the same.
 */
export async function rememberedSandboxes(invocation: Invocation, host: Host): Promise<readonly Remembered[]> {
  const kept = listApprovals(host.stateFolder)
  const survey = await surveyed(invocation, host)
  const labelsOf = new Map((survey?.containers ?? []).map(({ sandbox }) => [sandbox.id, sandbox]))
  const approvalsOf = new Map(kept.map((approvals) => [approvals.id, approvals]))
  const ids = [...new Set([...labelsOf.keys(), ...approvalsOf.keys()])].sort()
  return ids.flatMap((id): Remembered[] => {
    const [labels, approvals] = [labelsOf.get(id) ?? null, approvalsOf.get(id) ?? null]
    const workspace = labels?.workspace ?? approvals?.workspace
    if (workspace === undefined) return []
    const name = labels?.displayName ?? approvals?.name ?? id
    const record = newestRecord((survey?.records ?? []).filter(({ sandboxId }) => sandboxId === id))
    const has = survey === null ? null : (record?.spec.grants ?? {})
    const folder = folderState({ workspace, inode: approvals?.inode ?? labels?.inode ?? '' })
    return [{ id, name, workspace, folder, grants: grantsOf(approvals, folder, has), approvals, labels }]
  })
}

/** Null where the engine cannot be reached, which is told. */
async function surveyed(invocation: Invocation, host: Host): Promise<Survey | null> {
  try {
    return await withEngine(invocation, host, (engine) => engine.survey([]))
  } catch (error) {
    if (!(error instanceof DiagnosticError) || error.kind !== 'unreachable') throw error
    const why = error.diagnostics[0]?.detail ?? ''
    tell(invocation, [`note: What the sandboxes have is not known: the engine cannot be reached. ${why}`.trimEnd()])
    return null
  }
}

/** `has` is null where that is not known. Of a folder that is not there they count again once it is back. */
function grantsOf(
  approvals: Approvals | null,
  folder: FolderState,
  has: Readonly<Record<string, string>> | null,
): readonly ApprovedGrant[] {
  const given = approvals !== null && (folder !== 'there' || isOfItsFolder(approvals)) ? approvals.grants : {}
  const keys = [...new Set([...Object.keys(given), ...Object.keys(has ?? {})])].sort()
  return keys.map((key) => {
    const approval = given[key]
    const by = approvals === null ? 'record' : approval === undefined ? null : (approval.by ?? 'user')
    return {
      key,
      value: approval?.value ?? has?.[key] ?? '',
      approvedAt: approval?.at ?? null,
      isInUse: has === null ? null : has[key] !== undefined,
      by,
    }
  })
}

/** An exact id or name goes before a prefix. */
export function rememberedNamed(all: readonly Remembered[], name: string): Remembered {
  const ways = [
    (one: Remembered) => one.id === name,
    (one: Remembered) => one.name === name,
    (one: Remembered) => one.id.startsWith(name),
  ]
  for (const isMeant of ways) {
    const [first, ...others] = all.filter(isMeant)
    if (first === undefined) continue
    if (others.length > 0)
      ambiguous(`"${name}" could be any of these: ${[first, ...others].map(({ id }) => id).join(', ')}.`)
    return first
  }
  return fail('cli/no-such-sandbox', 'There is no such sandbox', {
    detail: `Nothing was approved of a sandbox called "${name}". To see what was:`,
    command: 'sbx grants',
  })
}

/** The one of the file, else of the nearest folder. */
export async function rememberedHere(
  invocation: Invocation,
  host: Host,
  all: readonly Remembered[],
): Promise<Remembered> {
  const { fileSandboxId } = await import('../declared/file-sandbox.js')
  const id = await fileSandboxId(invocation, host)
  const ofFile = all.find((one) => one.id === id)
  if (ofFile !== undefined) return ofFile
  const folder = await realpath(invocation.workingFolder)
  const around = all.filter(({ workspace }) => isAtOrBeneath(folder, workspace))
  const depth = Math.max(...around.map(({ workspace }) => workspace.length))
  const nearest = around.filter(({ workspace }) => workspace.length === depth)
  if (nearest.length > 1) ambiguous(`This folder has several: ${nearest.map((one) => one.id).join(', ')}. Name one.`)
  const [first] = nearest
  if (first !== undefined && id === null) return first
  return fail('cli/no-sandbox-here', 'There is no sandbox for this folder', {
    detail: 'Nothing was approved of one. To see what was, of which:',
    command: callLike(invocation, 'sbx grants'),
  })
}

function ambiguous(detail: string): never {
  fail('cli/ambiguous-sandbox', 'More than one sandbox fits', { detail })
}
