// What was approved on this machine, a file for each sandbox in the user's state folder, which no sandbox is ever given. The
// engine is no witness for it: what is there, others than the user may have put there. An approval is for one folder; one
// that was deleted and made anew is another, whoever made it.

import { mkdir, rm } from 'node:fs/promises'
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { SandboxLabels } from '../model/desired.js'
import { isRecord } from '../model/json.js'
import { digest } from '../model/names.js'
import { narrower, type Reach } from '../model/reach.js'
import { type EnginePlace, isEnginePlaces } from './engine-places.js'
import { identityText } from './file-identity.js'
import { errorCode, isAbsent } from './read.js'
import { replaceFile } from './replace-file.js'

/** `at` in ISO 8601. With `by` it was no approval of its own: the policy allowed it then. */
export type Approval = { readonly value: string; readonly at: string; readonly by?: 'policy' }

export type Approvals = {
  readonly id: string
  readonly name: string
  readonly workspace: string
  /** Of the workspace, as `SandboxLabels` has it. */
  readonly inode: string
  readonly profile: string | null
  readonly agent: string
  readonly grants: Readonly<Record<string, Approval>>
  /** How far the sandbox reached when it was last applied; null where that did not come to its end. */
  readonly reach: Reach | null
  /** The engines that it was applied on. Absent where an earlier sbx wrote it, which did not say. */
  readonly engines?: readonly EnginePlace[]
}

type Subject = Pick<SandboxLabels, 'id' | 'displayName' | 'workspace' | 'inode' | 'profile' | 'agent'>

/** Of what it is named by in a folder. */
type InFolder = Pick<SandboxLabels, 'workspace' | 'profile' | 'agent'>

const format = 1
/** In bytes: far more than any sandbox has grants. */
const maximumSize = 1024 * 1024

/**
 * Null where this machine remembers nothing of the sandbox. What it remembers of another folder, or cannot read, is a file
 * without approvals: it is there, so that nothing else counts in its place.
 */
export function readApprovals(stateFolder: string, subject: Subject): Approvals | null {
  const stored = readStored(fileOf(stateFolder, subject.id))
  if (stored === null) return null
  if (stored === 'bad') return { ...unapproved(subject), reach: null }
  if (stored.workspace === subject.workspace && stored.inode === subject.inode) return stored
  const { engines } = stored
  return { ...unapproved(subject), reach: null, ...(engines === undefined ? {} : { engines }) }
}

function unapproved({ displayName: name, id, workspace, inode, profile, agent }: Subject): Omit<Approvals, 'reach'> {
  return { id, name, workspace, inode, profile, agent, grants: {} }
}

/** Of the sandboxes of a folder and profile: all of them, or those of the same agent. */
export type Among = (typeof amongs)[number]

const amongs = ['agent', 'all'] as const

/**
 * Of the sandbox that was applied last in this folder and profile, where that is another: by another name, or of another
 * agent. Null where there is none. Where nobody can tell which it was, nothing is approved, and each may have been it.
 */
export function readLatest(stateFolder: string, subject: Subject, among: Among): Approvals | null {
  const last = readLast(stateFolder, subject, among)
  if (last === null) return null
  if (last !== 'bad') return last.id === subject.id ? null : readApprovals(stateFolder, { ...subject, id: last.id })
  const { id, workspace, profile, agent } = subject
  const candidates = listApprovals(stateFolder).filter(
    (each) =>
      each.id !== id &&
      each.workspace === workspace &&
      each.profile === profile &&
      (among === 'all' || each.agent === agent),
  )
  const reaches = candidates.flatMap(({ reach }) => (reach === null ? [] : [reach]))
  return { ...unapproved(subject), reach: reaches.reduce<Reach | null>(narrower, null) }
}

/** Whether the workspace is still the folder that the approvals are for. */
export function isOfItsFolder({ workspace, inode }: Approvals): boolean {
  try {
    const status = statSync(workspace, { bigint: true, throwIfNoEntry: false })
    return status !== undefined && identityText(status) === inode
  } catch (error) {
    // A folder that cannot be looked at is not known to be that one.
    if (errorCode(error) === undefined) throw error
    return false
  }
}

/** Sorted by id. */
export function listApprovals(stateFolder: string): readonly Approvals[] {
  return filesIn(folderIn(stateFolder))
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => {
      const stored = readStored(join(folderIn(stateFolder), name))
      return stored === null || stored === 'bad' || `${stored.id}.json` !== name ? [] : [stored]
    })
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}

export async function writeApprovals(stateFolder: string, approvals: Approvals): Promise<void> {
  await replace(
    stateFolder,
    fileOf(stateFolder, approvals.id),
    `${JSON.stringify({ format, ...approvals }, null, 2)}\n`,
  )
}

