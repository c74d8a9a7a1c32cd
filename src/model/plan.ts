// What will become of a sandbox: changes to be read, steps to be done.

import type { Origin } from './config.js'
import type { SandboxLabels } from './desired.js'
import type { Grant } from './grant.js'
import type { JsonPointer, JsonValue } from './json.js'
import type { ContainerSpec, LimitsSpec, ProxySpec, RecordSpec } from './spec.js'
import type { ContainerState } from './live.js'
import type { Note } from './note.js'
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

/** What goes over from one container to the next; `bytes` where it is known. */
export type KeptFiles = { readonly paths: number; readonly bytes?: number }

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
  /**
   * Of a clone: `uid:gid` of the workspace's folder on this machine, to whom its volume is given while it is root's. No
   * part of what was asked for: read directly before the container is made.
   */
  readonly owner?: string
}

export type ProxyRequest = {
  readonly name: string
  readonly sandbox: SandboxLabels
  readonly spec: ProxySpec
  readonly agentHosts: readonly string[]
  readonly image: string
  /** Digest of all that is not in the spec: the image's recipe, the text of the configuration, the agent's own hosts. */
  readonly recipe: string
  /** Full id of the proxy that this one takes over from. */
  readonly replaces: string | null
}

/**
 * Fills a new clone with what the host's repository has, and puts `branch` there at the commit `head`. What does it needs
 * git and the host's repository, so that no engine can: whoever does the plan has it done.
 */
export type SeedStep = {
  readonly do: 'seed-workspace'
  readonly target: ContainerTarget
  /** Of the workspace, here and inside. */
  readonly path: string
  readonly branch: string
  readonly head: string
  /** The volume was there before, most likely filled: what is in it stays as it is. */
  readonly isThere?: true
}

/**
 * Runs one command that makes the project ready, as a session of the agent: with values of the host, so that it is done as
 * a seed is. `key` tells it from every other; `files` are those that it goes by.
 */
export type PrepareStep = {
  readonly do: 'prepare'
  readonly target: ContainerTarget
  readonly key: string
  readonly run: string
  readonly why: 'new' | 'changed' | 'requested'
  readonly files: readonly string[]
}

/** One engine call, near enough. Volumes go by name, containers by full id. */
export type Step =
  | ImageStep
  | {
      readonly do: 'create-volume'
      readonly name: string
      /**
       * `adoption` is a mark, and empty; `aside` is a copy of a home that makes way for another. `workspace` is a clone,
       * `own` a folder of the workspace that is the sandbox's own.
       */
      readonly holds: 'home' | 'login' | 'workspace' | 'own' | 'aside' | 'adoption'
      readonly sandbox: SandboxLabels
      /** Of a mark: whose home is on its way, its id. */
      readonly adopts?: string
    }
  | { readonly do: 'create-network'; readonly access: 'open' }
  | {
      readonly do: 'create-network'
      readonly access: 'limited'
      readonly name: string
      readonly sandbox: SandboxLabels
    }
  | { readonly do: 'create-proxy'; readonly request: ProxyRequest }
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
  /** Makes an image of a stopped container's files, without its environment and labels. */
  | {
      readonly do: 'snapshot-container'
      readonly target: ContainerTarget
      readonly image: string
      readonly sandboxId: string
    }
  /**
   * What a stopped container has of its own, into another that was not started yet: all that differs from its image, but
   * for what lies at or beneath `except`, what its mounts hold, and files of Debian packages.
   */
  | {
      readonly do: 'copy-files'
      readonly from: { readonly id: string }
      readonly target: ContainerTarget
      readonly except: readonly string[]
      /** Where Debian packages were installed, this as well. */
      readonly exceptWithPackages: readonly string[]
      /** As it was when the plan was made. */
      readonly seen?: KeptFiles
    }
  /**
   * Finds out which files of an image a home hides that was filled from another. `from` is an image's id, `to` any name of
   * one. Looks into an image that nobody has looked into by a container of it that is never started. `isNeeded` where it
   * fails if that cannot be told.
   */
  | {
      readonly do: 'compare-homes'
      readonly sandboxId: string
      readonly from: string
      readonly to: string
      readonly isNeeded: boolean
    }
  /**
   * Brings these files into the home of a container that does not run: those that are not there and were not, and those
   * that are as `from` has them. Nothing at or beneath `except`, absolute paths.
   */
  | {
      readonly do: 'refresh-home'
      readonly sandboxId: string
      readonly from: string
      readonly to: string
      readonly target: ContainerTarget
      readonly except: readonly string[]
    }
  | SeedStep
  | PrepareStep
  | { readonly do: 'stop'; readonly target: ContainerTarget }
  /** A proxy is none of the sandbox's own containers: what is said of those by their steps is not said of it. */
  | { readonly do: 'start-proxy' | 'stop-proxy' | 'remove-proxy'; readonly target: ContainerTarget }
  /** Tries, from where the agent of this container is, what a limited network must not let through. */
  | { readonly do: 'verify-network'; readonly target: ContainerTarget; readonly sandboxId: string }
  | { readonly do: 'await-ready'; readonly target: ContainerTarget }
  | { readonly do: 'update-limits'; readonly target: ContainerTarget; readonly limits: LimitsSpec }
  /** To the one that every sandbox has: the engine never starts one by itself. */
  | { readonly do: 'reset-restart-policy'; readonly target: ContainerTarget }
  | { readonly do: 'remove-container'; readonly target: ContainerTarget }
  | { readonly do: 'remove-record'; readonly name: string }
  | { readonly do: 'remove-volume'; readonly name: string }
  /** `id` is a full id, or the name of a limited network: its labels vouch for it. */
  | { readonly do: 'remove-network'; readonly id: string }
  | { readonly do: 'remove-image'; readonly reference: string }

/** `by` where the user's own policy has said yes to it beforehand. */
export type PlannedGrant = Grant & { readonly widens: boolean; readonly by?: 'policy' }

export type SandboxPlan = {
  readonly id: string
  readonly name: string
  readonly action: Action
  readonly reason: Reason
  readonly changes: readonly FieldChange[]
  /** What other hands changed and the file says to leave alone. Absent where there is none. */
  readonly ignored?: readonly FieldChange[]
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
    /** Absent where its network is not limited. */
    readonly isLimited?: true
  } | null
  /**
   * How the own files of the container in use get into the one that follows: all of them in a snapshot, or copied but for
   * packages. Absent where they do not.
   */
  readonly keeps?: 'snapshot' | 'copy'
  readonly steps: readonly Step[]
}
