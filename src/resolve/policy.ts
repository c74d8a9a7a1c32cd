// What the user's own policy refuses, whatever the file says and whoever says yes to it now.

import type { DesiredSandbox, SandboxLabels } from '../model/desired.js'
import { DiagnosticError, type Diagnostic } from '../model/diagnostic.js'
import type { Grant } from '../model/grant.js'
import { denyingRule, type Policy, type PolicyRule } from '../model/policy.js'
import { baselineGrants, type BaselineGrant } from './baseline-grants.js'
import { isBeneath } from './paths.js'
import { writablePaths, type Neighbour } from './sources.js'

/**
 * Throws for each grant of the plan, and for each part of the baseline that a policy can speak of. A policy that lies where
 * an agent can write is one that an agent can write. `standing` is what is there of it already.
 */
export function checkPolicy(
  desired: DesiredSandbox,
  grants: readonly Grant[],
  others: readonly Neighbour[],
  standing: Standing | null = null,
): void {
  const { policy, agent, containerSpec: spec, egress, origins } = desired
  if (policy === undefined) return
  checkPlace(policy, desired, others)
  const baseline = baselineGrants({ agent, spec, agentHosts: egress?.agentHosts ?? [], origins })
  throwDenied(policy, [...baseline, ...grants], standing)
}

/** A sandbox that is there, and what it reaches. */
export type Standing = {
  readonly sandbox: Pick<SandboxLabels, 'id' | 'displayName'>
  readonly grants: readonly BaselineGrant[]
}

/** For a session in what runs: a policy takes nothing from it, so that it is refused as a plan is. */
export function checkStanding(policy: Policy, standing: Standing): void {
  throwDenied(policy, standing.grants, standing)
}

function throwDenied(policy: Policy, grants: readonly BaselineGrant[], standing: Standing | null): void {
  const name = ({ key, value }: Grant): string => `${key} ${value}`
  const reached = new Map(grants.map((grant) => [name(grant), grant]))
  const held = new Set(standing?.grants.map(name))
  const problems = [...reached.values()].flatMap((grant): Diagnostic[] => {
    // A limited network is what a policy that denies the open one asks for.
    if (grant.key === 'network' && grant.value !== 'open') return []
    const rule = denyingRule(policy, grant)
    if (rule === undefined) return []
    return [problemOf(grant, rule, held.has(name(grant)) ? standing : null)]
  })
  if (problems.length > 0) throw new DiagnosticError(problems)
}

/** `holder` is who has it already: no policy takes it away. */
function problemOf(
  { key, summary, instead, origin }: BaselineGrant,
  rule: PolicyRule,
  holder: Standing | null,
): Diagnostic {
  const place = `${rule.at.file}:${String(rule.at.line)}`
  const without = instead === undefined ? 'take it out of the file' : `write ${instead}`
  const wayOut =
    holder === null
      ? instead === undefined
        ? []
        : [`To be without it, ${without}.`]
      : [
          `${holder.sandbox.displayName} still has it: ${without} and \`sbx apply\`, or remove the sandbox with ` +
            `\`sbx rm ${holder.sandbox.id}\`.`,
        ]
  const flag = origin?.kind === 'flag' ? [`It was given with ${origin.flag}.`] : []
  return {
    severity: 'error',
    code: 'policy/denied',
    summary: 'Your policy does not allow this',
    detail: [`${key} is denied by ${rule.pattern} in ${place}: ${summary}.`, ...flag, ...wayOut].join(' '),
    // Where no file asks for it, the line that denies is the one there is.
    ...(origin?.kind === 'flag' ? {} : { at: origin?.at ?? rule.at }),
  }
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
