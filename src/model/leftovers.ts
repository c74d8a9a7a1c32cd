// What there is of sandboxes beside their containers, for whoever removes it.

import type { ContainerState } from './live.js'

export type Leftovers = {
  /** `createdAt` is ISO 8601, or empty. */
  readonly records: readonly { readonly name: string; readonly sandboxId: string; readonly createdAt: string }[]
  readonly homes: readonly { readonly name: string; readonly sandboxId: string }[]
  /** Volumes of clones. */
  readonly workspaces: readonly { readonly name: string; readonly sandboxId: string }[]
  /** Volumes of own folders. */
  readonly owns: readonly { readonly name: string; readonly sandboxId: string }[]
  /** What adoptions that did not end left: the homes that they set aside, and their marks. In the order in which they go. */
  readonly adoptions: readonly { readonly name: string; readonly sandboxId: string }[]
  /** What sbx made for the time of a call, and was killed over; `isAlive` of one that runs. In the order in which it goes. */
  readonly abandoned: readonly (
    | { readonly kind: 'container'; readonly id: string; readonly isAlive?: true }
    | { readonly kind: 'image'; readonly reference: string }
  )[]
  /** Images built for one sandbox's setup. */
  readonly images: readonly { readonly reference: string; readonly sandboxId: string }[]
  /** Images of files that were kept: by name, or by id where a newer one has taken the name. */
  readonly snapshots: readonly { readonly reference: string; readonly sandboxId: string }[]
  /** `sandboxId` of a limited one, which is that sandbox's own. */
  readonly networks: readonly {
    readonly id: string
    readonly name: string
    readonly inUse: boolean
    readonly sandboxId?: string
  }[]
  readonly proxies: readonly {
    readonly id: string
    readonly name: string
    readonly sandboxId: string
    readonly state: ContainerState
  }[]
}
