// The files that commands of prepare go by, as a clone has them.

import { createHash } from 'node:crypto'
import type { DesiredSandbox } from '../../model/desired.js'
import type { Engine } from '../../model/engine.js'
import type { LiveSandbox } from '../../model/live.js'
import { containerInUse } from '../../plan/in-use.js'
import type { Host } from '../../resolve/host.js'
import { largestInput, withInputs } from '../../resolve/prepare.js'
import { findGitFolders } from '../../template/git-folder.js'
import { withObjects } from '../../template/git-objects.js'
import { readPlain } from '../host/read-plain.js'

/**
 * Of one that is there, what its container shows, by a GET a file; of one that is made, what the commit has that it begins
 * with. Of one whose container is gone nothing is known: what went by it runs in the next container in any case, and once
 * more after that.
 */
export async function withCloneInputs(
  desired: DesiredSandbox,
  live: LiveSandbox,
  engine: Engine,
  host: Pick<Host, 'programEnv'>,
): Promise<DesiredSandbox> {
  const { clone, workspaceVolume, prepare = [] } = desired
  const paths = [...new Set(prepare.flatMap(({ when }) => Object.keys(when)))]
  if (clone === undefined || workspaceVolume === undefined || paths.length === 0) return desired
  const current = containerInUse(live.containers)
  const isThere = live.volumes?.includes(workspaceVolume) === true
  if (!isThere) return withInputs(desired, await inputsOf(clone.head, paths, desired.workspace, host))
  if (current?.spec.workspace.mode !== 'clone' || current.state === 'created') return desired
  const inputs: Record<string, string | null> = {}
  for (const path of paths) inputs[path] = await digestIn(engine, current.id, `${desired.workspace}/${path}`)
  return withInputs(desired, inputs)
}

/** Null of what is no plain file, or more than is read. */
async function digestIn(engine: Engine, containerId: string, path: string): Promise<string | null> {
  for await (const { kind, size, content } of engine.readArchive(containerId, path)) {
    if (kind !== 'file' || size > largestInput) return null
    const hash = createHash('sha256')
    for await (const piece of content) hash.update(piece)
    return hash.digest('hex')
  }
  return null
}

async function inputsOf(
  head: string,
  paths: readonly string[],
  workspace: string,
  host: Pick<Host, 'programEnv'>,
): Promise<Readonly<Record<string, string | null>>> {
  const folders = await findGitFolders(workspace, readPlain)
  const context = { env: host.programEnv(), signal: new AbortController().signal }
  return withObjects(folders, head.length, context, async (objects) => {
    const inputs: Record<string, string | null> = {}
    for (const path of paths) {
      const entry = await objects.entry(head, path)
      const isFile = entry?.path === path && entry.kind === 'file' && entry.size <= largestInput
      inputs[path] = isFile
        ? createHash('sha256')
            .update(await objects.content(entry.object, largestInput))
            .digest('hex')
        : null
    }
    return inputs
  })
}
