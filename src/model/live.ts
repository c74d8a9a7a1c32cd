// What the engine has under our labels, decoded.

import type { SandboxLabels } from './desired.js'
import type { FixedSettings } from './fixed-settings.js'
import type { JsonPointer } from './json.js'
import type { AdoptionPhase } from './names.js'
import type { ContainerSpec, LimitsSpec, ProxySpec, RecordSpec } from './spec.js'

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'removing' | 'dead'

/** Whether what is in it is at work, or would go on with it when woken: it has what is mounted. */
export function isAlive({ state }: { readonly state: ContainerState }): boolean {
  return state === 'running' || state === 'paused'
}

/** The same, of one that has the volume mounted. */
export function usesVolume(
  container: {
    readonly state: ContainerState
    readonly spec: { readonly volumes: Readonly<Record<string, string>> }
  },
  volume: string,
): boolean {
  return isAlive(container) && Object.values(container.spec.volumes).includes(volume)
}

/** One container of ours, as one list call tells it: all of it from labels but id, state, times and image. */
export type ListedContainer = {
  /** Full engine id. */
  readonly id: string
  readonly name: string
  readonly sandbox: SandboxLabels
  readonly state: ContainerState
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly spec: ContainerSpec
  /** Full id of the container that this one takes over from. */
  readonly replaces: string | null
  /** Version of the entrypoint that sbx passed in. */
  readonly entrypoint: string
  /** Recipe of the image it was made from. */
  readonly recipe: string
  /** The image as it was named at creation, and the id it had. */
  readonly imageReference: string
  readonly imageId: string
  /** Of the snapshot that `spec.carried` names: when what is in it was left, ISO 8601, and its size in bytes. */
  readonly carriedAt?: string
  readonly carriedBytes?: number
  /** Where ports of one that runs are published now, by port and protocol inside. Absent where none is. */
  readonly published?: Readonly<Record<string, { readonly address: string; readonly hostPort: number }>>
}

/** One that somebody has given another name; `name` is that one, `was` the one that sbx made it under and looks for. */
export type RenamedContainer = ListedContainer & { readonly was: string }

/**
 * What the engine really does for a container, in the shape of the spec, as far as inspect can show it. Where it equals
 * the spec there is no drift.
 */
export type ObservedSpec = {
  readonly workspace: ContainerSpec['workspace']
  readonly volumes: ContainerSpec['volumes']
  readonly mounts: ContainerSpec['mounts']
  readonly socket: ContainerSpec['socket']
  /**
   * Names of the networks it is on but for `networks`, sorted and joined by commas, where they are neither of sbx's two
   * kinds.
   */
  readonly network: string
  readonly ports: ContainerSpec['ports']
  readonly hide?: NonNullable<ContainerSpec['hide']>
  readonly own?: NonNullable<ContainerSpec['own']>
  /** Of those that the spec names. */
  readonly networks?: NonNullable<ContainerSpec['networks']>
  readonly ssh?: NonNullable<ContainerSpec['ssh']>
  readonly resources: LimitsSpec
}

export type LiveContainer = ListedContainer & {
  readonly observed: ObservedSpec
  /** As it was made with them, and as the engine has them now. */
  readonly fixed: {
    readonly applied: FixedSettings
    readonly observed: FixedSettings
    /** Whether this sbx decides otherwise than the one that made it. */
    readonly isOlder: boolean
  }
  /**
   * Whether its entrypoint has said since it last started that it can be used. `lost` where it had and the mark is gone,
   * so that only a restart brings it again; null where it does not run, or nobody can look.
   */
  readonly readiness: 'ready' | 'starting' | 'lost' | null
  /** ISO 8601, in nanoseconds; null when it never started. */
  readonly startedAt: string | null
  readonly exitCode: number
  /** False when a network it was made on or joined, or its ssh agent, is gone, so that a start would fail. */
  readonly startable: boolean
  /** What that is, by pointer into the spec. Absent where nothing is. */
  readonly missing?: readonly JsonPointer[]
  /** Where on this machine the socket of the ssh agent was when it was made. Absent where it has none. */
  readonly sshSocket?: string
}

/** The way out of a limited network, as the list of containers tells it. */
export type LiveProxy = {
  /** Full engine id. */
  readonly id: string
  readonly name: string
  readonly state: ContainerState
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly spec: ProxySpec
  readonly recipe: string
  readonly imageId: string
  readonly replaces: string | null
  /** On the sandbox's network and on the open one, and on no other. */
  readonly isOnItsNetworks: boolean
}

export type LiveRecord = { readonly name: string; readonly spec: RecordSpec; readonly createdAt: string }

/**
 * An `sbx adopt` that has not ended: killed, or at work right now. `aside`: the home is as it was, and a copy of it was
 * being made. `copying`: the home is half of a copy, and not to be used. `copied`: it is whole, and `from` is yet to go.
 */
export type LiveAdoption = {
  /** Id of the sandbox whose home this one gets. */
  readonly from: string
  readonly phase: AdoptionPhase
  /** The volumes that say so, by phase. */
  readonly marks: Readonly<Partial<Record<AdoptionPhase, string>>>
  /** The copy of the home that was here before; null where there was none. */
  readonly aside: string | null
}

export type LiveSandbox = {
  readonly id: string
  /** Oldest first. More than one: an apply that did not finish, or two at once. */
  readonly containers: readonly LiveContainer[]
  readonly records: readonly LiveRecord[]
  /** Whether the home volume is there. */
  readonly hasHome: boolean
  /** Names of its clone's volume and of its own folders', those that are there. Absent where there are none. */
  readonly volumes?: readonly string[]
  /** Absent where there is none. */
  readonly adoption?: LiveAdoption
  /** Oldest first. Absent where there are none. */
  readonly proxies?: readonly LiveProxy[]
  /** Id by reference, null where the engine does not have it, for the references that were asked about. */
  readonly images: Readonly<Record<string, string | null>>
  /** Digest by reference, of those that a registry has another image for; only what was asked of a registry is here. */
  readonly newer?: Readonly<Record<string, string>>
  /**
   * Snapshots of those of its containers that have stopped, and all of them where there may be idle ones, by reference, or
   * by id where they have lost their name. Absent where there are none.
   */
  readonly snapshots?: readonly string[]
  /** Every container of other sandboxes in the same scope. */
  readonly others: readonly ListedContainer[]
}

/** A container as lists alone show it. */
export type SurveyedContainer = ListedContainer & {
  /** Whether mounts, networks and, of one that runs, published ports are those of its spec. */
  readonly isAsLabelled: boolean
}

/** All sandboxes of a scope at one look, as far as lists show them: limits and times of starts are not among it. */
export type Survey = {
  /** Oldest first. */
  readonly containers: readonly SurveyedContainer[]
  /** Absent where there are none. */
  readonly proxies?: readonly (LiveProxy & { readonly sandboxId: string })[]
  readonly records: readonly (LiveRecord & { readonly sandboxId: string })[]
  /** Ids of the sandboxes whose home volume is there. */
  readonly homes: ReadonlySet<string>
  /** Volumes of clones and of own folders. Absent where there are none. */
  readonly volumes?: readonly { readonly name: string; readonly sandboxId: string }[]
  /** Ids of those that an adoption has not ended for. */
  readonly adopting: ReadonlySet<string>
  /** Id by reference, null where the engine does not have it, for the references that were asked about. */
  readonly images: Readonly<Record<string, string | null>>
}
