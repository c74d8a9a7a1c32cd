// What a user lets any sandbox on this machine reach, and what none: never in a project's own file.

import type { Position } from './diagnostic.js'

/** `pattern` is held against the subject of a grant; `*` stands for any text. */
export type PolicyRule = { readonly pattern: string; readonly at: Position }

/** What is denied is so whatever is allowed. `file` is absolute. */
export type Policy = {
  readonly file: string
  readonly deny: readonly PolicyRule[]
  readonly allow: readonly PolicyRule[]
}
