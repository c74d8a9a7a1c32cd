import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RunFlags } from '../config/flags.js'
import { saveFlags } from '../config/save.js'
import type { LoadedConfig } from '../model/config.js'
import type { Host } from '../resolve/host.js'
import { type Invocation, tell } from './invocation.js'

/** Writes the flags of this call into the project's file, or a new one, in one move and with the mode it had. */
export async function save(
  invocation: Invocation,
  host: Host,
  { file, directory }: LoadedConfig,
  flags: RunFlags,
): Promise<void> {
  const path = file ?? join(directory, 'sandbox.yaml')
  const text = saveFlags({
    text: file === null ? null : await readFile(file, 'utf8'),
    flags,
    workingFolder: invocation.workingFolder,
    fileFolder: dirname(path),
    home: host.home,
  })
  const unfinished = `${path}.${String(process.pid)}`
  await writeFile(unfinished, text, { flag: 'wx', mode: file === null ? 0o644 : (await stat(file)).mode })
  await rename(unfinished, path)
  tell(invocation, [`Saved the flags in ${path}.`])
}
