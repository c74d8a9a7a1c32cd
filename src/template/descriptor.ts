// template.yaml: what sbx must know of an agent to start it. The one place that knows the file's shape besides
// schema/template.schema.json, which is for editors; a test holds the two together.

import { LineCounter, parseDocument, type Document } from 'yaml'
import { DiagnosticError, type Diagnostic, type Position } from '../model/diagnostic.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.js'
import type { AgentDescriptor, Seed } from '../model/template.js'

export type DescriptorText = { readonly file: string; readonly text: string }

type Path = readonly (string | number)[]

/** Of a template that comes with sbx. Throws `template/descriptor` with every problem at once. */
export function decodeDescriptor(source: DescriptorText): AgentDescriptor {
  return decode(source, null)
}

/**
 * Of a folder. It may describe an agent of its own, or change how a known one is started; what reaches the host, its
 * login and the variables that hold keys, is never the folder's to say. `known` gives the agents that come with sbx.
 */
export function decodeFolderDescriptor(
  source: DescriptorText,
  known: (agent: string) => AgentDescriptor | null,
): AgentDescriptor {
  return decode(source, known)
}

function decode(source: DescriptorText, known: ((agent: string) => AgentDescriptor | null) | null): AgentDescriptor {
  const lines = new LineCounter()
  const document = parseDocument(source.text, { lineCounter: lines, uniqueKeys: true, stringKeys: true })
  const problems = new Problems(source, document, lines)
  for (const error of document.errors) problems.addAt(error.pos[0], error.message.split('\n')[0] ?? error.code)
  if (document.errors.length > 0) problems.throw()

  const root = problems.object([], plain(document, problems), [...topLevelKeys])
  const agent = problems.text(['agent'], root.agent, /^[a-z0-9][a-z0-9-]{0,39}$/, 'a name of a-z, 0-9 and -')
  const isOfFolder = known !== null
  const inherited = known?.(agent) ?? null
  if (isOfFolder) {
    for (const key of ['login', 'keys'] as const) {
      if (root[key] !== undefined)
        problems.add([key], `A template's folder may not say \`${key}\`: that reaches the host`)
    }
  }
  if (root.command === undefined && inherited === null) problems.add(['command'], '`command` is missing')
  const descriptor: AgentDescriptor = {
    agent,
    version: root.version === undefined ? (inherited?.version ?? null) : problems.text(['version'], root.version),
    command: root.command === undefined ? (inherited?.command ?? []) : problems.texts(['command'], root.command, 1),
    autonomy: autonomy(problems, root.autonomy) ?? inherited?.autonomy ?? { full: [], ask: [] },
    env: { ...inherited?.env, ...env(problems, root.env) },
    config: configFolder(problems, root.config) ?? inherited?.config ?? null,
    login: isOfFolder ? (inherited?.login ?? null) : login(problems, root.login),
    keys: isOfFolder ? (inherited?.keys ?? []) : names(problems, ['keys'], root.keys ?? []),
    seeds: root.seeds === undefined ? (inherited?.seeds ?? []) : seeds(problems, root.seeds, isOfFolder),
  }
  problems.texts(['hosts'], root.hosts ?? [])
  problems.throw()
  return descriptor
}

const topLevelKeys = [
  'agent',
  'version',
  'command',
  'autonomy',
  'env',
  'config',
  'login',
  'keys',
  'hosts',
  'seeds',
] as const

const variable = /^[A-Za-z_][A-Za-z0-9_]*$/
const folderInside = /^\/(?!.*(?:\/\/|\/\.\.?(?:\/|$))).*[^/]$/
const fileInFolder = /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^/]+(?:\/[^/]+)*$/
const jsonPointer = /^(?:\/(?:[^~/]|~[01])*)+$/

function autonomy(problems: Problems, value: JsonValue | undefined): AgentDescriptor['autonomy'] | null {
  if (value === undefined) return null
  const { full, ask } = problems.object(['autonomy'], value, ['full', 'ask'])
  return {
    full: problems.texts(['autonomy', 'full'], full ?? []),
    ask: problems.texts(['autonomy', 'ask'], ask ?? []),
  }
}

function env(problems: Problems, value: JsonValue | undefined): Readonly<Record<string, string>> {
  const entries = Object.entries(problems.object(['env'], value ?? {}, null))
  for (const [name] of entries) {
    if (!variable.test(name)) problems.add(['env', name], `"${name}" is not the name of a variable`)
  }
  return Object.fromEntries(entries.map(([name, text]) => [name, problems.text(['env', name], text, /^[^\0]*$/)]))
}

function configFolder(problems: Problems, value: JsonValue | undefined): AgentDescriptor['config'] {
  if (value === undefined) return null
  const { folder, env: name } = problems.object(['config'], value, ['folder', 'env'])
  return {
    folder: problems.text(['config', 'folder'], folder, folderInside, 'an absolute folder inside the sandbox'),
    env: problems.text(['config', 'env'], name, variable, 'the name of a variable'),
  }
}

function login(problems: Problems, value: JsonValue | undefined): AgentDescriptor['login'] {
  if (value === undefined) return null
  const keys = ['env', 'file', 'hostFile', 'hostKeychain', 'tokenEnv', 'token', 'expires'] as const
  const members = problems.object(['login'], value, [...keys])
  const text = (key: (typeof keys)[number], pattern?: RegExp, what?: string): string =>
    problems.text(['login', key], members[key], pattern, what)
  return {
    env: text('env', variable, 'the name of a variable'),
    file: text('file', fileInFolder, 'a path beneath the login folder'),
    hostFile: members.hostFile === undefined ? null : text('hostFile', /^(?:~\/|\/)/, 'an absolute path or one in ~'),
    hostKeychain: members.hostKeychain === undefined ? null : text('hostKeychain'),
    tokenEnv: text('tokenEnv', variable, 'the name of a variable'),
    token: text('token', jsonPointer, 'a JSON pointer'),
    expires: text('expires', jsonPointer, 'a JSON pointer'),
  }
}

function names(problems: Problems, path: Path, value: JsonValue): readonly string[] {
  return problems.texts(path, value).map((name, at) => problems.text([...path, at], name, variable, 'a variable'))
}

function seeds(problems: Problems, value: JsonValue, isOfFolder: boolean): readonly Seed[] {
  return problems.list(['seeds'], value).map((item, at) => {
    const path = ['seeds', at]
    const { file, whenEnv, merge } = problems.object(path, item, ['file', 'whenEnv', 'merge'])
    if (isOfFolder && JSON.stringify(merge ?? null).includes('{env:')) {
      problems.add([...path, 'merge'], "A template's folder may not put a variable's value into a file")
    }
    return {
      file: problems.text([...path, 'file'], file, fileInFolder, 'a path beneath the config folder'),
      ...(whenEnv === undefined ? {} : { whenEnv: problems.text([...path, 'whenEnv'], whenEnv, variable) }),
      merge: problems.object([...path, 'merge'], merge, null),
    }
  })
}

function plain(document: Document, problems: Problems): JsonValue {
  try {
    return document.toJS({ maxAliasCount: 50 }) as JsonValue
  } catch (error) {
    // The parser's way to tell an alias without an anchor, and one that would grow without end.
    if (!(error instanceof ReferenceError)) throw error
    problems.add([], error.message)
    problems.throw()
    return null
  }
}

/** Collects what is wrong, so that all of it is told at once; a wrong value is stood in for by an empty one. */
class Problems {
  readonly #source: DescriptorText
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #found: Diagnostic[] = []

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
    const sourceLine = this.#source.text.split('\n')[line - 1]?.replace(/\r$/, '')
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
