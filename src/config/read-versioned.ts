// Where the text of a config file comes from when it is not simply the one on the disk.

import { fail, type Position } from '../model/diagnostic.js'
import { decodeText, failUnreadable, maximumSize } from './read.js'
import type { SourceText } from './source-text.js'

/**
 * By absolute path, or by a git reference. Null where there is no such file, `elsewhere` where none is read. Throws a
 * DiagnosticError.
 */
export type ReadVersioned = (file: string, at?: Position) => Promise<SourceText | null | 'elsewhere'>

export type VersionedBytes =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'absent' | 'elsewhere' | 'too-large' }
  /** `why` is the end of a sentence that begins with the path. */
  | { readonly kind: 'unfit'; readonly why: string }

/** As a config file, whoever kept its bytes. `at` is where another file names this one. */
export function versionedText(file: string, found: VersionedBytes, at?: Position): SourceText | null | 'elsewhere' {
  switch (found.kind) {
    case 'bytes':
      return decodeText(file, found.bytes)
    case 'absent':
      return null
    case 'elsewhere':
      return 'elsewhere'
    case 'unfit':
      return failUnreadable(file, found.why, at)
    case 'too-large':
      return fail('config/too-large', 'The file is too large', {
        detail: `${file} has more than the ${maximumSize} bytes that are read.`,
        at: at ?? { file, line: 1, column: 1 },
      })
  }
}
