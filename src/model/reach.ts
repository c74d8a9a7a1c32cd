// How far a sandbox reaches in what needs no yes at first.

import type { ContainerSpec } from './spec.js'

/** What is no grant at first, and is one where the sandbox had less of it. */
export type Reach = {
  readonly network: ContainerSpec['network']
  readonly isReadonly: boolean
  /** Paths in the workspace. */
  readonly hidden: readonly string[]
  readonly sudo: boolean
  /** Whether a login of the agent was handed to it. */
  readonly hasLogin: boolean
  /** Name of a runtime; null for the engine's own choice. */
  readonly isolation: string | null
  /** Whether it had a copy of the workspace's files and not the files themselves. */
  readonly isClone?: true
}

/** From what can go wherever it wants to what can go nowhere. */
const openness = { open: 2, limited: 1, none: 0 } as const satisfies Readonly<Record<ContainerSpec['network'], number>>

export function isMoreOpen(one: Reach['network'], other: Reach['network']): boolean {
  return openness[one] > openness[other]
}

/** What both of them have; `other` is the later one. */
export function narrower(one: Reach | null, other: Reach): Reach {
  if (one === null) return other
  return {
    network: isMoreOpen(one.network, other.network) ? other.network : one.network,
    isReadonly: one.isReadonly || other.isReadonly,
    hidden: [...new Set([...one.hidden, ...other.hidden])],
    sudo: one.sudo && other.sudo,
    hasLogin: one.hasLogin && other.hasLogin,
    isolation: stronger(one.isolation, other.isolation),
  }
}

/**
 * Whether a runtime may hold less back. What one of another name does nobody knows here: it can be one that hands devices
 * of the host on.
 */
export function isWeakerRuntime(wanted: string | null, before: string | null): boolean {
  if (wanted === before) return false
  const [now, then] = [strengthOf(wanted), strengthOf(before)]
  return now === null || then === null || now < then
}

/** Of two that nobody knows the later one. */
function stronger(one: string | null, other: string | null): string | null {
  const [before, now] = [strengthOf(one), strengthOf(other)]
  return before !== null && (now === null || before > now) ? one : other
}

/** Null of what nobody knows here, and so of `runsc-NAME` too, which is whatever it was configured to be. */
function strengthOf(runtime: string | null): number | null {
  // The engine's own choice is a container at least, and whoever runs the engine can have made it more.
  if (runtime === null) return 1
  if (/^(runc|crun|io\.containerd\.runc\.v2)$/.test(runtime)) return 0
  if (/^(runsc|io\.containerd\.runsc\.v1)$/.test(runtime)) return 2
  return /^(kata|kata-(runtime|qemu|clh|fc|dragonball)|io\.containerd\.kata\.v2)$/.test(runtime) ? 3 : null
}
