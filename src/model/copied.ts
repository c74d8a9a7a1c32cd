// What came of a copy.

export type Copied = {
  readonly files: number
  readonly bytes: number
  /** What was left out, by its path in what was copied. */
  readonly skipped: readonly Skipped[]
}

export type Skipped = { readonly path: string; readonly why: string }
