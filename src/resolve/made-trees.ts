// Which work trees sbx made on this machine: those it offers to remove with their sandbox. Kept in the user's state folder,
// which no sandbox is ever given.

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecord } from '../model/json.js'
import { digest } from '../model/names.js'
import { readTextIfThere } from './read.js'
import { replaceFile } from './replace-file.js'

export type MadeTree = {
  /** Real path. */
  readonly folder: string
  readonly branch: string
  /** The git folder of its repository. */
  readonly common: string
}

const format = 1

export async function rememberTree(stateFolder: string, { folder, branch, common }: MadeTree): Promise<void> {
  await mkdir(folderIn(stateFolder), { recursive: true, mode: 0o700 })
  await replaceFile(fileOf(stateFolder, folder), `${JSON.stringify({ format, folder, branch, common })}\n`)
}

export async function forgetTree(stateFolder: string, folder: string): Promise<void> {
  await rm(fileOf(stateFolder, folder), { force: true })
}

/** Whether sbx made the work tree that is there of this repository. What cannot be understood says nothing. */
export async function isMadeTree(stateFolder: string, folder: string, common: string): Promise<boolean> {
  const text = await readTextIfThere(fileOf(stateFolder, folder))
  if (text === null) return false
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value) || value['format'] !== format) return false
    return value['folder'] === folder && value['common'] === common
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

function folderIn(stateFolder: string): string {
  return join(stateFolder, 'worktrees')
}

function fileOf(stateFolder: string, folder: string): string {
  return join(folderIn(stateFolder), `${digest(folder, 32)}.json`)
}
