// One file with everything that it extends, lowest first.

import { realpath } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import { DiagnosticError, type Diagnostic, type Position } from '../model/diagnostic.js'
import { pointer, type JsonPointer } from '../model/json.js'
import { mostLexemes } from '../model/yaml-bounds.js'
import { absolutePath } from './host-path.js'
import type { Layer } from './layer.js'
import { normaliseSettings } from './normalise.js'
import { parseFile, parseSharedFile, type ParsedFile } from './parse.js'
import { failUnreadable, readConfigFile } from './read.js'
import type { ReadVersioned } from './read-versioned.js'
import { isRemote, type ReadRemoteBase, type RemoteFolder } from './remote-base.js'
import { requirementProblems } from './requires.js'
import { isShapely, type FileScope } from './scope.js'
import type { SandboxFile } from './sandbox-file.generated.js'
import { isWrong } from './short-forms.js'
import { sourceText } from './source-text.js'
import { textProblems } from './text-problems.js'
import { keyPosition, schemaProblems, valuePosition, type Problem } from './validate.js'

export type FileLayer = {
  readonly file: string
  readonly layer: Layer
  readonly profiles: Readonly<Record<string, Layer>>
}

export type ReadContext = {
  readonly uid: number
  readonly home: string
  readonly sbxVersion: string
  /** Null where there are to be none. */
  readonly readRemoteBase: ReadRemoteBase | null
  /** In place of the disk. */
  readonly readVersioned?: ReadVersioned
  /** Grows with every file, so that all are told at once. */
  readonly problems: Diagnostic[]
}

const maximumDepth = 16
const maximumFiles = 100

/**
 * Nothing where there is no such file. What is wrong goes into the context. `text` is what the file itself, not what it
 * extends, is taken to say without being read.
 */
export async function readTree(
  file: string,
  context: ReadContext,
  options: { readonly isPersonal: boolean; readonly text?: string | undefined },
): Promise<readonly FileLayer[]> {
  let count = 0
  let lexemes = 0
  return read(file, [])

  async function read(
    path: string,
    above: readonly string[],
    at?: Position,
    remote?: RemoteFolder,
  ): Promise<FileLayer[]> {
    const source = await collecting(context, async () => {
      if (options.text !== undefined && above.length === 0) return sourceText(path, options.text)
      if (context.readVersioned !== undefined) return context.readVersioned(path, at)
      const text = readConfigFile(path, context.uid, at)
      if (remote !== undefined && text !== null) await refuseLinkOut(path, remote, at)
      return text
    })
    if (source === 'refused' || source === 'elsewhere') return []
    if (source === null) {
      if (at !== undefined)
        report('config/no-base', 'A file that is extended does not exist', `${path} does not exist.`, at)
      return []
    }
    const parsed = options.isPersonal || above.length > 0 ? parseSharedFile(source) : parseFile(source)
    lexemes += parsed.lexemes
    if ('problems' in parsed) {
      context.problems.push(...parsed.problems)
      return []
    }
    const { layer, bases } = await readOne(parsed.file, context, options.isPersonal, remote)
    const lower: FileLayer[] = []
    for (const written of bases) {
      const chain = [...above, path]
      const base = await placed(written)
      if (base === 'refused') continue
      if (chain.includes(base.path)) {
        const circle = [...chain.slice(chain.indexOf(base.path)), base.path].join(' -> ')
        report('config/circular-extends', 'Files extend each other in a circle', `${circle}.`, base.at)
      } else if (chain.length >= maximumDepth || ++count > maximumFiles || lexemes > mostLexemes) {
        const detail = `At most ${maximumFiles} files are read, at most ${maximumDepth} deep and ${mostLexemes} words, marks and ends of lines long.`
        report('config/too-many-files', 'Too many files are extended', detail, base.at)
        return lower
      } else {
        lower.push(...(await read(base.path, chain, base.at, base.remote)))
      }
    }
    return [...lower, layer]
  }

  /** One from a git repository is fetched first. */
  async function placed(base: Base): Promise<Base | 'refused'> {
    const { readRemoteBase } = context
    if (!isRemote(base.path)) return base
    if (readRemoteBase === null || options.isPersonal) {
      const detail =
        'What it is pinned to stands beside the sandbox.yaml of a project; a personal file names paths alone.'
      report('config/remote-base', 'A base in a git repository cannot stand here', detail, base.at)
      return 'refused'
    }
    const remote = await collecting(context, () => readRemoteBase(base.path, file, base.at))
    return remote === 'refused' ? remote : { path: remote.file, at: base.at, remote }
  }

  function report(code: string, summary: string, detail: string, at: Position): void {
    context.problems.push({ severity: 'error', code, summary, detail, at })
  }
}

