// sandbox.lock: what the references in sandbox.yaml mean, so that everybody runs the same. YAML and not JSON, because it
// begins with a comment that says whose file it is, and because one entry is then a line or two in a review.
//
// It is a file of the repository, so it is believed no more than the repository: it can say which commit, digest or
// version stands for a reference that sandbox.yaml names, and nothing else.

import { Document } from 'yaml'
import { DiagnosticError, type Diagnostic } from '../model/diagnostic.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.js'
import { composeDocument } from './compose.js'

/** Each by its reference as sandbox.yaml has it, agents by their name. */
export type Lock = {
  readonly git: Readonly<Record<string, string>>
  readonly images: Readonly<Record<string, string>>
  readonly agents: Readonly<Record<string, string>>
}

export type LockKind = keyof Lock

export const emptyLock: Lock = { git: {}, images: {}, agents: {} }

/** What an entry of each kind says, and how. Nothing that a package manager or git could take for another source. */
const entries = {
  git: { key: 'commit', form: /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, what: "a commit's full id" },
  images: { key: 'digest', form: /^sha256:[0-9a-f]{64}$/, what: 'a digest, sha256: and 64 digits' },
  agents: { key: 'version', form: /^\d{1,9}(?:\.\d{1,9}){1,3}(?:-[0-9A-Za-z.-]{1,40})?$/, what: 'a version' },
} as const satisfies Readonly<Record<LockKind, { key: string; form: RegExp; what: string }>>

const kinds = ['git', 'images', 'agents'] as const satisfies readonly LockKind[]

const header = ` What the references in sandbox.yaml mean, so that everybody runs the same. Commit this file.
 sbx writes it; to move an entry: sbx template lock --update NAME`

/** `file` for messages. Throws `lock/malformed`, with everything that is wrong at once, or `lock/newer-format`. */
export function decodeLock(text: string, file: string): Lock {
  const { document, lines, mistakes } = composeDocument(text)
  const found: Diagnostic[] = []
  let sourceLines: readonly string[] | null = null
  const add = (
    offset: number,
    detail: string,
    code = 'lock/malformed',
    summary = 'The lock file is not valid',
  ): void => {
    const { line, col: column } = lines.linePos(offset)
    // Once for all that is found, of which there can be thousands.
    sourceLines ??= text.split('\n')
    const sourceLine = (sourceLines[line - 1] ?? '').replace(/\r$/, '')
    found.push({ severity: 'error', code, summary, detail, at: { file, line, column, sourceLine } })
  }
  const wrong = (path: readonly string[], detail: string): void => {
    add(offsetOf(document, path), `${detail} To have it written anew, remove it and call: sbx template lock`)
  }
  for (const { offset, detail } of mistakes) add(offset, `${detail}.`)
  const root = found.length > 0 ? {} : plain(document, wrong)
  const { version } = root
  if (typeof version === 'number' && version > 1) {
    const detail = `It is of version ${version}, and this sbx knows version 1. Use a newer sbx.`
    add(offsetOf(document, ['version']), detail, 'lock/newer-format', 'The lock file is of a later format')
  } else if (found.length === 0 && version !== 1) {
    wrong(['version'], '`version` must be 1.')
  }
  if (found.length > 0) throw new DiagnosticError(found)
  for (const key of Object.keys(root)) {
    if (key !== 'version' && !kinds.some((kind) => kind === key)) wrong([key], `\`${key}\` is not known.`)
  }
  const [git = {}, images = {}, agents = {}] = kinds.map((kind) => pinsOf(kind, root[kind], wrong))
  if (found.length > 0) throw new DiagnosticError(found)
  return { git, images, agents }
}

/** The same text for the same pins. */
export function encodeLock(lock: Lock): string {
  const document = new Document({
    version: 1,
    ...Object.fromEntries(
      kinds.flatMap((kind) => {
        const names = Object.keys(lock[kind]).sort()
        return names.length === 0
          ? []
          : [[kind, Object.fromEntries(names.map((name) => [name, { [entries[kind].key]: lock[kind][name] }]))]]
      }),
    ),
  })
  document.commentBefore = header
  return document.toString({ lineWidth: 0 })
}

/** Whether it can be an entry, so that what is written can be read. */
export function isPin(kind: LockKind, value: string): boolean {
  return entries[kind].form.test(value)
}

function pinsOf(
  kind: LockKind,
  value: JsonValue | undefined,
  wrong: (path: readonly string[], detail: string) => void,
): Record<string, string> {
  if (value === undefined) return {}
  if (!isJsonObject(value)) {
    wrong([kind], `\`${kind}\` must be a mapping.`)
    return {}
  }
  const { key, form, what } = entries[kind]
  const pins = Object.entries(value).map(([name, entry]): [string, string] => {
    const pin = isJsonObject(entry) && Object.keys(entry).length === 1 ? entry[key] : undefined
    if (typeof pin === 'string' && form.test(pin)) return [name, pin]
    wrong([kind, name], `\`${kind}\` has an entry that is not \`${key}\` and ${what}.`)
    return [name, '']
  })
  return Object.fromEntries(pins)
}

function plain(document: Document, wrong: (path: readonly string[], detail: string) => void): JsonObject {
  try {
    const value = document.toJS({ maxAliasCount: 0 }) as JsonValue
    if (isJsonObject(value)) return value
    wrong([], 'It is not a mapping.')
  } catch (error) {
    // The parser's way to tell that there is an alias.
    if (!(error instanceof ReferenceError)) throw error
    wrong([], 'Aliases mean nothing here.')
  }
  return {}
}

function offsetOf(document: Document, path: readonly string[]): number {
  const node = document.getIn(path, true) as { readonly range?: readonly number[] | null } | undefined
  return node?.range?.[0] ?? (path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1)))
}
