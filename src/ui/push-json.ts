// `sbx push --json`, as schema/push.schema.json says.

import type { JsonObject } from '../model/json.js'
import { formatVersion } from './format-version.js'

/**
 * What became of the agent's branch: `apart` where it has commits of its own, `changed` where something is not committed,
 * `elsewhere` where the agent is on another one; those stay.
 */
export type Moved = 'moved' | 'same' | 'apart' | 'changed' | 'elsewhere'

export type Pushed = {
  readonly name: string
  /** Full names, in the clone. */
  readonly refs: readonly { readonly ref: string; readonly before: string | null; readonly after: string | null }[]
  /** That the agent works on. */
  readonly branch: string
  readonly moved: Moved
  /** Command that takes the commits into the branch; null where there is nothing to take. */
  readonly hint: string | null
}

export function pushJson({ name, refs, moved, hint }: Pushed): JsonObject {
  return {
    format_version: formatVersion,
    name,
    refs: refs.map(({ ref, before, after }) => ({ ref, from: before, to: after })),
    moved: moved === 'moved',
    hint,
  }
}
