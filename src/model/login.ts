// How an agent is logged in, as far as this machine and its engine tell without the network.

import type { ContainerSpec } from './spec.js'

export type LoginStatus = {
  readonly agent: string
  readonly title: string
  /** The volume that its sandboxes share. */
  readonly volume: string
  /** Kinds of login in it; none where it is not logged in. */
  readonly kinds: readonly string[]
  /** When the newest of its files was last written, in seconds since 1970: the login, or what renewed it. */
  readonly since: number | null
  readonly keys: readonly { readonly name: string; readonly onHost: boolean }[]
  /** Of the current folder's file, where that is for this agent. */
  readonly current: {
    readonly credentials: ContainerSpec['credentials']
    /** Which of the keys it gives to sessions, and by which setting. */
    readonly keys: Readonly<Record<string, 'secrets' | 'env'>>
  } | null
}

export type LoggedOut = {
  readonly agent: string
  readonly title: string
  readonly volume: string
  readonly done: 'removed' | 'emptied' | 'absent'
  /** Where the agent's own login on this machine is, which stays. */
  readonly hostLogin: string | null
  /** Whether sandboxes have copies, which go at their next session. */
  readonly isCopied: boolean
}
