// What is wrong with a template.yaml, each where it is written.

import type { Document, LineCounter } from 'yaml'
import { DiagnosticError, type Diagnostic, type Position } from '../model/diagnostic.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.js'

export type DescriptorText = { readonly file: string; readonly text: string }

export type Path = readonly (string | number)[]

/** Collects what is wrong, so that all of it is told at once; a wrong value is stood in for by an empty one. */
export class Problems {
  readonly #source: DescriptorText
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #found: Diagnostic[] = []
  #sourceLines: readonly string[] | null = null

  constructor(source: DescriptorText, document: Document, lines: LineCounter) {
    this.#source = source
    this.#document = document
    this.#lines = lines
  }

  /** `keys: null` takes any. */
  object(path: Path, value: JsonValue | undefined, keys: readonly string[] | null): JsonObject {
    if (!isJsonObject(value)) {
      this.add(path, `${shown(path)} must be a mapping`)
      return {}
    }
    for (const key of Object.keys(value)) {
      if (keys !== null && !keys.includes(key)) {
        this.add([...path, key], `${shown([...path, key])} is not known; there is ${keys.join(', ')}`)
      }
    }
    return value
  }

  list(path: Path, value: JsonValue): readonly JsonValue[] {
    if (Array.isArray(value)) return value as readonly JsonValue[]
    this.add(path, `${shown(path)} must be a list`)
    return []
  }

  texts(path: Path, value: JsonValue, least = 0): readonly string[] {
    const items = this.list(path, value)
    if (items.length < least) this.add(path, `${shown(path)} must not be empty`)
    return items.map((item, at) => this.text([...path, at], item))
  }

  text(path: Path, value: JsonValue | undefined, pattern = /^[^\0]+$/, what = 'a text'): string {
    if (typeof value === 'string' && pattern.test(value)) return value
    this.add(path, value === undefined ? `${shown(path)} is missing` : `${shown(path)} must be ${what}`)
    return ''
  }

  add(path: Path, detail: string): void {
    this.addAt(this.#offset(path), detail)
  }

  addAt(offset: number, detail: string): void {
    const { line, col: column } = this.#lines.linePos(offset)
    // Once for all that is found, of which there can be thousands.
    this.#sourceLines ??= this.#source.text.split('\n')
    const sourceLine = this.#sourceLines[line - 1]?.replace(/\r$/, '')
    const at: Position = { file: this.#source.file, line, column, ...(sourceLine === undefined ? {} : { sourceLine }) }
    this.#found.push({
      severity: 'error',
      code: 'template/descriptor',
      summary: "The template's description is not valid",
      detail: `${detail}.`,
      at,
    })
  }

  /** Where the value is written, else what it is missing from. */
  #offset(path: Path): number {
    const node = this.#document.getIn(path, true)
    const range = (node as { readonly range?: readonly number[] | null } | undefined)?.range
    if (range?.[0] !== undefined) return range[0]
    return path.length === 0 ? 0 : this.#offset(path.slice(0, -1))
  }

  throw(): void {
    if (this.#found.length > 0) throw new DiagnosticError(this.#found)
  }
}

function shown(path: Path): string {
  return path.length === 0 ? 'The file' : `\`${path.join('.')}\``
}
