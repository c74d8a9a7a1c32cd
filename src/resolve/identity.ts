// Who a sandbox is: the folder, the agent and the profile, on this machine.

import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { LoadedConfig } from '../model/config.js'
import type { SandboxLabels } from '../model/desired.js'
import { fail } from '../model/diagnostic.js'
import { sandboxId } from '../model/names.js'
import type { Host } from './host.js'
import { checkWorkspace } from './protected-paths.js'
import { realPathIfThere } from './read.js'

/**
 * Needs no engine and no template. Fails where the workspace is no folder or one that sbx does not hand to an agent, and
 * where no agent is named.
 */
export async function sandboxIdentity(loaded: LoadedConfig, host: Host): Promise<SandboxLabels> {
  const { config, profile } = loaded
  const agent = config.agent?.name ?? noAgent()
  const workspace = await realPathIfThere(loaded.directory)
  if (workspace === null) return noFolder(loaded.directory)
  const status = await stat(workspace, { bigint: true })
  if (!status.isDirectory()) return noFolder(loaded.directory)
  await checkWorkspace(workspace, host)
  const displayName = config.name ?? basename(workspace)
  return {
    id: sandboxId({ machineId: host.machineId, name: displayName, workspace, agent, profile }),
    displayName,
    workspace,
    inode: `${status.dev}:${status.ino}:${status.birthtimeNs}`,
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

function noFolder(path: string): never {
  return fail('resolve/no-workspace', 'The workspace is not a folder', { detail: `${path} is not there or no folder.` })
}
