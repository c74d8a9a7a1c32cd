// How a workspace was before a session that goes on when sbx does not: in the user's state folder, for whoever meets its end.

import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecord } from '../model/json.js'
import { errorCode, readTextIfThere } from './read.js'
import { replaceFile } from './replace-file.js'
import type { TrustedFile } from './trusted-files.js'
import type { WorkspaceBefore } from './workspace-report.js'

/** Both ids are sbx's own, and names of files. */
export type KeptKey = { readonly sandboxId: string; readonly sessionId: string }

const format = 1
/** In bytes. What is larger is not kept, and whoever attaches compares with what they found. */
const largest = 4 * 1024 * 1024
/** Of one sandbox. */
const mostKept = 20

export async function keepBefore(stateFolder: string, key: KeptKey, before: WorkspaceBefore): Promise<void> {
  const text = `${JSON.stringify({ format, at: before.at, files: [...before.files], hidden: before.hidden })}\n`
  if (text.length > largest) return
  const folder = folderOf(stateFolder, key)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await replaceFile(fileOf(stateFolder, key), text)
  // An id begins with its time.
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  for (const name of names.slice(0, -mostKept)) await rm(join(folder, name), { force: true })
}

/** Null where none is kept; what cannot be understood is as good as none. */
export async function readBefore(
  stateFolder: string,
  key: KeptKey,
  spec: WorkspaceBefore['spec'],
): Promise<WorkspaceBefore | null> {
  const text = await readTextIfThere(fileOf(stateFolder, key))
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isKept(value) ? { spec, at: value.at, files: new Map(value.files), hidden: value.hidden } : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Of which sessions of a sandbox something is kept, oldest first. */
export async function keptBefores(stateFolder: string, sandboxId: string): Promise<readonly string[]> {
  const names = await entriesIfThere(folderOf(stateFolder, { sandboxId }))
  return names.flatMap((name) => /^([0-9a-f]{10})\.json$/.exec(name)?.[1] ?? []).sort()
}

async function entriesIfThere(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

export async function removeBefore(stateFolder: string, key: KeptKey): Promise<void> {
  await rm(fileOf(stateFolder, key), { force: true })
}

function folderOf(stateFolder: string, { sandboxId }: Pick<KeptKey, 'sandboxId'>): string {
  return join(stateFolder, 'sessions', sandboxId)
}

function fileOf(stateFolder: string, key: KeptKey): string {
  return join(folderOf(stateFolder, key), `${key.sessionId}.json`)
}

type Kept = Pick<WorkspaceBefore, 'at' | 'hidden'> & { readonly files: readonly (readonly [string, TrustedFile])[] }

function isKept(value: unknown): value is Kept {
  if (!isRecord(value) || value['format'] !== format || typeof value['at'] !== 'number') return false
  const { files, hidden } = value
  const isText = (each: unknown): boolean => each === null || typeof each === 'string'
  return isRecord(hidden) && Object.values(hidden).every(isText) && Array.isArray(files) && files.every(isEntry)
}

function isEntry(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  const [path, file] = value as readonly unknown[]
  return (
    typeof path === 'string' &&
    isRecord(file) &&
    (file['text'] === null || typeof file['text'] === 'string') &&
    typeof file['mark'] === 'string' &&
    typeof file['isExecutable'] === 'boolean' &&
    typeof file['changedAt'] === 'number'
  )
}
