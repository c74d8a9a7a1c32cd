// YAML to plain data, with the place of every key and value. What YAML allows and a config file does not need is an
// error here: several documents, tags of one's own, keys that are not text, aliases that grow without bound.

import { isAlias, isMap, isScalar, isSeq, parseDocument, type Node, type Pair, type YAMLError } from 'yaml'
import type { Diagnostic } from '../model/diagnostic.js'
import { pointer, type JsonPointer, type JsonValue } from '../model/json.js'
import { controlCharacterName, forbiddenInText } from './control-characters.js'
import { positionAt, type Range, type SourceText } from './source-text.js'
import { syntaxDetail } from './syntax-detail.js'

export type ParsedFile = SourceText & {
  readonly value: JsonValue
  /** Where each key of a mapping is written. */
  readonly keys: ReadonlyMap<JsonPointer, Range>
  readonly values: ReadonlyMap<JsonPointer, Range>
  /** Numbers and booleans as they are written, so that `1.10` stays `1.10` where text is wanted. */
  readonly written: ReadonlyMap<JsonPointer, string>
}

export type Parsed = { readonly file: ParsedFile } | { readonly problems: readonly Diagnostic[] }

const maximumDepth = 32
/** Values that aliases may add, over the whole file. */
const maximumAliased = 10_000
const maximumSyntaxErrors = 20

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
  const control = [...source.text.matchAll(forbiddenInText)]
  if (control.length > 0) {
    return {
      problems: control.slice(0, maximumSyntaxErrors).map((match) => ({
        severity: 'error',
        code: 'config/control-character',
        summary: 'Control characters are not allowed',
        detail: `There is a ${controlCharacterName(match[0])} in the text. Take it out, or write it as an escape where a value needs it.`,
        at: positionAt(source, { start: match.index, end: match.index + 1 }),
      })),
    }
  }
  const document = parseDocument(source.text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    prettyErrors: false,
    // Told by `walk`, which knows both places.
    uniqueKeys: false,
    // With 'silent' a second document would not be an error.
    logLevel: 'error',
  })
  const problems = [...document.errors, ...document.warnings]
    .slice(0, maximumSyntaxErrors)
    .map((error: YAMLError): Diagnostic => ({
      severity: 'error',
      code: error.code === 'MULTIPLE_DOCS' ? 'config/several-documents' : 'config/syntax',
      summary: error.code === 'MULTIPLE_DOCS' ? 'A config file is one YAML document' : 'The file is not valid YAML',
      detail: syntaxDetail(error),
      at: positionAt(source, { start: error.pos[0], end: error.pos[1] }),
    }))
  const directive = document.directives?.yaml
  if (directive?.explicit === true && directive.version !== '1.2') {
    const start = Math.max(0, source.text.indexOf('%YAML'))
    problems.push({
      severity: 'error',
      code: 'config/syntax',
      summary: 'The file is not valid YAML',
      detail: 'A config file is YAML 1.2, where yes and no are text. Take the %YAML line out.',
      at: positionAt(source, { start, end: start + 9 }),
    })
  }
  if (problems.length > 0) return { problems }
  return walk(source, document.contents)
}

function walk(source: SourceText, root: Node | null): Parsed {
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
      report(
        'config/too-deep',
        'The file is nested too deeply',
        `Mappings and lists may lie in each other at most ${maximumDepth} deep.`,
        range,
      )
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
