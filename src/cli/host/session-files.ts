// What sessions of an agent begin with, read on this machine before anything is started for one.

import { fail } from '../../model/diagnostic.js'
import type { DesiredSandbox } from '../../model/desired.js'
import type { Host } from '../../resolve/host.js'
import type { SessionFile } from '../../template/agent-files.js'

/** As it is now, which may be other than when the plan was made. Throws `resolve/agent-files`. */
export async function readSessionFiles(
  { stateFolder }: Pick<Host, 'stateFolder'>,
  { workspace, hidden = [], recordSpec: { files = {} } }: Pick<DesiredSandbox, 'workspace' | 'hidden' | 'recordSpec'>,
): Promise<readonly SessionFile[]> {
  const entries = Object.entries(files)
  if (entries.length === 0) return []
  const { noFiles, readLaidFiles } = await import('../../resolve/agent-files.js')
  const { hiddenIdentities } = await import('../../resolve/hidden-state.js')
  const keptOut = await hiddenIdentities(stateFolder, workspace, hidden)
  const read = entries.map(async ([target, { source }]) => {
    const found = await readLaidFiles(source, keptOut)
    if ('why' in found) return fail(noFiles.code, noFiles.summary, { detail: found.why })
    return found.files.map(({ path, ...file }) => ({ ...file, path: path === '' ? target : `${target}/${path}` }))
  })
  return (await Promise.all(read)).flat()
}
