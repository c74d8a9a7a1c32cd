// Working through one file: where in it we are, what was found wrong so far, and the layer that is being written.

import { pointer, type JsonPointer } from '../model/json.js'
import type { PathContext } from './host-path.js'
import type { LayerDraft } from './layer.js'
import type { ParsedFile } from './parse.js'
import { displayPath } from './schema-node.js'
import type { Wrong } from './short-forms.js'
import { keyPosition, valueAt, valuePosition, type Problem } from './validate.js'

export type FileScope = PathContext & {
  readonly parsed: ParsedFile
  /** Grows while a file is read. */
  readonly problems: Problem[]
}

/** The same while the settings of the file, or of one of its profiles, are read. */
export type Scope = FileScope & {
  /** Where the settings are in the file: '' for the file itself, `/profiles/review` for one of its profiles. */
  readonly at: JsonPointer
  readonly draft: LayerDraft
}

/** Sets the origin of a value and of everything in it, where it stands in the file in the same shape. */
export function markAll(scope: Scope, target: JsonPointer, from: JsonPointer): void {
  mark(scope, target, from)
  const value = valueAt(scope.parsed, from)
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) markAll(scope, target + pointer(key), from + pointer(key))
}

/** A mapping or list is said where its key is. */
export function mark({ parsed, draft }: Scope, target: JsonPointer, from: JsonPointer): void {
  const isPlain = typeof valueAt(parsed, from) !== 'object'
  draft.origins[target] = { kind: 'file', at: isPlain ? valuePosition(parsed, from) : keyPosition(parsed, from) }
}

/** Whether nothing is wrong with the value itself; parts of it may still be. */
export function isShapely({ problems }: FileScope, path: JsonPointer): boolean {
  return !problems.some((problem) => problem.path === path)
}

export function isSound({ problems }: FileScope, path: JsonPointer): boolean {
  return !problems.some((problem) => problem.path === path || problem.path.startsWith(`${path}/`))
}

export function report(scope: Scope, path: JsonPointer, { wrong }: Wrong): void {
  scope.problems.push({
    path,
    diagnostic: {
      severity: 'error',
      code: 'config/bad-value',
      summary: 'The value is not allowed',
      detail: `\`${displayPath(path)}\`: ${wrong}`,
      at: valuePosition(scope.parsed, path),
    },
  })
}

/** `key` as it is shown, `network.allow`. */
export function reportTwice(scope: Scope, path: JsonPointer, key: string, entry: string): void {
  const first = scope.draft.origins[pointer(...key.split('.'), entry)]
  const where = first?.kind === 'file' ? `, in line ${first.at.line}` : ''
  scope.problems.push({
    path,
    diagnostic: {
      severity: 'error',
      code: 'config/duplicate-entry',
      summary: 'The entry is there twice',
      detail: `${entry} is in ${key} already${where}. Only one of them can hold; take the other out.`,
      at: valuePosition(scope.parsed, path),
    },
  })
}

export function reportKey(scope: Scope, path: JsonPointer, code: string, summary: string, detail: string): void {
  scope.problems.push({
    path,
    diagnostic: { severity: 'error', code, summary, detail, at: keyPosition(scope.parsed, path) },
  })
}
