// Which files and folders a sandbox was started to hide. A cover lies on one file and goes with it: where an editor or git
// puts another in its place, that one is seen inside. So what is there is written down before each start, in the user's
// state folder, which no sandbox is ever given, and compared before each session. Nobody inside is asked. It is kept by
// workspace: what an agent has moved is moved for every sandbox there, whatever that is called.

import { lstatSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SandboxLabels } from '../model/desired.js'
import { fail } from '../model/diagnostic.js'
import { isRecord } from '../model/json.js'
import { digest } from '../model/names.js'
import { shellWord } from '../model/shell-word.js'
import type { ContainerSpec } from '../model/spec.js'
import { identityText } from './file-identity.js'
import { isAtOrBeneath } from './paths.js'
import { errorCode, isAbsent, readTextIfThere } from './read.js'
import { replaceFile } from './replace-file.js'

/** A container as it was started; null where there was none. */
export type Started = { readonly id: string; readonly startedAt: string | null } | null

/** `device:inode:birth time` by path; null where nothing is there. */
export type Identities = Readonly<Record<string, string | null>>

/**
 * What was there directly before a start. `before` is the container that was in use then: any other start came after.
 * `parents` are the folders of the workspace on the way to each path, `inode` is the workspace's own, as its labels have it.
 */
type Look = {
  readonly sandboxId: string
  readonly before: Started
  readonly inode: string
  readonly paths: Identities
  readonly parents: Identities
}

type Sandbox = Pick<SandboxLabels, 'id' | 'workspace' | 'inode'>

const format = 2
/** Of one sandbox. The one before as well: a start that failed leaves the container that it would have followed. */
const looksKept = 2

/** Null where nothing is there. */
export function folderIdentity(path: string): string | null {
  return identityOf(path)
}

export function identitiesOf({ workspace, hide = {} }: Pick<ContainerSpec, 'workspace' | 'hide'>): Identities {
  return identitiesIn(workspace.path, Object.keys(hide))
}

function identitiesIn(workspace: string, paths: readonly string[]): Identities {
  return Object.fromEntries(paths.map((path) => [path, identityOf(`${workspace}/${path}`)]))
}

function parentsOf(paths: readonly string[]): readonly string[] {
  const all = paths.flatMap((path) => {
    const names = path.split('/')
    return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'))
  })
  return [...new Set(all)].sort()
}

/** To be called directly before a start. */
export async function rememberHidden(
  stateFolder: string,
  { id, workspace, inode }: Sandbox,
  before: Started,
  hide: ContainerSpec['hide'] = {},
): Promise<void> {
  const paths = identitiesIn(workspace, Object.keys(hide))
  const parents = identitiesIn(workspace, parentsOf(Object.keys(hide)))
  const known = await readLooks(stateFolder, workspace)
  const own = [{ sandboxId: id, before, inode, paths, parents }, ...known.filter(({ sandboxId }) => sandboxId === id)]
  const looks = [...own.slice(0, looksKept), ...known.filter(({ sandboxId }) => sandboxId !== id)]
  await writeLooks(stateFolder, workspace, looks)
}

/**
 * What a container that runs was made to hide and shows, sorted: another file is in its place, or nobody on this machine
 * knows which one was there when it was started. What is gone shows nothing.
 */
export async function fallenOut(
  stateFolder: string,
  sandboxId: string,
  container: NonNullable<Started> & { readonly spec: Pick<ContainerSpec, 'workspace' | 'hide'> },
): Promise<readonly string[]> {
  if (container.spec.hide === undefined) return []
  const looks = await readLooks(stateFolder, container.spec.workspace.path)
  const look = looks.find((each) => each.sandboxId === sandboxId && !isSame(each.before, container))
  const known = look?.paths ?? {}
  return replaced(known, identitiesOf(container.spec))
}

/**
 * Throws where a folder on the way to something hidden is another than when a sandbox of this workspace was last started, or
 * gone. What is hidden cannot be renamed inside, but what it lies in can: then it is somewhere else, and is seen there from
 * the next start on. `hidden` may name such a folder itself by now, and hides another one then.
 */
