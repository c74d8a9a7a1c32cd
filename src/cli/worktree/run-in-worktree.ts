// `sbx run --worktree BRANCH`: the work tree of a branch, made where there is none, and its sandbox. Where the sandbox does not
// come to be, what was made for it goes again.

import { realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileName } from '../../config/locate.js'
import { DiagnosticError, fail } from '../../model/diagnostic.js'
import { pointer } from '../../model/json.js'
import type { ListedContainer } from '../../model/live.js'
import { type Host, readHost } from '../../resolve/host.js'
import { forgetTree, isMadeTree, rememberTree } from '../../resolve/made-trees.js'
import { isAtOrBeneath } from '../../resolve/paths.js'
import { errorCode } from '../../resolve/read.js'
import { checkUnswappable } from '../../resolve/sources.js'
import { findGitFolders } from '../../template/git-folder.js'
import { makeWorkTree, unmakeWorkTree, type WorkTree, type WorkTreeRequest } from '../../template/git-worktree.js'
import { workTreeHolds } from '../../template/git-worktree-state.js'
import { escapeControls } from '../../ui/characters.js'
import { withTilde } from '../../ui/quantities.js'
import { withEngine } from '../call/connect.js'
import type { Declared } from '../declared/declared.js'
import { type Invocation, tell, varied } from '../call/invocation.js'
import { plainFolders } from '../host/plain-folders.js'
import { readPlain } from '../host/read-plain.js'
import { isThere, treePlace, type TreePlace } from './worktree-place.js'

/** Gives what `runIn` gives, which is handed the workspace. Throws `worktree/...` besides. */
export async function runInWorkTree(
  invocation: Invocation,
  branch: string,
  runIn: (workspace: string) => Promise<number>,
): Promise<number> {
  const host = await readHost(invocation.env)
  const list: List = (call) => withEngine(call, host, (engine) => engine.list())
  return inWorkTree(invocation, { host, list, branch }, runIn)
}

/** All sandboxes of the engine. */
type List = (invocation: Invocation) => Promise<readonly ListedContainer[]>

export async function inWorkTree(
  invocation: Invocation,
  { host, list, branch }: { readonly host: Host; readonly list: List; readonly branch: string },
  runIn: (workspace: string) => Promise<number>,
): Promise<number> {
  const from = realpathSync.native(invocation.workingFolder)
  const place = await treePlace(from, branch, (folder, common) => isMadeTree(host.stateFolder, folder, common))
  const made = place.missing === null ? null : await makeBeside(invocation, host, list, place, place.missing)
  const workspace = folderOfFile(place.folder, relative(place.folders.root, from))
  if (made !== null) tell(invocation, await madeLines(made, from, host))
  try {
    return await runIn(workspace)
  } catch (error) {
    // Also after the interruption that ended the rest.
    const unstopped = varied(invocation, { signal: new AbortController().signal })
    if (made !== null) await unmakeUnused(unstopped, host, list, made)
    throw error
  }
}

/** Before anything is made: no sandbox can put a link in the place of what it will be mounted from. */
async function makeBeside(
  invocation: Invocation,
  host: Host,
  list: List,
  { folders }: TreePlace,
  request: WorkTreeRequest,
): Promise<WorkTree> {
  const others = await list(invocation)
  checkUnswappable(folders.common, others)
  checkUnswappable(request.folder, others)
  const context = { env: host.programEnv(), signal: invocation.signal }
  // Before it is begun, so that what a call leaves that is killed is known for its own.
  await rememberTree(host.stateFolder, { ...request, common: folders.common })
  const made = await orForgotten(makeWorkTree(folders, request, plainFolders, context), host, request.folder)
  if (made !== null) return made
  // Who was first has it, and may be sbx as well.
  return fail('worktree/folder-taken', 'There is no room for the work tree', {
    detail: `Somebody else made ${request.folder} at the same time.`,
  })
}

/** What was not made leaves nothing, and is nothing to know of. */
async function orForgotten<T>(work: Promise<T>, { stateFolder }: Host, folder: string): Promise<T> {
  try {
    return await orTold(work, folder)
  } catch (error) {
    await forgetTree(stateFolder, folder)
    throw error
  }
}

async function orTold<T>(work: Promise<T>, folder: string): Promise<T> {
  try {
    return await work
  } catch (error) {
    const code = errorCode(error)
    if (error instanceof DiagnosticError || code === undefined) throw error
    return fail('worktree/not-made', 'The work tree cannot be made', {
      detail: `${folder}: the system says ${code}. Nothing of it was left.`,
    })
  }
}

/** Where a call from the same place in the repository would find the file; the top where there is none. */
function folderOfFile(top: string, beneath: string): string {
  for (let folder = join(top, beneath); isAtOrBeneath(folder, top); folder = dirname(folder)) {
    if (isThere(join(folder, fileName))) return folder
  }
  return top
}

async function madeLines({ folder, branch }: WorkTree, from: string, { home }: Host): Promise<readonly string[]> {
  const attributes = (await readPlain(join(folder, '.gitattributes'), 1024 * 1024))?.toString() ?? ''
  const filters = new Set([...attributes.matchAll(/\sfilter=([\w.-]+)/g)].map(([, name = '']) => name))
  const isFileLeft = !isThere(join(folder, fileName)) && isThere(join(from, fileName))
  return [
    `Made the work tree ${withTilde(folder, home)} of the branch ${branch}.`,
    ...(filters.size === 0
      ? []
      : [`note: Files of a filter (${[...filters].join(', ')}) are in it as they are committed: sbx runs none.`]),
    ...(isThere(join(folder, '.gitmodules')) ? ['note: Submodules are empty in it.'] : []),
    ...(isFileLeft
      ? [`note: ${fileName} is not committed, so it has none. To go by this one: --config ${fileName}`]
      : []),
  ]
}

/** A name in the file is that of each work tree's sandbox: only the id says which is meant. */
export function sharedNameLines({ loaded, desired }: Pick<Declared, 'loaded' | 'desired'>): readonly string[] {
  const { config, origins } = loaded
  if (config.name === undefined || origins[pointer('name')]?.kind === 'flag') return []
  const name = escapeControls(config.name)
  return [
    `note: ${fileName} names it ${name}, as it does in the other folders of this repository; this one is ${desired.id}. ` +
      'Without "name" in it each is called after its folder.',
  ]
}

/** Not where a sandbox is on it, and nothing that is only there. */
async function unmakeUnused(invocation: Invocation, host: Host, list: List, made: WorkTree): Promise<void> {
  const { folder } = made
  if ((await list(invocation)).some(({ sandbox }) => isAtOrBeneath(sandbox.workspace, folder))) return
  const context = { env: host.programEnv() }
  const holds = await workTreeHolds(await findGitFolders(folder, readPlain), isThere, readPlain, context)
  if (holds !== null) {
    tell(invocation, [`The work tree ${withTilde(folder, host.home)} stays: it ${holds}.`])
    return
  }
  await unmakeWorkTree(made, plainFolders, context)
  await forgetTree(host.stateFolder, folder)
  tell(invocation, [`Removed the work tree ${withTilde(folder, host.home)} again.`])
}
