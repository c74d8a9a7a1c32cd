// What doing a saved plan would cost now and would not have when it was looked at.

import { canonicalJson, type JsonObject, type JsonValue } from '../model/json.js'
import type { CloneLoss, Losses, Risks } from '../model/risks.js'
import type { Moved } from '../model/saved-plan.js'

/** `call` is what was said yes to beforehand. */
type Approved = { readonly call: { readonly discard?: true; readonly force?: true }; readonly risks: Risks }

/** Only where a yes to the loss was saved: it was for what was shown then. Else it is asked about now. */
export function movedLosses({ call, risks }: Approved, now: Risks): Moved[] {
  const isOther = call.discard === true && now.losses !== null && !isSame(risks.losses, now.losses)
  const isOtherClone = call.discard === true && now.clone !== null && !isSameClone(risks.clone, now.clone)
  const isMoreEnded = call.force === true && now.sessions.length > risks.sessions.length
  return [
    ...(isOther ? [{ what: 'files', before: countOf(risks.losses), after: countOf(now.losses) } as const] : []),
    ...(isOtherClone
      ? [{ what: 'clone', before: branchesOf(risks.clone), after: branchesOf(now.clone) } as const]
      : []),
    ...(isMoreEnded ? [{ what: 'sessions', before: risks.sessions.length, after: now.sessions.length } as const] : []),
  ]
}

/** By what and where, not by size: a log that grows is no other loss. */
function isSame(left: Losses | null, right: Losses | null): boolean {
  return canonicalJson(withoutSize(left)) === canonicalJson(withoutSize(right))
}

/** One of an older sbx has none. */
function isSameClone(left: CloneLoss | null | undefined, right: CloneLoss): boolean {
  return branchesOf(left) === branchesOf(right) && left?.isUnknown === right.isUnknown
}

function branchesOf(loss: CloneLoss | null | undefined): string {
  return (loss?.branches ?? []).map(({ name, tip }) => `${name} ${tip.slice(0, 7)}`).join(', ')
}

function withoutSize(losses: Losses | null): JsonValue {
  if (losses === null) return null
  const { bytes: _, files, ...rest } = losses
  const folders = files.folders.map(({ path, count }) => ({ path, count }))
  return JSON.parse(JSON.stringify({ ...rest, files: { ...files, folders } })) as JsonObject
}

function countOf(losses: Losses | null): number {
  return losses === null ? 0 : losses.files.count + losses.deleted + losses.packages.length + losses.volumes.length
}
