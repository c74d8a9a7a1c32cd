// Which plan of a file was saved last. A seal says that this user saved a plan, not that they liked it: who reads the
// workspace can keep a copy of one that was turned down, and put it back later. So only the last one counts as a yes, until
// it has been applied. Without this memory each plan is asked about, and nothing else is lost.

import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../../model/diagnostic.js'
import { digest } from '../../model/names.js'
import { errorCode, readTextIfThere } from '../../resolve/read.js'
import { replaceFile } from '../../resolve/replace-file.js'
import { checksumOf, type SavedPlan } from './saved-plan.js'

/** A plan and the whole path that it is read from, or was saved to. */
export type PlacedPlan = { readonly saved: SavedPlan; readonly path: string }

/** To be called when it was saved. Throws `plan/unwritable`. */
export async function rememberLast(stateFolder: string, plan: PlacedPlan): Promise<void> {
  const folder = memoryIn(stateFolder)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const name of namesOf(plan)) await replaceFile(join(folder, name), checksumOf(plan.saved))
    await forgetOldest(folder)
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    fail('plan/unwritable', 'The plan cannot be saved', {
      detail: `That it is the last one cannot be written in ${folder} (${code}).`,
    })
  }
}

/** To be called when it was applied: a yes is for once. */
export async function forgetLast(stateFolder: string, plan: PlacedPlan): Promise<void> {
  for (const name of namesOf(plan)) {
    const file = join(memoryIn(stateFolder), name)
    if ((await readTextIfThere(file)) === checksumOf(plan.saved)) await rm(file, { force: true })
  }
}

/** Why a plan with this user's seal is not their last word, as the end of a sentence about it; null where it is. */
export async function notLast(stateFolder: string, plan: PlacedPlan): Promise<string | null> {
  const checksum = checksumOf(plan.saved)
  const [ofFile, ofPlace] = await Promise.all(
    namesOf(plan).map((name) => readTextIfThere(join(memoryIn(stateFolder), name))),
  )
  // A plan can be moved to where none was saved, but not to where the user expects another.
  if (typeof ofPlace === 'string' && ofPlace !== checksum) return 'is not the plan that you saved there last'
  if (typeof ofFile !== 'string') return 'was applied already, or sbx no longer knows that you saved it'
  return ofFile === checksum ? null : `is not the last plan that you saved of ${plan.saved.config.file}`
}

/**
 * Not by the sandbox: its id has the agent and the name in it, which whoever writes into the workspace can choose. The
 * file, the profile and the engine are the user's own choice.
 */
function namesOf({ saved: { config, engine }, path }: PlacedPlan): readonly [string, string] {
  return [digest(['file', config.file, config.profile, engine.id], 32), digest(['place', path], 32)]
}

function memoryIn(stateFolder: string): string {
  return join(stateFolder, 'saved-plans')
}

/** Two for each plan. What was forgotten is asked about, and so nobody's yes. */
const mostFiles = 400

/** Plans that are never applied would be remembered for ever, and drafts of a call that was killed would stay. */
async function forgetOldest(folder: string): Promise<void> {
  const names = await readdir(folder)
  if (names.length <= mostFiles) return
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name)
      return { file, writtenAt: await writtenAt(file) }
    }),
  )
  const oldest = files.sort((one, other) => other.writtenAt - one.writtenAt).slice(mostFiles)
  await Promise.all(oldest.map(({ file }) => rm(file, { force: true })))
}

/** In milliseconds since 1970; 0 of what another call has just removed. */
async function writtenAt(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0
    throw error
  }
}
