// What is told to the user: one shape for every stage, so that one renderer shows them all.

/** A place in a file. `line` and `column` count from 1; `length` is in characters and at least 1. */
export type Position = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly length?: number
  /** The whole source line, without its line break. Config files only. */
  readonly sourceLine?: string
}

export type Diagnostic = {
  readonly severity: 'error' | 'warning'
  /** Stable and searchable, `area/what`: `config/unknown-key`. */
  readonly code: string
  /** Always the same words for one code. */
  readonly summary: string
  /** This case's names and the way out, in full sentences. */
  readonly detail?: string
  readonly at?: Position
  /** Rows of what the detail speaks of, shown below it in columns. */
  readonly table?: readonly (readonly string[])[]
  /** A command to copy, shown on a line of its own. */
  readonly command?: string
}

/** Exit codes that a failure can have; `run`, `attach`, `exec` and `shell` turn all but `approval` into 125. */
export const exitCodes = {
  failed: 1,
  changes: 2,
  approval: 3,
  stale: 4,
  usage: 64,
  unreachable: 69,
  bug: 70,
  attachFailed: 125,
  interrupted: 130,
} as const

export type FailureKind = 'failed' | 'approval' | 'stale' | 'usage' | 'unreachable' | 'interrupted'

/** The one error class. Anything else that is thrown is a bug and is shown as one. */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[]
  readonly kind: FailureKind

  constructor(diagnostics: readonly Diagnostic[], kind: FailureKind = 'failed') {
    super(diagnostics.map((diagnostic) => `${diagnostic.code}: ${diagnostic.summary}`).join('; '))
    this.name = 'DiagnosticError'
    this.diagnostics = diagnostics
    this.kind = kind
  }
}

/** Throws one error diagnostic. */
export function fail(
  code: string,
  summary: string,
  rest: Pick<Diagnostic, 'detail' | 'table' | 'command'> & { readonly at?: Position | undefined } = {},
  kind: FailureKind = 'failed',
): never {
  const { at, ...others } = rest
  throw new DiagnosticError(
    [{ severity: 'error', code, summary, ...others, ...(at === undefined ? {} : { at }) }],
    kind,
  )
}

/** Whether one of these codes is among what the error tells. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof DiagnosticError && error.diagnostics.some(({ code }) => codes.includes(code))
}
