import { realpathSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { compareVersions } from '../../config/compare.js'
import { fileName } from '../../config/locate.js'
import { maximumSize } from '../../config/read.js'
import { versionedText, type VersionedBytes } from '../../config/read-versioned.js'
import { type ConfigVersion, loadVersion } from '../../config/version.js'
import { type Diagnostic, DiagnosticError, exitCodes, fail } from '../../model/diagnostic.js'
import type { VersionDiff } from '../../model/version-diff.js'
import { type Host, readHost } from '../../resolve/host.js'
import { treeFiles } from '../../resolve/tree-file.js'
import { findGitFolders, type GitFolders } from '../../template/git-folder.js'
import { revisionOf } from '../../template/git-name.js'
import { withObjects } from '../../template/git-objects.js'
import { revisionFiles } from '../../template/git-revision.js'
import { decodeLock, emptyLock, type Lock } from '../../template/lock.js'
import { lockName } from '../../template/lock-file.js'
import { diffJson } from '../../ui/diff-json.js'
import { diffMarkdown } from '../../ui/diff-markdown.js'
import { diffText } from '../../ui/diff-text.js'
import { type Invocation, printJson, printRendered } from '../call/invocation.js'
import type { DiffOptions } from '../call/options.js'
import { readPlain } from '../host/read-plain.js'
import { styleOf } from '../call/style.js'
import { sbxVersion } from '../call/version.js'
import { compareGrants, compareUnread, reachesFurther, type WrittenVersion } from './written-grants.js'

/**
 * Two versions of the project's file: that of a commit, and the one in the working tree. Asks no engine and no network,
 * follows nothing out of the repository and runs nothing that it names: both versions may be anybody's.
 */
export async function diff(invocation: Invocation, rev: string, options: DiffOptions): Promise<number> {
  const host = await readHost(invocation.env)
  const folders = await findGitFolders(realpathSync.native(invocation.workingFolder), readPlain)
  const found = await compared(invocation, host, folders, rev)
  const style = styleOf(invocation, invocation.output)
  const context = { style, workingFolder: invocation.workingFolder, home: host.home }
  if (invocation.options.json === true) printJson(invocation, diffJson(found))
  else if (options.markdown === true)
    printRendered(invocation, diffMarkdown(found, { ...context, workingFolder: folders.root }))
  else printRendered(invocation, diffText(found, context))
  return options.detailedExitcode === true && !isSame(found) ? exitCodes.changes : 0
}

function isSame({ changes, grants, unread }: VersionDiff): boolean {
  const { added, removed, changed } = grants
  const isAnyGrant = added.length + removed.length + changed.length > 0
  return changes.length === 0 && !isAnyGrant && unread.every(({ op }) => op === 'same')
}

/** In bytes. */
const mostOfAll = 2 * maximumSize

type Read = (file: string) => Promise<VersionedBytes>

async function compared(invocation: Invocation, host: Host, folders: GitFolders, rev: string): Promise<VersionDiff> {
  const expression = await revisionOf(rev, folders, readPlain)
  const idLength = /^[0-9a-f]{64}/.test(expression) ? 64 : 40
  return withObjects(folders, idLength, { env: host.programEnv(), signal: invocation.signal }, async (objects) => {
    const commit = await objects.commit(expression, rev)
    const readTo = treeFiles(folders.root, maximumSize)
    const readFrom = revisionFiles(objects, commit, folders.root, maximumSize)
    const file = await fileOf(invocation, folders.root, [readTo, readFrom])
    const at = (path: string): string => `${rev}:${relative(folders.root, path)}`
    const [to, from] = [await written(file, host, readTo, (path) => path), await written(file, host, readFrom, at)]
    const grants = compareGrants(from, to)
    const unread = compareUnread(from, to)
    return {
      from: { rev, commit },
      to: { file },
      changes: compareVersions(from.config, to.config),
      grants,
      unread,
      widens: reachesFurther({ grants, unread }),
    }
  })
}

/** The one that the call names, else the nearest that one of the versions has, upwards to the top of the repository. */
async function fileOf(
  { options, workingFolder }: Invocation,
  root: string,
  versions: readonly Read[],
): Promise<string> {
  const from = realpathSync.native(workingFolder)
  const isThere = async (file: string): Promise<boolean> => {
    for (const read of versions) if (!['absent', 'elsewhere'].includes((await read(file)).kind)) return true
    return false
  }
  if (options.config !== undefined) {
    const file = resolve(from, options.config)
    if (await isThere(file)) return file
    fail('config/no-file', 'There is no such config file', { detail: `Neither version has ${file}.` })
  }
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, fileName)
    if (await isThere(file)) return file
    if (folder === root) break
  }
  return fail('cli/no-file', 'There is no sandbox.yaml', {
    detail: `Neither version has one in ${from} or above it in the repository.`,
  })
}

/** `at` says how a file of this version is called. */
async function written(file: string, host: Host, from: Read, at: (path: string) => string): Promise<WrittenVersion> {
  const read = withinBounds(from)
  try {
    const config = await loadVersion({
      file,
      home: host.home,
      sbxVersion,
      read: async (path, place) => versionedText(path, await read(path), place),
    })
    const workspace = dirname(file)
    const lock = await readLock(join(workspace, lockName), read)
    return { config: config === null ? null : called(config, at), lock, workspace, home: host.home }
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    throw new DiagnosticError(
      error.diagnostics.map((found): Diagnostic =>
        found.at === undefined ? found : { ...found, at: { ...found.at, file: at(found.at.file) } },
      ),
      error.kind,
    )
  }
}

/** A hundred files of the largest size would take minutes to read, and say what nobody meant. */
function withinBounds(read: Read): Read {
  let left = mostOfAll
  return async (file) => {
    const found = await read(file)
    if (found.kind !== 'bytes' || (left -= found.bytes.length) >= 0) return found
    return { kind: 'unfit', why: `with it the files of one version have more than ${mostOfAll} bytes` }
  }
}

async function readLock(file: string, read: Read): Promise<Lock> {
  const found = await read(file)
  if (found.kind === 'bytes') return decodeLock(found.bytes.toString(), file)
  if (found.kind === 'absent') return emptyLock
  const why =
    found.kind === 'unfit'
      ? found.why
      : found.kind === 'elsewhere'
        ? 'it leads out of the repository'
        : 'it is too large'
  return fail('lock/unreadable', 'The lock file cannot be read', {
    detail: `${file}: ${why}.`,
    at: { file, line: 1, column: 1 },
  })
}

/** The same with the places in its files as that version has them. */
function called(config: ConfigVersion, at: (path: string) => string): ConfigVersion {
  type Layer = ConfigVersion['base']
  const moved = ({ config: values, origins }: Layer): Layer => ({
    config: values,
    origins: Object.fromEntries(
      Object.entries(origins).map(([path, origin]) => [
        path,
        origin.kind === 'file' ? { ...origin, at: { ...origin.at, file: at(origin.at.file) } } : origin,
      ]),
    ),
  })
  return {
    base: moved(config.base),
    profiles: Object.fromEntries(
      Object.entries(config.profiles).map(([name, { own, whole }]) => [name, { own: moved(own), whole: moved(whole) }]),
    ),
    unread: config.unread.map((each) => ({ ...each, at: { ...each.at, file: at(each.at.file) } })),
  }
}
