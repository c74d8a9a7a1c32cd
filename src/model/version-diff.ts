// Two versions of a project's file beside each other: what was written differently, and what that lets a sandbox reach.

import type { Origin } from './config.js'
import type { Position } from './diagnostic.js'
import type { JsonPointer, JsonValue } from './json.js'

/** One setting as it is written; nothing here was looked up on this machine. */
export type WrittenChange = {
  /** Into the config; in a profile it begins with `/profiles/NAME`. */
  readonly path: JsonPointer
  readonly op: 'add' | 'change' | 'remove'
  /** Absent where there is none. */
  readonly before?: JsonValue
  readonly after?: JsonValue
  /** In the newer version, or of what is gone in the older one. */
  readonly source?: Origin
}

export type WrittenGrant = {
  /** What `--allow` takes. */
  readonly key: string
  readonly value: string
  /** In the older version, where both have the key. */
  readonly before?: string
  readonly summary: string
  readonly why?: string
  readonly origin?: Origin
  /** Null for the file without one. */
  readonly profile: string | null
}

/** A file that is extended and lies where none is compared: in another repository, or nowhere in this one. */
export type UnreadBase = {
  /** A git reference, or an absolute path. */
  readonly reference: string
  /** What sandbox.lock pins a git reference to; null where it does not, and of a path. */
  readonly commit: string | null
  readonly at?: Position
  /** `same` where both versions extend just this. */
  readonly op: 'add' | 'remove' | 'same'
}

export type VersionDiff = {
  readonly from: { readonly rev: string; readonly commit: string }
  /** Absolute. */
  readonly to: { readonly file: string }
  readonly changes: readonly WrittenChange[]
  readonly grants: {
    readonly added: readonly WrittenGrant[]
    readonly removed: readonly WrittenGrant[]
    readonly changed: readonly WrittenGrant[]
  }
  readonly unread: readonly UnreadBase[]
  /** Whether the newer version reaches further in anything, or may for what of it was not read. */
  readonly widens: boolean
}
