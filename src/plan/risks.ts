// What doing a plan would cost or open up.

import type { SandboxPlan } from '../model/plan.js'
import type { Risks } from '../model/risks.js'

export type RiskFacts = {
  /** Commands that run in the container in use, its entrypoint aside. */
  readonly sessions: number
  /** Absolute paths in it that differ from its image. */
  readonly changedPaths: readonly string[]
  /** Absolute paths in it at which something is mounted: the engine makes them, and what is written there stays. */
  readonly mountPoints: readonly string[]
}

export function risks(plan: SandboxPlan, facts: RiskFacts): Risks {
  return {
    sessions: endsSessions(plan) ? facts.sessions : 0,
    discarded: removesCurrent(plan) ? discarded(facts) : [],
    widening: plan.grants.filter((grant) => grant.widens),
  }
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

/** What sbx itself, the engine and every start write outside of volumes: no one's work. */
const ownPaths = [
  '/.dockerenv',
  '/dev',
  '/etc/group',
  '/etc/group-',
  '/etc/group.sbx',
  '/etc/gshadow',
  '/etc/gshadow-',
  '/etc/hostname',
  '/etc/hosts',
  '/etc/mtab',
  '/etc/passwd',
  '/etc/passwd-',
  '/etc/passwd.sbx',
  '/etc/resolv.conf',
  '/etc/shadow',
  '/etc/shadow-',
  '/etc/ssl/certs',
  '/etc/sudoers.d',
  '/home/agent',
  '/proc',
  '/run',
  '/sbin/docker-init',
  '/sys',
  '/tmp',
  '/usr/local/share/ca-certificates/sbx-host.crt',
  '/usr/sbin/docker-init',
  '/var/lib/sbx',
  '/var/run',
  '/var/tmp',
] as const

/** A folder counts as changed when anything in it is; beside its own files it says nothing. */
function discarded({ changedPaths, mountPoints }: RiskFacts): string[] {
  const ownAndMounted = [...ownPaths, ...mountPoints]
  const outside = changedPaths.filter(
    (path) => !ownAndMounted.some((own) => path === own || path.startsWith(`${own}/`)),
  )
  const kept = changedPaths.filter((path) => !outside.includes(path))
  const explained = new Set([...kept, ...ownAndMounted].flatMap(foldersAbove))
  const withContent = new Set(outside.filter((path) => !explained.has(path)).flatMap(foldersAbove))
  return outside.filter((path) => !explained.has(path) || withContent.has(path)).sort()
}

function foldersAbove(path: string): string[] {
  const segments = path.split('/').slice(1, -1)
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`)
}