export async function checkUnmoved(
  stateFolder: string,
  { workspace, inode }: Pick<Sandbox, 'workspace' | 'inode'>,
  hidden: readonly string[],
): Promise<void> {
  const isStillHidden = (path: string): boolean => hidden.some((each) => isAtOrBeneath(path, each))
  const looks = newestOfEach(await readLooks(stateFolder, workspace)).filter((look) => look.inode === inode)
  const moved = looks.flatMap(({ paths, parents }) =>
    parentsOf([...hidden, ...Object.keys(paths).filter(isStillHidden)]).filter((path) => {
      const known = parents[path] ?? null
      return known !== null && known !== identityOf(`${workspace}/${path}`)
    }),
  )
  if (moved.length === 0) return
  fail('resolve/hidden-moved', 'What is hidden may have been moved', {
    detail:
      `${[...new Set(moved)].sort().join(', ')} in ${workspace}, with something in it that is hidden, is another folder than ` +
      'at the last start, or gone. An agent can rename such a folder and would see what was hidden in it. Put it back; or, ' +
      'if it was you, have what was there forgotten:',
    command: `rm ${shellWord(fileOf(stateFolder, workspace))}`,
  })
}

/**
 * Of what a sandbox of this workspace was started to hide, and of what is at those places now, as far as it is hidden still:
 * wherever an agent has moved it since.
 */
export async function hiddenIdentities(
  stateFolder: string,
  workspace: string,
  hidden: readonly string[],
): Promise<ReadonlySet<string>> {
  if (hidden.length === 0) return new Set()
  const looks = await readLooks(stateFolder, workspace)
  const before = looks.flatMap(({ paths }) =>
    Object.entries(paths).flatMap(([path, identity]) =>
      hidden.some((each) => isAtOrBeneath(path, each)) ? [identity] : [],
    ),
  )
  const all = [...before, ...Object.values(identitiesIn(workspace, hidden))]
  return new Set(all.filter((identity) => identity !== null))
}

function newestOfEach(looks: readonly Look[]): readonly Look[] {
  return looks.filter((look, index) => looks.findIndex(({ sandboxId }) => sandboxId === look.sandboxId) === index)
}

/** What is another than it was, or was not there before. */
export function replaced(before: Identities, now: Identities): readonly string[] {
  return Object.keys(now)
    .filter((path) => now[path] !== null && now[path] !== before[path])
    .sort()
}

function isSame(one: Started, other: NonNullable<Started>): boolean {
  return one !== null && one.id === other.id && one.startedAt === other.startedAt
}

/** What cannot be looked at, since an agent has closed a folder above it, say, is another than what could be. */
function identityOf(path: string): string | null {
  try {
    return identityText(lstatSync(path, { bigint: true }))
  } catch (error) {
    if (isAbsent(error)) return null
    const code = errorCode(error)
    if (code === undefined) throw error
    return code
  }
}

function fileOf(stateFolder: string, workspace: string): string {
  return join(stateFolder, 'hidden', `${digest([workspace], 32)}.json`)
}

/** What cannot be understood is as good as nothing: then the sandbox is started again. */
async function readLooks(stateFolder: string, workspace: string): Promise<readonly Look[]> {
  const text = await readTextIfThere(fileOf(stateFolder, workspace))
  if (text === null) return []
  try {
    const value: unknown = JSON.parse(text)
    const { looks } = isRecord(value) && value['format'] === format ? value : {}
    return Array.isArray(looks) && looks.every(isLook) ? looks : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}

/** Whole or not at all, whoever else writes at the same time. */
async function writeLooks(stateFolder: string, workspace: string, looks: readonly Look[]): Promise<void> {
  await mkdir(join(stateFolder, 'hidden'), { recursive: true, mode: 0o700 })
  await replaceFile(fileOf(stateFolder, workspace), `${JSON.stringify({ format, looks })}\n`)
}

function isLook(value: unknown): value is Look {
  if (!isRecord(value) || !isRecord(value['paths']) || !isRecord(value['parents'])) return false
  const { sandboxId, before, inode, paths, parents } = value
  const isText = (each: unknown): boolean => each === null || typeof each === 'string'
  const isStarted =
    before === null || (isRecord(before) && typeof before['id'] === 'string' && isText(before['startedAt']))
  return (
    isStarted &&
    typeof sandboxId === 'string' &&
    typeof inode === 'string' &&
    [...Object.values(paths), ...Object.values(parents)].every(isText)
  )
}
