// The login volume of an agent is shared by its sandboxes and belongs to one user at a time: at a start it becomes that
// of the workspace's owner. Where that is another than a running sandbox has, its agent would be locked out.

import { stat } from 'node:fs/promises'
import { fail } from '../model/diagnostic.js'
import { usesVolume, type ContainerState } from '../model/live.js'
import { readIfThere } from './read.js'

/** A sandbox beside this one, as far as it matters here; a `ListedContainer` is one. */
export type LoginNeighbour = {
  readonly state: ContainerState
  readonly sandbox: { readonly id: string; readonly workspace: string }
  readonly spec: { readonly volumes: Readonly<Record<string, string>> }
}

/** Throws where a start would take the login from a sandbox that runs. `others` are containers of other sandboxes. */
export async function checkLoginOwner(request: {
  /** Real path. */
  readonly workspace: string
  readonly loginVolume: string | null
  readonly others: readonly LoginNeighbour[]
}): Promise<void> {
  const { workspace, loginVolume, others } = request
  if (loginVolume === null) return
  const sharing = others.filter((other) => usesVolume(other, loginVolume))
  if (sharing.length === 0) return
  const owner = await ownerOf(workspace)
  for (const { sandbox } of sharing) {
    const other = await ownerOf(sandbox.workspace)
    if (owner === null || other === null || other === owner) continue
    fail('resolve/login-in-use', 'The login is in use by a sandbox of another user', {
      detail:
        `${sandbox.id} runs as user ${String(other)}, the owner of ${sandbox.workspace}; this one would run as ` +
        `${String(owner)}, and the login ${loginVolume} can belong to only one of them. Stop that one first, give both ` +
        'folders the same owner, or write "credentials: none" here.',
      command: `sbx stop ${sandbox.id}`,
    })
  }
}

/** Null where the folder is gone. */
async function ownerOf(folder: string): Promise<number | null> {
  return (await readIfThere(folder, (path) => stat(path)))?.uid ?? null
}
