// A limited sandbox that is taken up again after something failed: what it can reach is tried out, as whenever it begins to
// run. Nobody else would: the next apply finds it running and as it was.

import { hasCode } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import type { SandboxPlan, Step } from '../model/plan.js'
import { isGone } from './overtaken.js'
import { isReachable } from './undo.js'

/** Where it is not known to be closed it was stopped; `open` where it is known not to be. */
export type Probed = 'closed' | 'unknown' | 'open'

/** Asks nothing of one that is not limited. What could not be done is added to `failures`. */
export async function probeAgain(
  { current, id: sandboxId }: SandboxPlan,
  engine: Engine,
  failures: (readonly [Step, unknown])[],
): Promise<Probed> {
  if (current?.isLimited !== true) return 'closed'
  const target = { id: current.containerId }
  const probe: Step = { do: 'verify-network', target, sandboxId }
  try {
    await engine.perform(probe)
    return 'closed'
  } catch (error) {
    // Another apply may have taken it from under this one, or brought up its own.
    if (!isReachable(error) && !isGone(error)) failures.push([probe, error])
    // Without its proxy it reaches nothing at all.
    if (hasCode(error, 'engine/proxy-silent')) return 'closed'
    const stop: Step = { do: 'stop', target }
    try {
      await engine.perform(stop)
    } catch (cause) {
      if (!isGone(cause)) failures.push([stop, cause])
    }
    return isReachable(error) ? 'open' : 'unknown'
  }
}
