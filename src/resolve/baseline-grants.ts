// What a sandbox reaches without anybody's yes, as far as a policy can speak of it.

import type { Origins } from '../model/config.js'
import type { Grant } from '../model/grant.js'
import type { ContainerSpec } from '../model/spec.js'
import { originOf } from './origins.js'

/** `instead` is what a file can say to be without it. */
export type BaselineGrant = Grant & { readonly instead?: string }

export function baselineGrants({
  agent,
  spec,
  agentHosts,
  origins,
}: {
  readonly agent: string
  readonly spec: ContainerSpec
  /** What the agent asks for on a limited network. */
  readonly agentHosts: readonly string[]
  readonly origins: Origins
}): readonly BaselineGrant[] {
  const { network, workspace, sudo, credentials, isolation } = spec
  const at = (grant: BaselineGrant, path: string): BaselineGrant => {
    const origin = originOf(origins, path)
    return origin === undefined ? grant : { ...grant, origin }
  }
  const runtime = isolation ?? 'container'
  const isClone = workspace.mode === 'clone'
  const found: (BaselineGrant | null)[] = [
    network === 'open'
      ? at(
          {
            ...{ key: 'network', value: network, summary: 'the open network' },
            instead: '`network: none` or `network: { allow: [HOST] }`',
          },
          '/network',
        )
      : null,
    workspace.readonly || isClone
      ? null
      : {
          ...{ key: 'write', value: 'workspace', summary: 'writing to the workspace' },
          instead: '`workspace: { readonly: true }`',
        },
    isClone
      ? null
      : {
          ...{ key: 'host-files', value: workspace.path, summary: "the workspace's files on this machine" },
          instead: '`workspace: { mode: clone }`',
        },
    sudo === false
      ? null
      : at({ key: 'sudo', value: 'true', summary: 'root inside', instead: '`sudo: false`' }, '/sudo'),
    credentials === 'sandbox'
      ? at(
          {
            ...{ key: 'shared-login', value: 'sandbox', summary: `the shared login of ${agent}` },
            instead: '`credentials: none`',
          },
          '/credentials',
        )
      : null,
    at(
      {
        ...{ key: 'isolation', value: runtime, subject: `isolation:${runtime}`, summary: `isolation by ${runtime}` },
        instead: 'another `isolation`',
      },
      '/isolation',
    ),
    ...agentHosts.map((host) =>
      at({ key: `host:${host}`, value: `host:${host}`, summary: `host ${host}, which ${agent} asks for` }, '/network'),
    ),
  ]
  return found.filter((grant) => grant !== null)
}
