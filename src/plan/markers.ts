// Records beside the one that says what was applied, for as long as an apply takes: by them the next plan knows what one
// that was killed had still to do.

import type { SandboxLabels } from '../model/desired.js'
import type { LiveSandbox } from '../model/live.js'
import { recordName, type Scope } from '../model/names.js'
import type { Step } from '../model/plan.js'
import type { RecordSpec } from '../model/spec.js'
import { appliedRecord } from './live-spec.js'

export type Marker = Extract<Step, { do: 'create-record' }>

type Marked = {
  readonly scope: Scope
  readonly sandbox: SandboxLabels
  readonly live: LiveSandbox
  readonly record: { readonly name: string; readonly spec: RecordSpec }
}

/** Where another hand has removed the old record there is none to tell of a snapshot, so one is made for as long as it takes. */
export function snapshotMarker(marked: Marked, snapshot: string): Marker[] {
  const { live, record } = marked
  if (live.records.some(({ name }) => name !== record.name)) return []
  return markerOf(marked, { ...withoutStart(record.spec), snapshot })
}

/**
 * That what is about to start has a limited network which nobody has tried yet. `isWrittenLater` where the record is
 * written after the start only: what it says of that is not true before.
 */
export function unverifiedMarker(marked: Marked, isWrittenLater: boolean): Marker[] {
  const { live, record } = marked
  const before = appliedRecord(live.records, record.spec)?.spec ?? withoutStart(record.spec)
  return markerOf(marked, { ...(isWrittenLater ? before : record.spec), unverified: true })
}

export function isUnverified({ records }: LiveSandbox): boolean {
  return records.some(({ spec }) => spec.unverified === true)
}

function markerOf({ scope, sandbox, live }: Marked, spec: RecordSpec): Marker[] {
  const name = recordName(scope, sandbox.id, spec)
  // One that is there is removed with the other old records.
  if (live.records.some((record) => record.name === name)) return []
  return [{ do: 'create-record', name, sandbox, spec }]
}

function withoutStart({ inode: _, home: __, ...spec }: RecordSpec): RecordSpec {
  return spec
}
