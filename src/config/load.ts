// From the working folder to one config: the project's file, what it extends, the two personal layers, the profile and
// the flags of this call, laid over each other.

import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { LoadedConfig } from '../model/config.js'
import { DiagnosticError, fail, type Diagnostic } from '../model/diagnostic.js'
import { flagLayer, namedClone, type RunFlags } from './flags.js'
import { absolutePath } from './host-path.js'
import type { Layer } from './layer.js'
import { locateProjectFile } from './locate.js'
import { mergeLayers } from './merge.js'
import { portClashes } from './port-clashes.js'
import { isThereAtAll } from './read.js'
import type { ReadRemoteBase } from './remote-base.js'
import { readTree, type FileLayer, type ReadContext } from './read-tree.js'
import { isWrong } from './short-forms.js'
import { didYouMean } from './suggest.js'

export type LoadRequest = {
  /** Absolute. */
  readonly workingFolder: string
  /** The user's home folder. */
  readonly home: string
  /** `$XDG_CONFIG_HOME/sbx`: where the personal layers are. */
  readonly configFolder: string
  /** What `--config` says; relative to the working folder. */
  readonly explicitFile?: string
  /** What `--profile` says. */
  readonly profile?: string
  readonly flags?: RunFlags
  /** Of the user; files of others, but for root's, are refused. */
  readonly uid: number
  readonly sbxVersion: string
  /** As if the project had no file. */
  readonly ignoreProjectFile?: boolean
  /** The project's file as it is going to be, in place of what is on the disk. */
  readonly draft?: { readonly file: string; readonly text: string }
  /** Fetches a base that is in a git repository; without it there can be none. */
  readonly readRemoteBase?: ReadRemoteBase
}

/** Reads files, and has others fetch what they extend. Throws one DiagnosticError with everything that is wrong with them. */
export async function loadConfig(request: LoadRequest): Promise<LoadedConfig> {
  const { workingFolder, home, configFolder, uid, flags, sbxVersion } = request
  const flagsLayer = flags === undefined ? null : flagLayer(flags, { directory: workingFolder, home })
  const chosenFolder = flags?.workspace === undefined ? null : await existingFolder(flags.workspace, request)
  const file = await projectFile(request, chosenFolder ?? workingFolder)
  const directory = chosenFolder ?? (file === null ? workingFolder : resolve(file, '..'))

  const { readRemoteBase = null } = request
  const context: ReadContext = { uid, home, sbxVersion, readRemoteBase, problems: [] }
  const under = await readTree(join(configFolder, 'sandbox.yaml'), context, { isPersonal: true })
  const project = file === null ? [] : await readTree(file, context, { isPersonal: false, text: request.draft?.text })
  const name =
    flagsLayer?.config.name ?? mergeLayers(project.map(({ layer }) => layer)).config.name ?? basename(directory)
  const over = await readTree(join(configFolder, 'projects', `${name}.yaml`), context, { isPersonal: true })
  const files = [...under, ...project, ...over]
  const profileLayers = request.profile === undefined ? [] : chosenProfile(request.profile, files, context.problems)
  if (context.problems.length > 0) throw new DiagnosticError(context.problems)

  const topmost = flagsLayer === null || flags === undefined ? [] : [namedClone(flagsLayer, flags, name)]
  const layers = [...files.map(({ layer }) => layer), ...profileLayers, ...topmost]
  const merged = mergeLayers(layers)
  const clashes = portClashes(merged)
  if (clashes.length > 0) throw new DiagnosticError(clashes)
  return {
    ...merged,
    file,
    directory,
    files: [...new Set(files.map(({ file: path }) => path))],
    profile: request.profile ?? null,
    knownProfiles: [...new Set(files.flatMap(({ profiles }) => Object.keys(profiles)))],
    profiles: [...new Set(project.flatMap(({ profiles }) => Object.keys(profiles)))].sort(),
  }
}

async function projectFile(request: LoadRequest, from: string): Promise<string | null> {
  if (request.ignoreProjectFile === true) return null
  if (request.draft !== undefined) return request.draft.file
  if (request.explicitFile === undefined) return locateProjectFile(from, request.home, request.uid)
  const file = resolve(request.workingFolder, request.explicitFile)
  if (isThereAtAll(file)) return file
  fail('config/no-file', 'There is no such config file', { detail: `${file} does not exist.` })
}

async function existingFolder(written: string, { workingFolder, home }: LoadRequest): Promise<string> {
  const result = absolutePath(written, { directory: workingFolder, home })
  if (isWrong(result))
    fail('config/bad-flag', 'The value of a flag cannot be used', { detail: `-w: ${result.wrong}` }, 'usage')
  if (await isFolder(result.path)) return result.path
  fail('config/no-folder', 'There is no such folder', { detail: `-w: ${result.path} is not a folder.` })
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return false
    throw error
  }
}

/** The profile as every file has it, in the order of the layers. */
function chosenProfile(name: string, files: readonly FileLayer[], problems: Diagnostic[]): readonly Layer[] {
  const layers = files.flatMap(({ profiles }) => (Object.hasOwn(profiles, name) ? [profiles[name] as Layer] : []))
  // Where a file could not be read whole, the profile may be in the rest.
  if (layers.length === 0 && problems.length === 0) {
    const known = [...new Set(files.flatMap(({ profiles }) => Object.keys(profiles)))]
    const detail = `No file has a profile "${name}". ${didYouMean(name, known)}`
    problems.push({ severity: 'error', code: 'config/unknown-profile', summary: 'There is no such profile', detail })
  }
  return layers
}
