// What a plan says of hiding, beside what it changes. All paths are in the workspace.

export type HiddenNote = {
  /** What the file hides and is not there yet, and what looks like a secret and is not hidden. */
  readonly kind: 'hidden-missing' | 'looks-secret'
  readonly paths: readonly string[]
  /** All that the file hides. */
  readonly all: readonly string[]
}
