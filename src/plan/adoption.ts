// Giving the home of one sandbox to another: what makes way for it, and what goes once the copy is whole.

import type { DesiredSandbox } from '../model/desired.js'
import type { Leftovers } from '../model/engine.js'
import type { LiveSandbox } from '../model/live.js'
import type { SandboxPlan, Step } from '../model/plan.js'
import { isRunning } from './in-use.js'
import { planRemoval } from './removal.js'
import { removalSteps, sandboxLabels } from './steps.js'

export type Adoption = {
  /** Ends with an empty home of the one that is to have it. What was in one that it had is gone from then on. */
  readonly before: SandboxPlan
  /** The last of `before`. Another call may have been first: then the home is in use, and not to be copied into. */
  readonly home: Step
  /** Takes `before` back, where the copy fails: the old sandbox is as whole as it was. */
  readonly undo: readonly Step[]
  /** Goes before `undo` where `home` was made by this very call: what is in it is half of a copy. */
  readonly removeHome: Step
  /** Removes the old one, with its home. */
  readonly after: SandboxPlan
}

export function planAdoption(
  desired: DesiredSandbox,
  own: LiveSandbox,
  old: LiveSandbox,
  leftovers: Leftovers,
): Adoption {
  const running = old.containers.filter(isRunning)
  const after = planRemoval(
    { ...old, containers: old.containers.map((container) => ({ ...container, state: 'exited' as const })) },
    { volumes: true, leftovers },
  )
  const home = {
    do: 'create-volume',
    name: desired.homeVolume,
    holds: 'home',
    sandbox: sandboxLabels(desired),
  } as const
  const steps: Step[] = [
    ...running.map(({ id }): Step => ({ do: 'stop', target: { id } })),
    // A volume that a container names cannot go; the next apply makes the container anew.
    ...(own.hasHome ? own.containers.flatMap(removalSteps) : []),
    ...(own.hasHome ? [{ do: 'remove-volume', name: desired.homeVolume } as const] : []),
    home,
  ]
  return {
    before: { ...after, id: desired.id, name: desired.displayName, action: 'update', steps },
    home,
    undo: running.map(({ id }): Step => ({ do: 'start', target: { id } })),
    removeHome: { do: 'remove-volume', name: desired.homeVolume },
    after,
  }
}
