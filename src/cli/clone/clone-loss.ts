// What is in a clone and nowhere else: commits that the host's repository does not have, and what was not committed.

import { isAbsolute } from 'node:path'
import { PassThrough } from 'node:stream'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { ListedContainer, LiveSandbox } from '../../model/live.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { CloneLoss } from '../../model/risks.js'
import { inTime } from '../../model/time-limit.js'
import type { Host } from '../../resolve/host.js'
import { findGitFolders, type GitFolders } from '../../template/git-folder.js'
import { unreachedTips } from '../../template/git-tips.js'
import { cloneRefs, type ReadGitPath } from './clone-refs.js'
import { insideEnv } from './git-inside.js'
import { readPlain } from '../host/read-plain.js'

/** What a plan that leaves a clone behind costs. By GETs alone; null where it leaves none. */
export async function cloneLeft(
  plan: SandboxPlan,
  { containers }: Pick<LiveSandbox, 'containers'>,
  engine: Engine,
  host: Pick<Host, 'programEnv'>,
): Promise<CloneLoss | null> {
  const current = containers.find(({ id }) => id === plan.current?.containerId)
  if (current?.spec.workspace.mode !== 'clone' || plan.action !== 'recreate') return null
  const gone = new Set(plan.steps.flatMap((step) => (step.do === 'remove-container' ? [targetId(step.target)] : [])))
  const made = plan.steps.flatMap((step) => (step.do === 'create-container' ? [step.request] : []))
  const next = [...made, ...containers.filter(({ id }) => !gone.has(id))]
  if (next.some(({ spec }) => spec.workspace.mode === 'clone')) return null
  const { path } = current.spec.workspace
  const branches = await unfetched((file) => engine.readArchive(current.id, `${path}/.git/${file}`), path, host)
  return { ...branches, uncommitted: null, fate: 'left' }
}

function targetId(target: object): string | null {
  return 'id' in target && typeof target.id === 'string' ? target.id : null
}

/** What would go with the volume of a clone; null where that is nothing. */
export async function cloneRemoved(
  { volume, workspace, movedTo, container }: RemovedClone,
  engine: Engine,
  host: Pick<Host, 'programEnv'>,
  signal: AbortSignal,
): Promise<CloneLoss | null> {
  // One that was never started has nothing of its volumes to show.
  const isShown = container !== null && container.state !== 'created'
  const read: ReadGitPath = (path) =>
    isShown
      ? engine.readArchive(container.id, `${container.spec.workspace.path}/.git/${path}`)
      : engine.readVolumeArchive(volume, `.git/${path}`)
  const lost = await unfetched(read, workspace, host, movedTo)
  const isRunning = container?.state === 'running'
  const uncommitted = isRunning ? await uncommittedIn(engine, container.id, workspace, signal) : null
  if (lost.branches.length > 0 || lost.isUnknown === true || uncommitted !== 0 || container === null) {
    return { ...lost, uncommitted, fate: 'removed' }
  }
  const hasNested = await hasNestedRepository(engine, container.id, workspace, signal)
  return hasNested ? { ...lost, isUnknown: true, beside: ['submodules'], uncommitted, fate: 'removed' } : null
}

export type RemovedClone = {
  readonly volume: string
  /** Its path on this machine, as the label has it. */
  readonly workspace: string
  /** The folder that its repository is in where it is not in that one any more. */
  readonly movedTo?: string
  /** The one that has it mounted, where there is one. */
  readonly container: ListedContainer | null
}

/** `read` of what is in the clone's `.git`. */
async function unfetched(
  read: ReadGitPath,
  workspace: string,
  host: Pick<Host, 'programEnv'>,
  movedTo?: string,
): Promise<Pick<CloneLoss, 'branches' | 'isUnknown' | 'beside'>> {
  const { tips, isUnknown, beside } = await cloneRefs(read)
  const known = (await hostFolders(workspace)) ?? (movedTo === undefined ? null : await hostFolders(movedTo))
  const context = { env: host.programEnv(), signal: new AbortController().signal }
  const beyond = known === null ? [...tips.values()] : await unreached(known, [...tips.values()], context)
  const lost = new Set(beyond ?? tips.values())
  const branches = [...tips].flatMap(([name, tip]) => (lost.has(tip) ? [{ name, tip }] : []))
  return {
    branches: branches.sort((one, other) => (one.name < other.name ? -1 : 1)),
    ...(isUnknown || beyond === null ? { isUnknown: true } : {}),
    ...(beside.length === 0 ? {} : { beside }),
  }
}

/** Null where the host's repository cannot be looked at: then nothing of the clone is known to be there. */
async function unreached(
  folders: GitFolders,
  tips: readonly string[],
  context: Parameters<typeof unreachedTips>[3],
): Promise<readonly string[] | null> {
  return unlessRefused(unreachedTips(folders, tips, readPlain, context))
}

/** Null where there is no repository any more. */
async function hostFolders(workspace: string): Promise<GitFolders | null> {
  const folders = isAbsolute(workspace) ? await unlessRefused(findGitFolders(workspace, readPlain)) : null
  return folders?.root === workspace ? folders : null
}

async function unlessRefused<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DiagnosticError && error.kind === 'failed') return null
    throw error
  }
}

/** Whether a repository lies in the clone as a commit of its own, with or without a word of it in `.gitmodules`. */
async function hasNestedRepository(
  engine: Engine,
  containerId: string,
  folder: string,
  signal: AbortSignal,
): Promise<boolean> {
  const listed = await printedBy(engine, containerId, folder, ['git', 'ls-files', '--stage', '-z'], signal)
  if (listed === null) return true
  const paths = [...listed.matchAll(/(?:^|\0)160000 [0-9a-f]+ \d\t([^\0]+)/g)].map(([, path = '']) => path)
  if (paths.length > mostNested) return true
  for (const path of paths) if ((await engine.lookAt(containerId, `${folder}/${path}/.git`)) !== null) return true
  return false
}

/** Each is asked for by itself. */
const mostNested = 50

/** In bytes, of a list of all files. */
const longestList = 64 * 1024 * 1024

/** What a git inside prints; null where it does not do it, or prints more than anybody needs. */
async function printedBy(
  engine: Engine,
  containerId: string,
  folder: string,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  const pieces: Buffer[] = []
  let left = longestList
  const output = new PassThrough().on('data', (piece: Buffer) => {
    left -= piece.length
    if (left >= 0) pieces.push(piece)
  })
  const command = {
    argv,
    user: 'agent',
    env: insideEnv(folder),
    workingFolder: folder,
    doing: 'look for what is in the clone alone',
  } as const
  const ended = await inTime(statusLimit, signal, (limited) => engine.pipe(containerId, command, { output }, limited))
  return ended?.result.exitCode === 0 && left >= 0 ? Buffer.concat(pieces).toString() : null
}

/** How many files the agent's git says differ from what is committed; null where it does not say. */
async function uncommittedIn(
  engine: Engine,
  containerId: string,
  folder: string,
  signal: AbortSignal,
): Promise<number | null> {
  // Settings in there may say that files git does not know of are not told, or that a program says which have changed.
  const told = ['--untracked-files=normal', '--ignore-submodules=none', '--no-renames']
  const argv = ['git', '-c', 'core.fsmonitor=false', 'status', '--porcelain', '-z', ...told]
  const said = await printedBy(engine, containerId, folder, argv, signal)
  return said === null ? null : said.split('\0').length - 1
}

/** In milliseconds; the git in there is the agent's. */
const statusLimit = 30_000
