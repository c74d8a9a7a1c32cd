// What is asked of the planner for a sandbox that has a container.

import type { DesiredSandbox } from '../model/desired.js'
import type { ImageHome } from '../model/home.js'
import type { LiveContainer, LiveSandbox } from '../model/live.js'
import type { Scope } from '../model/names.js'
import type { KeptFiles } from '../model/plan.js'
import type { Reach } from '../model/reach.js'
import type { RecordSpec } from '../model/spec.js'

export type PlanOptions = {
  readonly scope: Scope
  /** Version of the entrypoint that this sbx passes into containers. */
  readonly entrypoint: string
  /** Version of what this sbx writes for proxies to go by; absent where no network is limited. */
  readonly proxyConfig?: string
  /** Take the image that the name has now and newer recipes, which needs a new container. */
  readonly upgrade: boolean
  /** Make a new container although nothing asks for one. */
  readonly recreate: boolean
  /** The person chose to carry over the container's own files. */
  readonly keep?: 'files'
  /** How many and how large they are, where that was looked up: to be shown. */
  readonly keptFiles?: KeptFiles
  /** Bring what the image has in the home and nobody changed; nothing at or beneath these absolute paths. */
  readonly refreshHome?: { readonly except: readonly string[] }
  /** What images have in their homes, by id, as far as it is known: to be shown. */
  readonly homes?: Readonly<Record<string, ImageHome>>
  /** Workspaces of other sandboxes that are no longer there. */
  readonly missingWorkspaces?: readonly string[]
  /** By id, the folders that other sandboxes were last started on, where that is not the one in their labels. */
  readonly folders?: Readonly<Record<string, string>>
  /** Run every command of `prepare`, also those that nothing asks for. */
  readonly runPrepare?: 'all'
  /** Run none of them. */
  readonly skipPrepare?: true
  /** The socket of the ssh agent that the container in use has is another one by now. */
  readonly sshSocketMoved?: true
  /** What the container in use was started to hide and shows by now. */
  readonly fallenOut?: readonly string[]
  /** Paths in the workspace that look like secrets: to be shown. */
  readonly looksSecret?: readonly string[]
  /** Own folders that this machine has something in: to be shown. */
  readonly ownCovers?: readonly string[]
  /** Every profile that the files have; absent where that is not known. */
  readonly profiles?: readonly string[]
  /** Values that were approved on this machine, by grant key. Absent where it remembers nothing of the sandbox. */
  readonly approved?: Readonly<Record<string, string>>
  /** How far it reached when it was last applied, as this machine remembers it. */
  readonly reach?: Reach
  /**
   * Of the sandbox that was applied last in the same folder and profile, where that is another: by another name, or of
   * another agent. An agent that can write the file can bring an older one back, and what that one had.
   */
  readonly latest?: Remembered
  /** The same of the last one with the same agent: what became of that agent's login no other's sandbox tells. */
  readonly latestOfAgent?: Remembered
}

type Remembered = { readonly grants: Readonly<Record<string, string>>; readonly reach: Reach | null }

export type Situation = {
  readonly desired: DesiredSandbox
  readonly live: LiveSandbox
  readonly options: PlanOptions
  readonly applied: RecordSpec | null
  /** What shall be written, but for what only the planner sets. */
  readonly record: RecordSpec
  readonly current: LiveContainer
}
