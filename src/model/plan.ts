// What will become of a sandbox: changes to be read, steps to be done.

import type { Origin } from './config.js'
import type { SandboxLabels } from './desired.js'
import type { Grant } from './grant.js'
import type { JsonPointer, JsonValue } from './json.js'
import type { ContainerSpec, LimitsSpec, RecordSpec } from './spec.js'
import type { ContainerState } from './live.js'
import type { ImageStep } from './template.js'

export type Action = 'create' | 'reuse' | 'start' | 'update' | 'recreate' | 'remove'

/** Explains an action and never steers. */
export type Reason =
  | 'new'
  | 'config_changed'
  | 'drifted'
  | 'image_moved'
  | 'requested'
  | 'missing'
  | 'stopped'
  | 'interrupted_apply'
  | 'unchanged'

export type Effect = 'live' | 'next_session' | 'restart' | 'recreate'

/** One value of a change: to be shown, or sensitive and never shown. */
export type ShownValue =
  | { readonly value: JsonValue }
  | { readonly sensitive: 'set' | 'missing' | 'not-comparable' }
  | { readonly unknown: true }

export type FieldChange = {
  /** Pointer into the resolved config, `/mounts/~1data/readonly`. */
  readonly path: JsonPointer
  readonly op: 'add' | 'change' | 'remove'
  readonly effect: Effect
  readonly origin: 'config' | 'drift' | 'image' | 'requested'
  /** As it is now on the engine. */
  readonly before?: ShownValue
  readonly after?: ShownValue
  /** As sbx last applied it, where that differs from `before`: somebody else changed it. */
  readonly lastApplied?: ShownValue
  readonly source?: Origin
}

/** Something worth knowing that changes nothing. */
export type Note =
  | { readonly kind: 'tag-moved'; readonly reference: string; readonly from: string; readonly to: string }
  /** Of a git reference: `from` is the commit that it is pinned to, `to` the one that its tag or branch names now. */
  | { readonly kind: 'ref-moved'; readonly reference: string; readonly from: string; readonly to: string }
  | { readonly kind: 'newer-recipe'; readonly what: 'image' | 'entrypoint' }
  | { readonly kind: 'unfinished-apply'; readonly containers: readonly string[] }
  /** Same workspace and profile under another name or, where `agent` is given, for that other agent: what an edit leaves. */
  | { readonly kind: 'renamed-from'; readonly id: string; readonly displayName: string; readonly agent?: string }
  | { readonly kind: 'orphan'; readonly id: string; readonly displayName: string; readonly workspace: string }
  /** `sandboxes` run with the same login, which their agent renews so that what another has of it ends; ids. */
  | {
      readonly kind: 'shared-login'
      readonly agent: string
      readonly sandboxes: readonly string[]
      readonly instead: string | null
    }
  /** Container ports that a container without a network cannot publish. */
  | { readonly kind: 'unpublished-ports'; readonly ports: readonly string[] }
  | { readonly kind: 'missing-host-value'; readonly path: JsonPointer; readonly what: string; readonly source?: Origin }

/** A container by its full engine id, or the one that this plan makes under a name. */
export type ContainerTarget = { readonly id: string } | { readonly made: string }

export type ContainerRequest = {
  readonly name: string
  readonly sandbox: SandboxLabels
  readonly spec: ContainerSpec
  readonly resources: LimitsSpec
  readonly image: string
  readonly recipe: string
  readonly replaces: string | null
}

/** One engine call, near enough. Volumes go by name, containers by full id. */
export type Step =
  | ImageStep
  | {
      readonly do: 'create-volume'
      readonly name: string
      readonly holds: 'home' | 'login'
      readonly sandbox: SandboxLabels
    }
  | { readonly do: 'create-network'; readonly access: 'open' }
  | { readonly do: 'create-record'; readonly name: string; readonly sandbox: SandboxLabels; readonly spec: RecordSpec }
  | { readonly do: 'create-container'; readonly request: ContainerRequest }
  /**
   * Looks again and goes on only if the container made is the one that stays. `expected` are the containers that were
   * there when the plan was made, by id, and when each had last started: one that has started since is a rival too.
   */
  | {
      readonly do: 'settle'
      readonly sandboxId: string
      readonly target: ContainerTarget
      readonly expected: Readonly<Record<string, string | null>>
    }
  | { readonly do: 'start'; readonly target: ContainerTarget }
  | { readonly do: 'unpause'; readonly target: ContainerTarget }
  | { readonly do: 'stop'; readonly target: ContainerTarget }
  | { readonly do: 'await-ready'; readonly target: ContainerTarget }
  | { readonly do: 'update-limits'; readonly target: ContainerTarget; readonly limits: LimitsSpec }
  | { readonly do: 'remove-container'; readonly target: ContainerTarget }
  | { readonly do: 'remove-record'; readonly name: string }
  | { readonly do: 'remove-volume'; readonly name: string }
  | { readonly do: 'remove-network'; readonly id: string }
  | { readonly do: 'remove-image'; readonly reference: string }

export type PlannedGrant = Grant & { readonly widens: boolean }

export type SandboxPlan = {
  readonly id: string
  readonly name: string
  readonly action: Action
  readonly reason: Reason
  readonly changes: readonly FieldChange[]
  /** How many settings are as they were. */
  readonly unchanged: number
  readonly notes: readonly Note[]
  readonly grants: readonly PlannedGrant[]
  /** The container that is in use now. */
  readonly current: {
    readonly containerId: string
    readonly name: string
    readonly state: ContainerState
    readonly startedAt: string | null
    readonly imageId: string
  } | null
  readonly steps: readonly Step[]
}

/** How far a pull is, over all its layers. `bytesTotal` grows while layers become known. */
export type Transfer = {
  readonly layers: number
  readonly layersDone: number
  readonly bytes: number
  /** To the one that every sandbox has: the engine never starts one by itself. */
  | { readonly do: 'reset-restart-policy'; readonly target: ContainerTarget }
  readonly bytesTotal: number
}

/** What doing a plan tells while it is done. Steps count from 0. */
export type StepEvent = {
  readonly step: Step
  readonly index: number
  readonly count: number
} & (
  | { readonly kind: 'begun' | 'done' | 'failed' }
  | { readonly kind: 'progress'; readonly line: string }
  /** How far a long step is. Comes often, and each time in place of the one before. */
  | { readonly kind: 'transfer'; readonly transfer: Transfer }
  /** Takes back a step that was done, after another failed. */
  /** What other hands changed and the file says to leave alone. Absent where there is none. */
  readonly ignored?: readonly FieldChange[]
  | { readonly kind: 'undone' }
)

export type Applied = {
  readonly action: Action
  /** Full id of the container that is in use now; null where none is left. */
  readonly containerId: string | null
}
