// What a session left in the workspace that this machine would run or trust.

export type WorkspaceChange = {
  /** In the workspace; absolute where it is in a git folder beside it. */
  readonly path: string
  /** Each what is run, or why it is not to be trusted, as the end of a line about the path. Names and values are hostile. */
  readonly what: readonly string[]
}

export type WorkspaceReport = {
  readonly changes: readonly WorkspaceChange[]
  /** Whether there was more than could be looked through. */
  readonly isCut: boolean
}
