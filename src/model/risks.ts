// What doing a plan would cost or open up, beyond what it changes. The command line asks about it; the planner never does.

import type { PlannedGrant } from './plan.js'

export type Risks = {
  /** Commands running in the container, its entrypoint aside, that would end. */
  readonly sessions: number
  /** Absolute paths inside, outside of what is kept, that would be lost; a changed folder stands beside what is in it. */
  readonly discarded: readonly string[]
  /** The grants that reach further than what was last approved. */
  readonly widening: readonly PlannedGrant[]
}
