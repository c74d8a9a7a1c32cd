// What a session left in the workspace that this machine would run or trust.

export type WorkspaceChange = {
  /** In the workspace. */
  readonly path: string
  /** Each what is run, or why it is not to be trusted, as the end of a line about the path. Names and values are hostile. */
  readonly what: readonly string[]
}

export type WorkspaceReport = {
  readonly changes: readonly WorkspaceChange[]
  /** Whether there was more than could be looked through. */
  readonly isCut: boolean
}
