// What the user's own policy refuses, whatever the file says and whoever says yes to it now.

import type { DesiredSandbox } from '../model/desired.js'
import { DiagnosticError, type Diagnostic } from '../model/diagnostic.js'
import type { Grant } from '../model/grant.js'
import { denyingRule, type Policy } from '../model/policy.js'
import { originOf } from './origins.js'
import { isBeneath } from './paths.js'
import { writablePaths, type Neighbour } from './sources.js'

/**
 * Throws for each grant of the plan, and for each part of the baseline that a policy can speak of. A policy that lies where
 * an agent can write is one that an agent can write.
 */
export function checkPolicy(desired: DesiredSandbox, grants: readonly Grant[], others: readonly Neighbour[]): void {
  const { policy } = desired
  if (policy === undefined) return
  checkPlace(policy, desired, others)
  const reached = new Map([...baseline(desired), ...grants].map((grant) => [`${grant.key} ${grant.value}`, grant]))
  const problems = [...reached.values()].flatMap((grant): Diagnostic[] => {
    // A limited network is what a policy that denies the open one asks for.
    if (grant.key === 'network' && grant.value !== 'open') return []
    const rule = denyingRule(policy, grant)
    if (rule === undefined) return []
    const { origin } = grant
    const place = `${rule.at.file}:${String(rule.at.line)}`
    const told = {
      severity: 'error',
      code: 'policy/denied',
      summary: 'Your policy does not allow this',
      detail: `${grant.key} is denied by ${rule.pattern} in ${place}: ${grant.summary}.`,
    } as const
    if (origin?.kind === 'file') return [{ ...told, at: origin.at }]
    return [origin === undefined ? told : { ...told, detail: `${told.detail} It was given with ${origin.flag}.` }]
  })
  if (problems.length > 0) throw new DiagnosticError(problems)
}

function baseline({ agent, containerSpec, egress, origins }: DesiredSandbox): readonly Grant[] {
  const { network, workspace, sudo, credentials, isolation } = containerSpec
  const at = (grant: Grant, path: string): Grant => {
    const origin = originOf(origins, path)
    return origin === undefined ? grant : { ...grant, origin }
  }
  const runtime = isolation ?? 'container'
  return [
    ...(network === 'open' ? [at({ key: 'network', value: network, summary: 'the open network' }, '/network')] : []),
    ...(workspace.readonly || workspace.mode === 'clone'
      ? []
      : [{ key: 'write', value: 'workspace', summary: 'writing to the workspace' }]),
    ...(workspace.mode === 'clone'
      ? []
      : [{ key: 'host-files', value: workspace.path, summary: "the workspace's files on this machine" }]),
    ...(sudo === false ? [] : [at({ key: 'sudo', value: 'true', summary: 'root inside' }, '/sudo')]),
    ...(credentials === 'sandbox'
      ? [at({ key: 'shared-login', value: 'sandbox', summary: `the shared login of ${agent}` }, '/credentials')]
      : []),
    at(
      { key: 'isolation', value: runtime, subject: `isolation:${runtime}`, summary: `isolation by ${runtime}` },
      '/isolation',
    ),
    ...(egress?.agentHosts ?? []).map((host) =>
      at({ key: `host:${host}`, value: `host:${host}`, summary: `host ${host}, which ${agent} asks for` }, '/network'),
    ),
  ]
}

function checkPlace(
  { file }: Policy,
  { containerSpec, displayName }: DesiredSandbox,
  others: readonly Neighbour[],
): void {
  const all = [{ sandbox: { displayName }, spec: containerSpec }, ...others]
  const near = all.find(({ spec }) => writablePaths(spec).some((path) => isBeneath(file, path)))
  if (near === undefined) return
  throw new DiagnosticError([
    {
      severity: 'error',
      code: 'policy/in-reach',
      summary: 'An agent could change your policy',
      detail: `${file} lies where sandbox ${near.sandbox.displayName} can write. Keep the policy outside of every workspace.`,
    },
  ])
}
