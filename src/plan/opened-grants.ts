// What a sandbox was made without and is to have now.

import type { DesiredSandbox } from '../model/desired.js'
import type { Grant } from '../model/grant.js'
import type { LiveContainer } from '../model/live.js'
import { originOf } from './diff.js'

/**
 * The open network and a workspace that can be written are nothing to ask about, but for a sandbox that was made without:
 * it was closed for a reason, and what opens it is a line in a file that its agent or a pull request can write.
 */
export function openedGrants(
  { origins, containerSpec: wanted }: DesiredSandbox,
  current: LiveContainer | null,
): readonly Grant[] {
  if (current === null) return []
  const grants = [
    ...(current.spec.network === 'none' && wanted.network === 'open'
      ? [{ key: 'network', value: 'open', summary: 'the open network, which this sandbox did not have' }]
      : []),
    ...(current.spec.workspace.readonly && !wanted.workspace.readonly
      ? [{ key: 'write', value: 'workspace', summary: 'writing to the workspace, which this sandbox could only read' }]
      : []),
  ]
  return grants.map((grant) => {
    const origin = originOf(origins, grant.key === 'network' ? ['network'] : ['workspace', 'readonly'])
    return origin === undefined ? grant : { ...grant, origin }
  })
}
