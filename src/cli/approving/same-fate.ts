// Whether a yes still is one: between it and what is done an agent goes on working.

import type { SandboxPlan } from '../../model/plan.js'
import type { Risks } from '../../model/risks.js'
import { type LostPaths, lostPaths } from '../../plan/losses.js'
import type { RiskFacts } from '../../plan/risks.js'

/** A plan with what it would cost, and what that was told from. */
export type Fate = {
  readonly plan: Pick<SandboxPlan, 'changes' | 'grants' | 'keeps'>
  readonly risks: Pick<Risks, 'losses' | 'sessions' | 'clone'>
  readonly facts: Pick<RiskFacts, 'losses'>
}

/** Whether all that was approved is as it was, but for sessions, of which none is there any more. */
export function isSameFate(now: Fate, approved: Fate): boolean {
  return (
    sameText(now.plan) === sameText(approved.plan) &&
    JSON.stringify(now.risks.clone) === JSON.stringify(approved.risks.clone) &&
    now.risks.sessions.length === 0 &&
    !losesMore(now, approved)
  )
}

/** What has a path of its own, and not by size: a log that grows is no other loss. */
export function losesMore(now: Pick<Fate, 'risks' | 'facts'>, approved: Pick<Fate, 'risks' | 'facts'>): boolean {
  const [lost, given] = [now.risks.losses, approved.risks.losses]
  if (lost === null || now.facts.losses === null) return false
  if (given === null || approved.facts.losses === null || lost.uncounted !== given.uncounted) return true
  const [after, before] = [lostPaths(now.facts.losses), lostPaths(approved.facts.losses)]
  const isMore = (all: (paths: LostPaths) => readonly string[]): boolean => {
    const known = new Set(all(before))
    return all(after).some((each) => !known.has(each))
  }
  return (
    (lost.files.count > 0 && (given.files.count === 0 || isMore(({ files }) => files))) ||
    (lost.deleted > 0 && (given.deleted === 0 || isMore(({ deleted }) => deleted))) ||
    (lost.packages.length > 0 && (given.packages.length === 0 || isMore(packageNames))) ||
    (lost.volumes.length > 0 && isMore(({ volumes }) => volumes))
  )
}

function packageNames({ packages }: LostPaths): readonly string[] {
  return packages.map(({ manager, name }) => `${manager} ${name}`)
}

function sameText({ changes, grants, keeps }: Fate['plan']): string {
  return JSON.stringify([changes, grants, keeps])
}
