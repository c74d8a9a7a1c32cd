// YAML to plain data, with the place of every key and value. What YAML allows and a config file does not need is an
// error here: several documents, tags of one's own, keys that are not text, aliases that grow without bound.

import { isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml'
import type { Diagnostic } from '../model/diagnostic.js'
import { pointer, type JsonPointer, type JsonValue } from '../model/json.js'
import { composeDocument, maximumDepth, tooDeep } from './compose.js'
import { positionAt, type Range, type SourceText } from './source-text.js'

export type ParsedFile = SourceText & {
  readonly value: JsonValue
  /** Where each key of a mapping is written. */
  readonly keys: ReadonlyMap<JsonPointer, Range>
  readonly values: ReadonlyMap<JsonPointer, Range>
  /** Numbers and booleans as they are written, so that `1.10` stays `1.10` where text is wanted. */
  readonly written: ReadonlyMap<JsonPointer, string>
}

type Result = { readonly file: ParsedFile } | { readonly problems: readonly Diagnostic[] }

/** `lexemes`: how much of it was read, as `mostLexemes` counts. */
export type Parsed = Result & { readonly lexemes: number }

/** Values that aliases may add, over the whole file. */
const maximumAliased = 10_000

const shared = new Map<string, { readonly text: string; readonly parsed: Parsed }>()

/** Of a file that many projects stand on, and that is read for each of them: parsed again only where it says otherwise. */
export function parseSharedFile(source: SourceText): Parsed {
  const known = shared.get(source.file)
  if (known?.text === source.text) return known.parsed
  const parsed = parseFile(source)
  shared.set(source.file, { text: source.text, parsed })
  return parsed
}

export function parseFile(source: SourceText): Parsed {
  const composed = composeDocument(source)
  const { lexemes } = composed
  return 'problems' in composed ? composed : { ...walk(source, composed.contents), lexemes }
}

function walk(source: SourceText, root: Node | null): Result {
  const keys = new Map<JsonPointer, Range>()
  const values = new Map<JsonPointer, Range>()
  const written = new Map<JsonPointer, string>()
  const problems: Diagnostic[] = []
  const anchors = new Map<string, Node>()
  const open = new Set<Node>()
  let aliased = 0
  let isGivenUp = false

  function report(code: string, summary: string, detail: string, range: Range): void {
    problems.push({ severity: 'error', code, summary, detail, at: positionAt(source, range) })
  }

  function visit(node: Node | null, path: JsonPointer, depth: number, insideAlias: boolean): JsonValue {
    if (node === null || isGivenUp) return null
    const range = rangeOf(node)
    if (!values.has(path)) values.set(path, range)
    if (insideAlias && ++aliased > maximumAliased) {
      isGivenUp = true
      report(
        'config/too-many-aliases',
        'Aliases make the file too large',
        `Written out, the aliases of this file are more than ${maximumAliased} values.`,
        range,
      )
      return null
    }
    if (depth > maximumDepth) {
      isGivenUp = true
      problems.push(tooDeep(source, range))
      return null
    }
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (target === undefined || open.has(target)) {
        report(
          'config/unresolved-alias',
          'The alias has no anchor',
          target === undefined
            ? `No anchor &${node.source} is set before this place.`
            : `The anchor &${node.source} is around this place, so that the value would contain itself.`,
          range,
        )
        return null
      }
      return visit(target, path, depth, true)
    }
    if ('anchor' in node && typeof node.anchor === 'string') anchors.set(node.anchor, node)
    if (isScalar(node)) return scalar(node.value, node.source, path)
    open.add(node)
    let value: JsonValue = null
    if (isSeq<Node>(node)) {
      value = node.items.map((item, index) => visit(item, path + pointer(index), depth + 1, insideAlias))
    } else if (isMap<Node, Node | null>(node)) {
      const entries: [string, JsonValue][] = []
      for (const pair of node.items) {
        const entry = visitPair(pair, path, depth, insideAlias)
        if (entry !== null) entries.push(entry)
      }
      value = Object.fromEntries(entries)
    }
    open.delete(node)
    return value
  }

  function scalar(value: unknown, text: string | undefined, path: JsonPointer): JsonValue {
    if (typeof value === 'number' || typeof value === 'boolean') {
      if (text !== undefined) written.set(path, text)
      return value
    }
    return typeof value === 'string' ? value : null
  }

  function visitPair(
    pair: Pair<Node, Node | null>,
    path: JsonPointer,
    depth: number,
    insideAlias: boolean,
  ): [string, JsonValue] | null {
    const key = isAlias(pair.key) ? anchors.get(pair.key.source) : pair.key
    const range = rangeOf(pair.key)
    const name =
      isScalar(key) && key.value !== null ? (typeof key.value === 'string' ? key.value : key.source) : undefined
    // `__proto__` would not become a key of the object, and is none of ours.
    if (name === undefined || name === '__proto__') {
      report('config/bad-key', 'The key cannot be used', 'A key of a config file is a plain word.', range)
      return null
    }
    if (isScalar(key) && typeof key.anchor === 'string') anchors.set(key.anchor, key)
    const place = path + pointer(name)
    const first = keys.get(place)
    if (first !== undefined && !insideAlias) {
      const { line } = positionAt(source, first)
      report(
        'config/duplicate-key',
        'The key is there twice',
        `\`${name}\` is already set in line ${line}. Only one of them can hold; take the other out.`,
        range,
      )
      return null
    }
    if (first === undefined) keys.set(place, range)
    // A key without a value is underlined itself: there is nothing else to point at.
    if (pair.value === null || (isScalar(pair.value) && pair.value.value === null && isEmpty(rangeOf(pair.value)))) {
      values.set(place, range)
      return [name, null]
    }
    return [name, visit(pair.value, place, depth + 1, insideAlias)]
  }

  const value = visit(root, '', 0, false)
  if (problems.length > 0) return { problems }
  if (value === null) {
    report(
      'config/empty',
      'The file says nothing',
      'Nothing in the file but white space and comments. The smallest file is `agent: claude`.',
      { start: 0, end: 1 },
    )
    return { problems }
  }
  return { file: { ...source, value, keys, values, written } }
}

/** From the first character to the last, without the white space and comments that follow. */
function rangeOf(node: Node): Range {
  return { start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 0 }
}

function isEmpty({ start, end }: Range): boolean {
  return start === end
}
