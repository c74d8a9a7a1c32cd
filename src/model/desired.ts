// The config with this machine's facts put in: what there shall be, and nothing about how to get there.

import type { OnRecreate, Origins } from './config.js'
import type { Diagnostic } from './diagnostic.js'
import type { Grant } from './grant.js'
import type { Policy } from './policy.js'
import type { ContainerSpec, ProxySpec, RecordSpec } from './spec.js'
import type { ImageSource } from './template.js'

/** Who a sandbox is; goes onto each of its objects as labels. */
export type SandboxLabels = {
  readonly id: string
  readonly displayName: string
  /** Real path on the host. */
  readonly workspace: string
  /** `device:inode:birth time` of the workspace folder, so that one deleted and made anew under its path is noticed. */
  readonly inode: string
  readonly agent: string
  readonly profile: string | null
}

/** One command that makes the project ready. */
export type PrepareStepSpec = {
  /** Digest of the command alone: another command is another step. */
  readonly key: string
  readonly run: string
  /** Digest of each file that it goes by, by path in the workspace; null for one that is not there. */
  readonly when: Readonly<Record<string, string | null>>
}

export type DesiredSandbox = SandboxLabels & {
  readonly containerSpec: ContainerSpec
  readonly recordSpec: RecordSpec
  readonly image: ImageSource
  readonly homeVolume: string
  /** In credentials mode `sandbox`. */
  readonly loginVolume: string | null
  /** Of a clone. Absent where the workspace is this machine's folder. */
  readonly workspaceVolume?: string
  /** By path in the workspace. Absent where there are none. */
  readonly ownVolumes?: Readonly<Record<string, string>>
  /** Of a clone: the branch that it is on, and the commit that the host's repository is at now, which is no setting. */
  readonly clone?: { readonly branch: string; readonly head: string }
  /** In this order. Absent where there are none. */
  readonly prepare?: readonly PrepareStepSpec[]
  /**
   * Where sessions use a login that the agent renews by one that makes the last invalid: what to use instead where several
   * sandboxes run, as a sentence. Absent where no two can get into each other's way.
   */
  readonly rotatingLogin?: { readonly instead: string | null }
  readonly grants: readonly Grant[]
  /** Of a limited network. `agentHosts` are those that the agent's built-in template asks for, as `host:port`. */
  readonly egress?: { readonly spec: ProxySpec; readonly agentHosts: readonly string[]; readonly image: ImageSource }
  /** Paths in the workspace that the file hides, also those that are not there. Absent where it hides none. */
  readonly hidden?: readonly string[]
  /** The user's own. Absent where there is none. */
  readonly policy?: Policy
  /** Container ports that the file publishes and that have no network to be published on. Absent where there are none. */
  readonly unpublished?: readonly string[]
  /** The workspace is root's, so that the agent is root inside although the file says that there is no sudo. */
  readonly isRootInside?: true
  /** Why git does not work in the workspace, as a sentence. Absent where it does, or where there is none. */
  readonly noGit?: string
  /** How plans and applies go about it; no part of what is applied. */
  readonly lifecycle: { readonly ignoreDrift: readonly string[]; readonly onRecreate: OnRecreate }
  /** By pointer into the specs. */
  readonly origins: Origins
  readonly configFile: string | null
  /** Such as a host value that is missing: fails the start of a session, never a plan. */
  readonly warnings: readonly Diagnostic[]
}

/** What runs when someone attaches, secrets put in. In memory only; never printed, never stored. */
export type ResolvedSession = {
  readonly argv: readonly string[]
  readonly workingFolder: string
  readonly env: Readonly<Record<string, string>>
}
