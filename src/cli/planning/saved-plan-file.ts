// Where a saved plan lies: written whole or not at all, for its owner alone, and never over something else.

import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { fail } from '../../model/diagnostic.js'
import { errorCode } from '../../resolve/read.js'
import { replaceFile } from '../../resolve/replace-file.js'
import { isSavedPlan } from './saved-plan.js'

/** In bytes. A plan has some thousand; more than this is something else. */
const maximumSize = 64 * 1024 * 1024

/** Throws `plan/unreadable`. Waits for nothing that is put in its place. */
export async function readPlanFile(file: string): Promise<string> {
  const text = await readText(file, constants.O_RDONLY | constants.O_NONBLOCK)
  if (text !== null) return text
  return fail('plan/unreadable', 'The saved plan cannot be read', {
    detail: `${file} is not there. What is named here is the file of a plan that was saved; a sandbox is that of the folder.`,
  })
}

/** Throws where something else is there than a plan that was saved before. */
export async function checkPlanPlace(file: string): Promise<void> {
  const text = await readText(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  if (text === null || isSavedPlan(text)) return
  fail('plan/occupied', 'There is another file in the place of the plan', {
    detail: `${file} is no saved plan, and is not written over. Nothing was done. Name another file, or remove it.`,
  })
}

/** Mode 0600. Throws `plan/unwritable`. */
export async function writePlanFile(file: string, text: string): Promise<void> {
  await checkPlanPlace(file)
  try {
    await replaceFile(file, text, { isLasting: true })
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    fail('plan/unwritable', 'The plan cannot be saved', { detail: `${file} cannot be written (${code}).` })
  }
}

/** Null where nothing is there. */
async function readText(file: string, flags: number): Promise<string | null> {
  let handle: FileHandle
  try {
    handle = await open(file, flags)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT') return null
    if (code === undefined) throw error
    return unreadable(file, code === 'ELOOP' ? 'is a link' : `cannot be read (${code})`)
  }
  try {
    const status = await handle.stat()
    if (!status.isFile()) return unreadable(file, 'is not a file')
    if (status.size > maximumSize) return unreadable(file, `has more than ${maximumSize} bytes`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

function unreadable(file: string, why: string): never {
  fail('plan/unreadable', 'The saved plan cannot be read', { detail: `${file} ${why}.` })
}
