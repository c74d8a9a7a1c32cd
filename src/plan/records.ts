// The record that an apply writes: what is asked for, and what only the planner knows to be true of the container.

import type { DesiredSandbox } from '../model/desired.js'
import type { LiveContainer } from '../model/live.js'
import { recordName, type Scope } from '../model/names.js'
import type { CarriedSpec, RecordSpec } from '../model/spec.js'
import type { Situation } from './situation.js'
import type { NamedRecord } from './tail-steps.js'

export function recordFor(scope: Scope, id: string, spec: RecordSpec): NamedRecord {
  return { name: recordName(scope, id, spec), spec }
}

/** Whether a container that started on one folder would have another one: a clone has none of this machine. */
export function isOtherFolder({ inode, containerSpec }: DesiredSandbox, startedOn: string): boolean {
  return containerSpec.workspace.mode !== 'clone' && startedOn !== inode
}

/** Where the folder is another than the container's label says, the record tells which one it was started on. */
export function onFolder(container: LiveContainer, desired: DesiredSandbox, record: RecordSpec): RecordSpec {
  return isOtherFolder(desired, container.sandbox.inode) ? { ...record, inode: desired.inode } : record
}

/** One of an older sbx does not say on which snapshot the container stands: it stays while it says all else. */
export function recordToKeep({ desired, live, options, current }: Situation, spec: RecordSpec): NamedRecord {
  const plain = recordFor(options.scope, desired.id, spec)
  const whole = recordFor(options.scope, desired.id, { ...spec, ...stoodOn(current.spec) })
  const isThere = ({ name }: NamedRecord): boolean => live.records.some((other) => other.name === name)
  return isThere(plain) && !isThere(whole) ? plain : whole
}

export function stoodOn({ carried }: { readonly carried?: CarriedSpec | undefined }): Pick<RecordSpec, 'snapshot'> {
  return carried === undefined ? {} : { snapshot: carried.image }
}
