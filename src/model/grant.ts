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
 * Whether it reaches further than what was approved under the same key. A read-only mount of the same source is the one
 * narrowing there is (`ro:` against `rw:`).
 */
export function widens({ key, value }: Pick<Grant, 'key' | 'value'>, approved: string | undefined): boolean {
  if (approved === undefined) return true
  if (approved === value) return false
  // An image is named as its file likes, `ro:1` say.
  const isNarrowed =
    key.startsWith('mount:') && value.startsWith('ro:') && approved === `rw:${value.slice('ro:'.length)}`
  return !isNarrowed
}
