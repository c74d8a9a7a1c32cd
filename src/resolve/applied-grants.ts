// What a sandbox that is there reaches, by what was applied to it, whatever its file says by now.

import type { SandboxLabels } from '../model/desired.js'
import type { Grant } from '../model/grant.js'
import type { ContainerSpec, RecordSpec } from '../model/spec.js'
import { baselineGrants, type BaselineGrant } from './baseline-grants.js'
import { listGrants } from './grants.js'

export type Applied = {
  readonly sandbox: Pick<SandboxLabels, 'id' | 'displayName' | 'agent'>
  readonly spec: ContainerSpec
  /** Null where it is gone. */
  readonly record: Pick<RecordSpec, 'grants'> | null
}

export function appliedGrants(
  { sandbox: { agent }, spec, record }: Applied,
  { home, agentHosts }: { readonly home: string; readonly agentHosts: readonly string[] },
): readonly BaselineGrant[] {
  const environment = { hostVariables: [], env: {}, envFile: {}, secrets: {}, realPaths: {}, warnings: [] }
  return [
    ...baselineGrants({ agent, spec, agentHosts, origins: {} }),
    ...listGrants({ config: {}, origins: {}, home, containerSpec: spec, environment, agent }),
    ...Object.entries(record?.grants ?? {}).flatMap(([key, value]) => ofRecord(key, value) ?? []),
  ]
}

/** What no spec of a container has; of its subject what `listGrants` says of the same. */
function ofRecord(key: string, value: string): Grant | null {
  const grant = { key, value, summary: 'it was applied' }
  switch (key.slice(0, key.indexOf(':'))) {
    case 'files':
    case 'env-file':
      return { ...grant, subject: `file:${value}` }
    case 'secret':
      return { ...grant, subject: value }
    case 'env':
    case 'host':
      return grant
    default:
      return null
  }
}
