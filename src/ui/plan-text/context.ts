import type { Origins } from '../../model/config.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { Risks } from '../../model/risks.js'
import type { Style } from '../style.js'

/** What the text says besides the plan. */
export type PlanContext = {
  readonly style: Style
  /** Absolute. Paths beneath it are shown relative to it. */
  readonly workingFolder: string
  /** Absolute; shown as `~`. */
  readonly home: string
  /** The project's own file, absolute; null when there is none. */
  readonly configFile: string | null
  /** Name and version, `docker 28.2.2`. */
  readonly engine: string
  readonly endpoint: string
  readonly now: Date
  /** The command that does the plan; null where it is being done already. */
  readonly next: string | null
  /** The command with what says which file, or that of several, and which engine. Absent where it says so by itself. */
  readonly command?: (text: string, file?: string) => string
  /** Keys of the grants that flags of this very call give, and that so need no other yes. */
  readonly typed?: ReadonlySet<string>
}

export type PlannedSandbox = {
  readonly plan: SandboxPlan
  /** Whose sandbox it is, of those that the file describes. */
  readonly profile?: string | null
  readonly risks?: Risks
  readonly agentVersion?: string | null
  /** As `configDigest` makes it. */
  readonly configDigest?: string
  /** Who said which value, so that those of a flag are told apart from those of the file. */
  readonly origins?: Origins
}
