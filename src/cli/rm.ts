import { DiagnosticError } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import type { SandboxPlan } from '../model/plan.js'
import { planRemoval } from '../plan/removal.js'
import { readHost } from '../resolve/host.js'
import { ask } from './ask.js'
import { withEngine } from './connect.js'
import { type Invocation, isInteractive } from './invocation.js'
import { performPlans } from './perform.js'
import type { RemoveOptions } from './options.js'
import { selectSandboxes } from './select.js'

/** Homes stay unless asked for; an agent's login, shared by all its sandboxes, stays in any case. */
export async function rm(invocation: Invocation, names: readonly string[], options: RemoveOptions): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const [listed, leftovers] = await Promise.all([engine.list(), engine.listLeftovers()])
    const kept = new Set([...leftovers.homes, ...leftovers.records].map(({ sandboxId }) => sandboxId))
    const isKept = (name: string): boolean => kept.has(name) && !listed.some(({ sandbox }) => sandbox.id === name)
    const here = names.filter((name) => !isKept(name))
    const selected = names.length > 0 && here.length === 0 ? [] : await selectSandboxes(invocation, listed, here)
    const ids = [...selected.map(({ id }) => id), ...names.filter(isKept)]
    const plans = await Promise.all(
      ids.map(async (id) =>
        planRemoval(await engine.observe(id, []), { volumes: options.volumes === true, leftovers }),
      ),
    )
    if (options.force !== true) await askAboutSessions(invocation, engine, plans)
    return performPlans(invocation, engine, plans, 'Removed')
  })
}

async function askAboutSessions(invocation: Invocation, engine: Engine, plans: readonly SandboxPlan[]): Promise<void> {
  for (const { id, name, current } of plans) {
    if (current?.state !== 'running') continue
    const sessions = await engine.countSessions(current.containerId)
    if (sessions === 0) continue
    const what = sessions === 1 ? '1 open session' : `${String(sessions)} open sessions`
    if (isInteractive(invocation) && (await ask(invocation, `${name} has ${what}, which will end. Remove it?`)))
      continue
    throw new DiagnosticError(
      [
        {
          severity: 'error',
          code: 'cli/open-sessions',
          summary: 'Sessions are open',
          detail: `${name} has ${what}; nothing was done. To end them:`,
          command: `sbx rm --force ${id}`,
        },
      ],
      'approval',
    )
  }
}
