import type { Origin } from './config.js'

/** One thing the sandbox may reach beyond its workspace. */
export type Grant = {
  /** What `--allow` takes: `mount:/data`, `socket`, `env:STRIPE_KEY`, `secret:NAME`, `login`, `template`, `port:3000/tcp`. */
  readonly key: string
  /** What exactly is allowed; a yes is for this value only. Widening is any value not approved before. */
  readonly value: string
  readonly summary: string
  /** What the user's policy is held against: of a mount its source. Absent: the key. */
  readonly subject?: string
  readonly why?: string
  readonly origin?: Origin
}

/**
 * Whether `wanted` reaches further than what was approved under the same key. A read-only mount of the same source is
 * the one narrowing there is (`ro:` against `rw:`).
 */
export function widens(wanted: string, approved: string | undefined): boolean {
  if (approved === undefined) return true
  if (approved === wanted) return false
  return !(wanted.startsWith('ro:') && approved === `rw:${wanted.slice('ro:'.length)}`)
}