/** Where it is refused, the reason goes into the context. */
async function collecting<T>(context: ReadContext, read: () => Promise<T>): Promise<T | 'refused'> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof DiagnosticError) || error.kind !== 'failed') throw error
    context.problems.push(...error.diagnostics)
    return 'refused'
  }
}

/** A repository must not have a file of the user's read, and quoted, as its own. */
async function refuseLinkOut(path: string, { folder }: RemoteFolder, at?: Position): Promise<void> {
  if (!(await realpath(path)).startsWith(folder + sep)) {
    failUnreadable(path, 'it is a link that leads out of the git repository', at)
  }
}

type Base = {
  /** Absolute, or a git reference. */
  readonly path: string
  readonly at: Position
  /** Of one that is in a git repository, or is extended by one that is. */
  readonly remote?: RemoteFolder
}

async function readOne(
  parsed: ParsedFile,
  context: ReadContext,
  isPersonal: boolean,
  remote: RemoteFolder | undefined,
): Promise<{ layer: FileLayer; bases: readonly Base[] }> {
  const file = parsed.file
  const empty: FileLayer = { file, layer: { config: {}, origins: {} }, profiles: {} }
  const unfit = await requirementProblems(parsed, context.sbxVersion)
  if (unfit.length > 0) {
    context.problems.push(...unfit.map(({ diagnostic }) => diagnostic))
    return { layer: empty, bases: [] }
  }
  const problems: Problem[] = withoutEchoes([...schemaProblems(parsed), ...textProblems(parsed)])
  const scope: FileScope = {
    directory: dirname(file),
    home: context.home,
    ...(remote === undefined ? {} : { remote }),
    parsed,
    problems,
  }
  let layer = empty
  let bases: readonly Base[] = []
  // A file that is no mapping has no settings to read.
  if (!problems.some(({ path }) => path === '')) {
    const {
      version: _version,
      requires: _requires,
      extends: written,
      profiles,
      ...settings
    } = parsed.value as SandboxFile
    if (isPersonal && settings.name !== undefined) {
      const detail =
        'A personal file is for every project, or for the one it is called after; the name is set in the project.'
      const diagnostic = {
        severity: 'error',
        code: 'config/misplaced-key',
        summary: 'The key cannot stand in this file',
        detail,
      } as const
      problems.push({ path: '/name', diagnostic: { ...diagnostic, at: keyPosition(parsed, '/name') } })
    }
    layer = { file, layer: normaliseSettings(settings, '', scope), profiles: profileLayers(profiles, scope) }
    bases = basesOf(written, scope)
  }
  context.problems.push(...inOrder(problems))
  return { layer, bases }
}

function profileLayers(profiles: SandboxFile['profiles'], scope: FileScope): Record<string, Layer> {
  const layers: [string, Layer][] = []
  for (const [name, settings] of Object.entries(isShapely(scope, '/profiles') ? (profiles ?? {}) : {})) {
    const at = pointer('profiles', name)
    if (isShapely(scope, at)) layers.push([name, normaliseSettings(settings, at, scope)])
  }
  return Object.fromEntries(layers)
}

function basesOf(written: SandboxFile['extends'], scope: FileScope): readonly Base[] {
  if (written === undefined || !isShapely(scope, '/extends')) return []
  const isOne = typeof written === 'string'
  return (isOne ? [written] : written).flatMap((path, index) => {
    const place: JsonPointer = isOne ? '/extends' : pointer('extends', index)
    if (!isShapely(scope, place)) return []
    const at = valuePosition(scope.parsed, place)
    if (isRemote(path)) return [{ path, at }]
    const result = absolutePath(path, scope)
    // What lies on this machine may still be named in full, and is then as local as it looks.
    const remote = scope.remote !== undefined && !/^[/~]/.test(path) ? { remote: scope.remote } : {}
    if (!isWrong(result)) return [{ path: result.path, at, ...remote }]
    const diagnostic = {
      severity: 'error',
      code: 'config/bad-value',
      summary: 'The value is not allowed',
      detail: result.wrong,
      at,
    } as const
    scope.problems.push({ path: place, diagnostic })
    return []
  })
}

/** A key that cannot be used is told once; what else is wrong with it or in it goes with it. */
function withoutEchoes(problems: readonly Problem[]): Problem[] {
  const bad = problems.filter(({ diagnostic }) => diagnostic.code === 'config/bad-key')
  return problems.filter(
    (problem) =>
      bad.includes(problem) || !bad.some(({ path }) => problem.path === path || problem.path.startsWith(`${path}/`)),
  )
}

/** From the top of the file to its end. */
function inOrder(problems: readonly Problem[]): Diagnostic[] {
  const place = ({ at }: Diagnostic): number => (at === undefined ? 0 : at.line * 1e6 + at.column)
  return problems.map(({ diagnostic }) => diagnostic).sort((one, other) => place(one) - place(other))
}
