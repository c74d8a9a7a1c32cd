import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { Leftovers } from '../../model/leftovers.js'
import type { ListedContainer } from '../../model/live.js'
import type { SandboxPlan } from '../../model/plan.js'
import { planPrune } from '../../plan/removal.js'
import { stillNeeded } from '../../plan/still-needed.js'
import { type Host, readHost } from '../../resolve/host.js'
import { goneApprovalsText, pruneText, unknownText } from '../../ui/prune-text.js'
import { counted } from '../../ui/quantities.js'
import { ask } from '../call/ask.js'
import { callLike } from '../call/call.js'
import { withEngine } from '../call/connect.js'
import { forgetGone, goneApprovals } from './gone-approvals.js'
import { type Invocation, isInteractive, print, tell } from '../call/invocation.js'
import { performPlans } from '../applying/perform.js'
import { missingWorkspaces } from '../planning/planning.js'
import { abandonedThrowAways } from '../template/throw-away-folder.js'
import type { PruneOptions } from '../call/options.js'

/** Homes are nobody's leftovers until somebody says so, and easily forgotten. */
function keptHomes(
  invocation: Invocation,
  { homes }: Leftovers,
  containers: readonly ListedContainer[],
): readonly string[] {
  const { length: count } = homes.filter((home) => !containers.some(({ sandbox }) => sandbox.id === home.sandboxId))
  if (count === 0) return []
  return [
    `${counted(count, 'home')} without a sandbox ${count === 1 ? 'stays' : 'stay'}: ${callLike(invocation, 'sbx ls --kept')}; with --volumes they go.`,
  ]
}

export async function prune(invocation: Invocation, options: PruneOptions): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, (engine) => pruneOn(invocation, engine, host, options))
}

/** The same, on this engine. */
export async function pruneOn(
  invocation: Invocation,
  engine: Engine,
  host: Host,
  options: PruneOptions,
): Promise<number> {
  const [containers, homes, leftovers] = await Promise.all([engine.list(), engine.homes(), engine.listLeftovers()])
  const plans = planPrune({
    containers,
    leftovers,
    missingWorkspaces: await missingWorkspaces(containers),
    throwAways: await abandonedThrowAways([...containers, ...homes].map(({ sandbox }) => sandbox)),
    volumes: options.volumes === true,
  })
  const steps = plans.flatMap((plan) => plan.steps)
  const isNeeded = stillNeeded({ containers, homes, leftovers }, steps)
  const { removable, unknown } = await goneApprovals(engine, host, isNeeded)
  const { approveClones, lostClones, lostLines, newlyLost } = await import('../approving/approve-clones.js')
  const look = async (each: readonly SandboxPlan[]) => lostClones(engine, host, each, leftovers, invocation.signal)
  const lost = await look(plans)
  const unsure = unknownText(unknown.length, callLike(invocation, 'sbx grants'))
  if (plans.length === 0 && removable.length === 0) {
    const kept = keptHomes(invocation, leftovers, containers)
    if (invocation.options.json !== true) print(invocation, ['Nothing to remove.', ...kept, ...unsure])
    return performPlans(invocation, engine, [], 'Removed')
  }
  tell(invocation, [
    ...pruneText(plans),
    ...(lost.length === 0 ? [] : ['Lost with a clone:', ...lostLines(invocation, lost)]),
    ...goneApprovalsText(removable, host.home),
    ...unsure,
    `${options.volumes === true ? 'Logins stay' : 'Homes and clones stay without --volumes, and logins in any case'}; to remove one: ${callLike(invocation, 'sbx logout AGENT')}`,
  ])
  if (options.yes !== true && !(isInteractive(invocation) && (await ask(invocation, 'Remove all of this?')))) {
    throw new DiagnosticError(
      [
        {
          severity: 'error',
          code: 'cli/not-confirmed',
          summary: 'Not confirmed',
          detail: 'Nothing was done. To remove it without a question:',
          command: [
            'sbx prune',
            ...(options.volumes === true ? ['--volumes'] : []),
            '--yes',
            ...(lost.length > 0 ? ['--discard'] : []),
          ].join(' '),
        },
      ],
      'approval',
    )
  }
  const command = 'sbx prune --volumes --yes'
  await approveClones(invocation, lost, command, options)
  return performPlans(invocation, engine, plans, 'Removed', {
    lookAgain: newlyLost(lost, async (plan) => look([plan]), invocation, command, options),
    // While they are there no record of the engine counts in their place: so they go when that is gone.
    forget: async () => (await forgetGone(host, removable)).map(({ id }) => id),
  })
}