/** That this sandbox is the last one that was applied in its folder and profile, and the last one of its agent there. */
export async function writeLatest(stateFolder: string, subject: Subject): Promise<void> {
  for (const among of amongs) {
    const last = readLast(stateFolder, subject, among)
    if (last !== null && last !== 'bad' && last.id === subject.id) continue
    await replace(stateFolder, lastFileOf(stateFolder, subject, among), subject.id)
  }
}

/** Whole or not at all, whoever else writes at the same time. */
async function replace(stateFolder: string, file: string, text: string): Promise<void> {
  await mkdir(folderIn(stateFolder), { recursive: true, mode: 0o700 })
  await replaceFile(file, text)
}

/** Values by grant key, without those that only the policy allowed: it may say otherwise by now. */
export function approvedValues({ grants }: Pick<Approvals, 'grants'>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(grants).flatMap(([key, { value, by }]) => (by === undefined ? [[key, value]] : [])),
  )
}

/**
 * Among which sandboxes of its folder it was applied last, and so limits the others: more is more. Null where nobody can tell
 * which it was, so that all of them do.
 */
export function latestAmong(stateFolder: string, approvals: Approvals): 0 | 1 | 2 | null {
  const [ofAgent, ofAll] = amongs.map((among) => readLast(stateFolder, approvals, among))
  if (ofAgent === 'bad' || ofAll === 'bad') return null
  return ofAll?.id === approvals.id ? 2 : ofAgent?.id === approvals.id ? 1 : 0
}

/** False where it is not as it was listed any more; then it stays. What names it as the last goes after it. */
export async function removeApprovals(stateFolder: string, listed: Approvals): Promise<boolean> {
  const file = fileOf(stateFolder, listed.id)
  const stored = readStored(file)
  if (stored === null || stored === 'bad' || !isDeepStrictEqual(stored, listed)) return false
  await rm(file)
  for (const among of amongs) {
    const last = readLast(stateFolder, listed, among)
    if (last !== null && last !== 'bad' && last.id === listed.id) await rm(lastFileOf(stateFolder, listed, among))
  }
  return true
}

function folderIn(stateFolder: string): string {
  return join(stateFolder, 'approvals')
}

function fileOf(stateFolder: string, id: string): string {
  return join(folderIn(stateFolder), `${id}.json`)
}

function lastFileOf(stateFolder: string, { workspace, profile, agent }: InFolder, among: Among): string {
  const name = digest([workspace, profile, ...(among === 'agent' ? [agent] : [])], 32)
  return join(folderIn(stateFolder), `${name}.last`)
}

function readLast(stateFolder: string, subject: InFolder, among: Among): { readonly id: string } | 'bad' | null {
  const read = readOwn(lastFileOf(stateFolder, subject, among))
  if (read === null || read === 'bad') return read
  return /^[a-z0-9-]{1,60}$/.test(read.text) ? { id: read.text } : 'bad'
}

function readStored(file: string): Approvals | 'bad' | null {
  const read = readOwn(file)
  return read === null || read === 'bad' ? read : (decode(read.text) ?? 'bad')
}

/** Read in one go: each call that plans reads a few, and most are some lines. What cannot be read approves nothing. */
function readOwn(file: string): { readonly text: string } | 'bad' | null {
  try {
    const stats = lstatSync(file, { throwIfNoEntry: false })
    if (stats === undefined) return null
    const isOwn = stats.uid === (process.getuid?.() ?? stats.uid) || stats.uid === 0
    if (!stats.isFile() || !isOwn || (stats.mode & 0o022) !== 0 || stats.size > maximumSize) return 'bad'
    return { text: readFileSync(file, 'utf8') }
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return isAbsent(error) ? null : 'bad'
  }
}

function decode(text: string): Approvals | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (!isRecord(value) || value['format'] !== format || !isRecord(value['grants'])) return null
  const { id, name, workspace, inode, profile, agent, reach } = value
  if (![id, name, workspace, inode, agent].every((each) => typeof each === 'string')) return null
  if (profile !== null && typeof profile !== 'string') return null
  if (reach !== null && !isReach(reach)) return null
  if (!Object.values(value['grants']).every(isApproval)) return null
  if (!isEnginePlaces(value['engines'])) return null
  return value as unknown as Approvals
}

function isApproval(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { value: granted, at, by } = value
  return typeof granted === 'string' && typeof at === 'string' && (by === undefined || by === 'policy')
}

function isReach(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { network, isReadonly, hidden, sudo, hasLogin, isolation, isClone } = value
  return (
    (network === 'open' || network === 'limited' || network === 'none') &&
    typeof isReadonly === 'boolean' &&
    typeof sudo === 'boolean' &&
    typeof hasLogin === 'boolean' &&
    (isolation === null || typeof isolation === 'string') &&
    (isClone === undefined || isClone === true) &&
    Array.isArray(hidden) &&
    hidden.every((path) => typeof path === 'string')
  )
}
