// What a session that goes on is compared with in the end: the workspace as it was before it began.

import type { ContainerSpec } from '../../model/spec.js'
import type { Host } from '../../resolve/host.js'
import type { KeptKey } from '../../resolve/kept-before.js'
import { errorCode } from '../../resolve/read.js'
import type { WorkspaceBefore } from '../../resolve/workspace-report.js'
import { type Invocation, tell } from '../call/invocation.js'

type Workspace = Pick<ContainerSpec, 'workspace' | 'hide' | 'mounts'>

/** Looks now, and keeps it for whoever meets the end of the session. */
export async function lookAndKeep(
  invocation: Invocation,
  { stateFolder }: Pick<Host, 'stateFolder'>,
  spec: Workspace,
  key: KeptKey,
): Promise<WorkspaceBefore> {
  const { lookBefore } = await import('../../resolve/workspace-report.js')
  const { keepBefore } = await import('../../resolve/kept-before.js')
  const before = await lookBefore(spec)
  try {
    await keepBefore(stateFolder, key, before)
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    tell(invocation, [`note: how the workspace is now cannot be kept in ${stateFolder} (${code}).`])
  }
  return before
}

/** What was kept, or else how it is now. */
export async function lookBack(
  { stateFolder }: Pick<Host, 'stateFolder'>,
  spec: Workspace,
  key: KeptKey,
): Promise<WorkspaceBefore> {
  const { lookBefore } = await import('../../resolve/workspace-report.js')
  return (await readKept({ stateFolder }, spec, key)) ?? lookBefore(spec)
}

/** Null where nothing was kept that can be read. */
export async function readKept(
  { stateFolder }: Pick<Host, 'stateFolder'>,
  spec: Workspace,
  key: KeptKey,
): Promise<WorkspaceBefore | null> {
  const { readBefore } = await import('../../resolve/kept-before.js')
  try {
    return await readBefore(stateFolder, key, spec)
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return null
  }
}

/** Once the session is over. What cannot be removed stays until later ones take its place. */
export async function forgetBefore(
  invocation: Invocation,
  { stateFolder }: Pick<Host, 'stateFolder'>,
  key: KeptKey,
): Promise<void> {
  const { removeBefore } = await import('../../resolve/kept-before.js')
  try {
    await removeBefore(stateFolder, key)
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    tell(invocation, [`note: what was kept of this session in ${stateFolder} cannot be removed (${code}).`])
  }
}
