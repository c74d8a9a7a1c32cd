// Who a sandbox is: the folder, the agent and the profile, on this machine.

import { realpathSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { LoadedConfig } from '../model/config.js'
import type { SandboxLabels } from '../model/desired.js'
import { fail } from '../model/diagnostic.js'
import { sandboxId } from '../model/names.js'
import { identityText } from './file-identity.js'
import type { Host } from './host.js'
import { checkWorkspace } from './protected-paths.js'
import { errorCode } from './read.js'

/**
 * Needs no engine and no template. Fails where the workspace is no folder or one that sbx does not hand to an agent, and
 * where no agent is named.
 */
export async function sandboxIdentity(loaded: LoadedConfig, host: Host): Promise<SandboxLabels> {
  const { config, profile } = loaded
  const agent = config.agent?.name ?? noAgent()
  const { workspace, inode } = readFolder(loaded.directory)
  checkWorkspace(workspace, host)
  const displayName = config.name ?? basename(workspace)
  return {
    id: sandboxId({ machineId: host.machineId, name: displayName, workspace, agent, profile }),
    displayName,
    workspace,
    inode,
    agent,
    profile,
  }
}

function noAgent(): never {
  return fail('resolve/no-agent', 'No agent is named', {
    detail: 'Write one into sandbox.yaml, as in "agent: claude", or name it in the call.',
    command: 'sbx run claude',
  })
}

function readFolder(path: string): { readonly workspace: string; readonly inode: string } {
  try {
    const workspace = realpathSync.native(path)
    const status = statSync(workspace, { bigint: true })
    if (!status.isDirectory()) return noFolder(path, 'is no folder')
    return { workspace, inode: identityText(status) }
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    return noFolder(path, `cannot be reached (${code})`)
  }
}

function noFolder(path: string, why: string): never {
  return fail('resolve/no-workspace', 'The workspace is not a folder', { detail: `${path} ${why}.` })
}
