// The record that an apply writes: what is asked for, and what only the planner knows to be true of the container.

import type { DesiredSandbox } from '../model/desired.js'
import type { LiveContainer } from '../model/live.js'
import { recordName, type Scope } from '../model/names.js'
import type { CarriedSpec, RecordSpec } from '../model/spec.js'
import type { Situation } from './situation.js'
import type { Outcome } from './steps.js'

export function recordFor(scope: Scope, id: string, spec: RecordSpec): Outcome['record'] {
  return { name: recordName(scope, id, spec), spec }
}

/** Where the folder is another than the container's label says, the record tells which one it was started on. */
export function onFolder(container: LiveContainer, { inode }: DesiredSandbox, record: RecordSpec): RecordSpec {
  return container.sandbox.inode === inode ? record : { ...record, inode }
}

/** One of an older sbx does not say on which snapshot the container stands: it stays while it says all else. */
export function recordToKeep({ desired, live, options, current }: Situation, spec: RecordSpec): Outcome['record'] {
  const plain = recordFor(options.scope, desired.id, spec)
  const whole = recordFor(options.scope, desired.id, { ...spec, ...stoodOn(current.spec) })
  const isThere = ({ name }: Outcome['record']): boolean => live.records.some((other) => other.name === name)
  return isThere(plain) && !isThere(whole) ? plain : whole
}

export function stoodOn({ carried }: { readonly carried?: CarriedSpec | undefined }): Pick<RecordSpec, 'snapshot'> {
  return carried === undefined ? {} : { snapshot: carried.image }
}
