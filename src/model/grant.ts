import type { Origin } from './config.js'
import type { ContainerSpec } from './spec.js'

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

/** How far a sandbox reaches in what is no grant at first, and is one where the sandbox had less of it. */
export type Reach = {
  readonly network: ContainerSpec['network']
  readonly isReadonly: boolean
  /** Paths in the workspace. */
  readonly hidden: readonly string[]
  readonly sudo: boolean
  /** Whether a login of the agent was handed to it. */
  readonly hasLogin: boolean
  /** Name of a runtime; null for the engine's own choice. */
  readonly isolation: string | null
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
