// Sessions that go on when nobody looks at them.

/** One that runs, or has ended, in a sandbox. What it says of itself was written by the agent's user. */
export type KeptSession = {
  /** Hex; sorts by age. */
  readonly id: string
  /** `lost` where it was ended from outside, so that nobody knows how. */
  readonly state: 'running' | 'ended' | 'lost'
  readonly exitCode: number | null
  /** In seconds since 1970, as the other times. */
  readonly startedAt: number
  readonly endedAt: number | null
  readonly program: string
  readonly isAttached: boolean
  /** Since when it has printed nothing; null where it has ended. */
  readonly quietSince: number | null
  /** What the agent says it is doing; null where it says nothing. */
  readonly mood: 'working' | 'waiting' | null
  /**
   * It did not end by itself, and the kernel has ended something in its sandbox for want of memory since that was started.
   * Absent where not both are so.
   */
  readonly isStarved?: true
}
