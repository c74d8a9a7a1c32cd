// The project's file with flags of `sbx run` in it: made first, so that it can be planned and approved, and written then.

import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RunFlags } from '../../config/flags.js'
import { saveFlags } from '../../config/save.js'
import type { LoadedConfig } from '../../model/config.js'
import { fail } from '../../model/diagnostic.js'
import type { Host } from '../../resolve/host.js'
import { readTextIfThere } from '../../resolve/read.js'
import { callLike } from '../call/call.js'
import { flagWords } from './flags.js'
import { type Invocation, tell } from '../call/invocation.js'

export type Draft = {
  /** Absolute. */
  readonly file: string
  readonly text: string
  /** What the file said when this was made of it; null where there was none. */
  readonly before: string | null
}

/** The project's file, or a new one, with these flags in it. Writes nothing. */
export async function draftWith(
  invocation: Invocation,
  host: Host,
  { file, directory }: LoadedConfig,
  flags: RunFlags,
): Promise<Draft> {
  const path = file ?? join(directory, 'sandbox.yaml')
  const before = file === null ? null : await readFile(file, 'utf8')
  const { workingFolder } = invocation
  const text = saveFlags({ text: before, flags, workingFolder, fileFolder: dirname(path), home: host.home })
  return { file: path, text, before }
}

/** In one move and with the mode it had. What somebody else wrote since then is not overwritten. */
export async function save(invocation: Invocation, { file, text, before }: Draft): Promise<void> {
  if ((await readTextIfThere(file)) !== before) {
    fail('save/changed-meanwhile', 'The file was changed by someone else', {
      detail: `${file} is no longer what this plan was made of. Nothing was done. Call sbx again.`,
    })
  }
  const unfinished = `${file}.${String(process.pid)}`
  await writeFile(unfinished, text, { flag: 'wx', mode: before === null ? 0o644 : (await stat(file)).mode })
  await rename(unfinished, file)
  tell(invocation, [`Saved the flags in ${file}.`])
}

/** A file cannot say what nobody knows any more, and without it the sandbox would lose the variable unasked. */
export function refuseForgotten(invocation: Invocation, flags: RunFlags, names: readonly string[]): void {
  if (names.length === 0) return
  const again = { ...flags, env: [...flags.env, ...names.map((name) => `${name}=`)] }
  fail('save/forgotten-values', 'Values given with -e cannot be saved', {
    detail:
      `Set by an earlier call, and sbx keeps no such values: ${names.join(', ')}. Give them again in this call, or forget ` +
      'all flags of earlier calls with --reset. Nothing was done.',
    command: callLike(invocation, ['sbx run', ...flagWords(again), '--save'].join(' ')),
  })
}
