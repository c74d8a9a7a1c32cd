// What both ways of copying count and tell.

import type { Copied, Skipped } from '../../model/copied.js'
import { DiagnosticError, fail } from '../../model/diagnostic.js'

/** Against what never ends. */
export const mostEntries = 1_000_000
/** In characters, of paths and of where links lead: all of them are kept until the end. */
const mostNames = 256 * 2 ** 20

export class Tally {
  files = 0
  bytes = 0
  readonly #skipped: Skipped[] = []
  #entries = 0
  #names = 0

  /** To be called for everything that comes by, with how long its names are. Throws `cp/too-much`. */
  pass(names: number): void {
    this.#entries += 1
    this.#names += names
    if (this.#names > mostNames) tooMuch(`Its names come to more than ${String(mostNames / 2 ** 20)} MiB.`)
    if (this.#entries > mostEntries) tooMuch(`It has more than ${String(mostEntries)} files and folders.`)
  }

  skip(path: string, why: string): void {
    this.#skipped.push({ path, why })
  }

  copied(): Copied {
    return { files: this.files, bytes: this.bytes, skipped: this.#skipped }
  }
}

export function tooMuch(detail: string): never {
  fail('cp/too-much', 'This is too much to copy', { detail: `${detail} Nothing was copied.` })
}

/** A failure of this machine's files becomes one to be told. */
export function failFile(error: unknown, path: string): never {
  if (error instanceof DiagnosticError || codeOf(error) === null) throw error
  fail('cp/file', 'A file cannot be read or written', { detail: `${path}: ${String(codeOf(error))}.` })
}

/** `ENOSPC`; null for what is no failure of the system's. */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return null
  return typeof error.code === 'string' ? error.code : null
}

export function checkInterrupted(signal: AbortSignal): void {
  if (!signal.aborted) return
  throw new DiagnosticError([{ severity: 'error', code: 'cli/interrupted', summary: 'Interrupted' }], 'interrupted')
}
