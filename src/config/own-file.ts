// A file beside the user's personal sandbox.yaml that is theirs alone: what it says holds for any sandbox and for this machine.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DiagnosticError, fail } from '../model/diagnostic.js'
import { shellWord } from '../model/shell-word.js'
import { parseFile, type ParsedFile } from './parse.js'
import { isThereAtAll, readConfigFile, refuseLostFolder } from './read.js'

export type OwnFile = {
  readonly configFolder: string
  /** With the extension `.yaml`. */
  readonly name: string
  readonly uid: number
  /** Of the refusal where other users can write it: its code, and what they could do. */
  readonly writable: { readonly code: string; readonly summary: string; readonly detail: string }
}

/** Null where there is none. Throws a DiagnosticError: `config/...`, `syntax/...` and the code given. */
export function readOwnFile({ configFolder, name, uid, writable }: OwnFile): ParsedFile | null {
  const file = join(configFolder, name)
  const source = readConfigFile(file, uid)
  if (source === null) {
    refuseLostFolder(configFolder)
    refuseMisnamed(configFolder, name)
    return null
  }
  if ((statSync(file).mode & 0o022) !== 0) {
    fail(writable.code, writable.summary, {
      detail: `${file} can be written by other users${writable.detail}. To take that away:`,
      at: { file, line: 1, column: 1 },
      command: `chmod go-w ${shellWord(file)}`,
    })
  }
  const parsed = parseFile(source)
  if ('problems' in parsed) throw new DiagnosticError(parsed.problems)
  return parsed.file
}

/** What it denies would be allowed, and nobody would be told. */
function refuseMisnamed(configFolder: string, name: string): void {
  const file = join(configFolder, name.replace(/yaml$/, 'yml'))
  if (!isThereAtAll(file)) return
  fail('config/wrong-name', 'The file has another name than sbx looks for', {
    detail: `${file} is not read; the name is ${name}.`,
    command: `mv ${shellWord(file)} ${shellWord(join(configFolder, name))}`,
  })
}
