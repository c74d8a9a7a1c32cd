import { planStop } from '../../plan/removal.js'
import { readHost } from '../../resolve/host.js'
import { withEngine } from '../call/connect.js'
import type { Invocation } from '../call/invocation.js'
import { performPlans } from './perform.js'
import { selectSandboxes } from '../declared/select.js'

export async function stop(invocation: Invocation, names: readonly string[]): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const selected = await selectSandboxes(invocation, host, await engine.list(), names)
    const plans = await Promise.all(selected.map(async ({ id }) => planStop(await engine.observe(id, []))))
    return performPlans(invocation, engine, plans, 'Stopped')
  })
}
