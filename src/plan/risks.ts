// What doing a plan would cost or open up.

import type { SandboxPlan } from '../model/plan.js'
import type { CloneLoss, Losses, OpenSession, Risks } from '../model/risks.js'
import { lossesOf, type LossFacts } from './losses.js'

export type RiskFacts = {
  /** Of the container in use. */
  readonly sessions: readonly OpenSession[]
  /** The same; null where it is not removed. */
  readonly losses: LossFacts | null
  /** Of a clone that the plan removes or leaves behind. Absent where it does neither. */
  readonly clone?: CloneLoss | null
}

export function risks(plan: SandboxPlan, facts: RiskFacts): Risks {
  const content = removesCurrent(plan) && facts.losses !== null ? lossesOf(facts.losses) : null
  return {
    sessions: endsSessions(plan) ? facts.sessions : [],
    ...fateOf(content, plan.keeps),
    clone: facts.clone ?? null,
    widening: plan.grants.filter((grant) => grant.widens),
  }
}

/** A snapshot has all but what is in volumes; a copy has no packages, and brings back what was deleted. */
function fateOf(content: Losses | null, keeps: SandboxPlan['keeps']): Pick<Risks, 'losses' | 'kept'> {
  if (content === null || keeps === undefined) return { losses: content, kept: null }
  const { files, deleted, packages, volumes, bytes, uncounted } = content
  const nothing = { files: { count: 0, folders: [], elsewhere: 0 }, deleted: 0, packages: [], volumes: [], bytes: null }
  const isCopy = keeps === 'copy'
  const isDebian = ({ manager }: Losses['packages'][number]): boolean => manager === 'debian'
  return {
    kept: orNull({
      ...nothing,
      files,
      bytes,
      packages: isCopy ? packages.filter((each) => !isDebian(each)) : packages,
      deleted: isCopy ? 0 : deleted,
    }),
    losses: orNull({
      ...nothing,
      volumes,
      packages: isCopy ? packages.filter(isDebian) : [],
      deleted: isCopy ? deleted : 0,
      ...(uncounted === undefined ? {} : { uncounted }),
    }),
  }
}

function orNull(losses: Losses): Losses | null {
  const { files, deleted, packages, volumes, uncounted } = losses
  const isNothing = files.count + deleted + packages.length + volumes.length === 0 && uncounted === undefined
  return isNothing ? null : losses
}

/** Whether the container in use is stopped, for good or for a moment. */
export function endsSessions(plan: SandboxPlan): boolean {
  return plan.steps.some((step) => step.do === 'stop' && isCurrent(plan, step.target)) || removesCurrent(plan)
}

export function removesCurrent(plan: SandboxPlan): boolean {
  return plan.steps.some((step) => step.do === 'remove-container' && isCurrent(plan, step.target))
}

function isCurrent({ current }: SandboxPlan, target: object): boolean {
  return current !== null && 'id' in target && target.id === current.containerId
}
